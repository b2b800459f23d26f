"""The secrets of messages: the names of their headers, parameters of URLs and fields of JSON, and texts without them.

Case, `-`, `_` and `.` in a name do not matter.
"""

from __future__ import annotations

import re
from collections.abc import Collection

REMOVED = "removed"
"""What stands where a secret stood."""
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


_PARAMETER = re.compile(r"([?&]|\\u0026)([A-Za-z0-9_.-]{1,64})=([^&#\"'\s<>\\]+)")
_USER = re.compile(r"://[^/\s\"'<>@]{1,256}:[^/\s\"'<>@]{0,256}@")
_FIELD = re.compile(r'"([A-Za-z0-9_.-]{1,64})"(\s{0,8}:\s{0,8})"((?:[^"\\]|\\.)+)"')
_SCHEME = re.compile(
    r"\b(?P<scheme>Bearer|Basic) {1,8}(?=[^\s\"',;]{0,4096}[0-9:])[A-Za-z0-9._~+/=:-]{8,4096}"
    r"|(?<![\w-])(?P<signed>[\w-]{8,256}):[\w-]{27,256}={0,2}(?![\w=-])"
)
"""What `Authorization` has, in a text: a scheme and what no sentence has, or an access key and a signature."""
_JWT = re.compile(r"(?<![\w-])eyJ[\w-]{8,4096}\.[\w-]{8,4096}(?:\.[\w-]{1,4096})?")


def _credentials(found: re.Match[str]) -> str:
    return f"{found['scheme']} {REMOVED}" if found["scheme"] else REMOVED


def without_secrets(
    text: str, removed: dict[str, None], kept: Collection[str] = (), secrets: Collection[str] = ()
) -> str:
    """A text without secrets; `removed` gets what they were, by kind and name.

    `kept` are names, in lower case, whose values stay; `secrets` are texts that are removed wherever they stand.
    """

    def parameter(found: re.Match[str]) -> str:
        mark, name, _ = found.groups()
        if name.lower() in kept or not is_secret_parameter(name):
            return found[0]
        removed[f"query parameter {name}"] = None
        return f"{mark}{name}={REMOVED}"

    def field(found: re.Match[str]) -> str:
        name, colon, _ = found.groups()
        if name.lower() in kept or not is_secret_field(name):
            return found[0]
        removed[f"field {name}"] = None
        return f'"{name}"{colon}"{REMOVED}"'

    for secret in secrets:
        if secret in text:
            removed["what a request was signed with"] = None
            text = text.replace(secret, REMOVED)
    if "@" in text and _USER.search(text):
        removed["credentials in a URL"] = None
        text = _USER.sub(f"://{REMOVED}@", text)
    bare = _JWT.sub(REMOVED, _SCHEME.sub(_credentials, text))
    if bare != text:
        removed["credentials in a text"] = None
        text = bare
    text = _PARAMETER.sub(parameter, text) if "=" in text else text
    return _FIELD.sub(field, text) if '"' in text else text
