"""What is removed of a recording before anything else looks at it: tokens, cookies, and what signs a URL."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import NamedTuple

from mock_server.control.recording.seen import Seen
from mock_server.http.secrets import is_secret_field, is_secret_header, is_secret_parameter

REMOVED = "removed"
"""What stands where a secret stood."""
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
            if is_secret_header(name) and name.lower() not in kept:
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
_SCHEME = re.compile(
    r"\b(?P<scheme>Bearer|Basic) {1,8}(?=[^\s\"',;]{0,4096}[0-9:])[A-Za-z0-9._~+/=:-]{8,4096}"
    r"|(?<![\w-])(?P<signed>[\w-]{8,256}):[\w-]{27,256}={0,2}(?![\w=-])"
)
"""What `Authorization` has, in a text: a scheme and what no sentence has, or an access key and a signature."""
_JWT = re.compile(r"(?<![\w-])eyJ[\w-]{8,4096}\.[\w-]{8,4096}(?:\.[\w-]{1,4096})?")


def _credentials(found: re.Match[str]) -> str:
    return f"{found['scheme']} {REMOVED}" if found["scheme"] else REMOVED


def _text(text: str, kept: Collection[str], secrets: tuple[str, ...], removed: dict[str, None]) -> str:
    """A text without secrets."""

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
