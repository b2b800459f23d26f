"""The names that secrets have in messages: of headers, of parameters of URLs, of fields of JSON.

Case, `-`, `_` and `.` in a name do not matter.
"""

from __future__ import annotations

import re

_EVERYWHERE = ("token", "secret", "password", "passwd", "signature", "apikey", "accesskey", "credential")
_HEADERS = (*_EVERYWHERE, "authorization", "cookie")
_PARAMETERS = (*_EVERYWHERE, "accesskeyid", "authkey", "sign")
_PARAMETER_NAMES = frozenset({"e", "expires", "sig", "pwd"})
_FIELDS = (*_EVERYWHERE, "accesskeyid", "secretkey", "privatekey", "credentials", "authorization", "cookie")


def _plain(name: str) -> str:
    return re.sub("[-_.]", "", name.lower())


def is_secret_header(name: str) -> bool:
    """Whether a header has one of the words of secrets in its name."""
    plain = _plain(name)
    return any(word in plain for word in _HEADERS)


def is_secret_parameter(name: str) -> bool:
    """Whether the name of a parameter of a URL ends with a word of secrets, or is one by which URLs are signed."""
    plain = _plain(name)
    return plain in _PARAMETER_NAMES or plain.endswith(_PARAMETERS)


def is_secret_field(name: str) -> bool:
    """Whether the name of a field of JSON ends with a word of secrets."""
    return _plain(name).endswith(_FIELDS)
