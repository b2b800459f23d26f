"""What is removed of a recording before anything else looks at it: tokens, cookies, and what signs a URL."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import NamedTuple

from mock_server.control.recording.seen import Seen

REMOVED = "removed"
"""What stands where a secret stood."""
HEADERS = ("authorization", "cookie", "password", "secret", "signature", "token")
"""A header is removed whose name contains one of these."""
PARAMETERS = (
    "accesskeyid",
    "access_key",
    "access_token",
    "auth_key",
    "e",
    "expires",
    "ossaccesskeyid",
    "sig",
    "sign",
    "signature",
    "token",
    "x-amz-credential",
    "x-amz-security-token",
    "x-amz-signature",
    "x-obs-security-token",
    "x-oss-signature",
)
"""Parameters of URLs whose values are removed, wherever a URL stands; others that end with `token` or `sign` too."""
FIELDS = ("access_key", "accesskey", "authorization", "cookie", "password", "secret", "secret_key", "token")
"""Fields of JSON whose texts are removed, and others that end with one of these."""
_SHORTEST = 8
"""Characters that what a request was signed with has at least, so that it is looked for in responses."""


class Cleaned(NamedTuple):
    """Polls without secrets, and what was removed, by kind and name."""

    polls: tuple[Seen, ...]
    removed: tuple[str, ...]


def cleaned(polls: Collection[Seen], keep: Collection[str] = (), sent: Collection[str] = ()) -> Cleaned:
    """The polls without secrets. `keep` names what stays; `sent` are values of the requests that no response keeps."""
    kept = frozenset(name.lower() for name in keep)
    secrets = tuple(value for value in sent if len(value) >= _SHORTEST)
    removed: dict[str, None] = {}
    found = []
    for poll in polls:
        headers = []
        for name, value in poll.headers:
            if any(word in name.lower() for word in HEADERS) and name.lower() not in kept:
                removed[f"header {name}"] = None
            else:
                headers.append((name, _text(value, kept, secrets, removed)))
        # Latin-1 has a character for each byte, so that what is no text stays what it is.
        body = _text(poll.body.decode("latin-1"), kept, secrets, removed).encode("latin-1")
        found.append(poll._replace(headers=tuple(headers), body=body))
    return Cleaned(tuple(found), tuple(removed))


_PARAMETER = re.compile(r"([?&]|\\u0026)([A-Za-z0-9_.-]{1,64})=([^&#\"'\s<>\\]+)")
_USER = re.compile(r"://[^/\s\"'<>@]{1,256}:[^/\s\"'<>@]{0,256}@")
_FIELD = re.compile(r'"([A-Za-z0-9_.-]{1,64})"(\s{0,8}:\s{0,8})"((?:[^"\\]|\\.)+)"')


def _text(text: str, kept: Collection[str], secrets: tuple[str, ...], removed: dict[str, None]) -> str:
    """A text without secrets."""

    def parameter(found: re.Match[str]) -> str:
        mark, name, _ = found.groups()
        low = name.lower()
        if low in kept or not (low in PARAMETERS or low.endswith(("token", "sign"))):
            return found[0]
        removed[f"query parameter {name}"] = None
        return f"{mark}{name}={REMOVED}"

    def field(found: re.Match[str]) -> str:
        name, colon, _ = found.groups()
        if name.lower() in kept or not name.lower().endswith(FIELDS):
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
    text = _PARAMETER.sub(parameter, text) if "=" in text else text
    return _FIELD.sub(field, text) if '"' in text else text
