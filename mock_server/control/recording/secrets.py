"""What is removed of a recording before anything else looks at it: tokens, cookies, and what signs a URL."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from mock_server.control.recording.seen import Seen
from mock_server.http.secrets import is_secret_header, without_secrets

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
                headers.append((name, without_secrets(value, removed, kept, secrets)))
        # Latin-1 has a character for each byte, so that what is no text stays what it is.
        body = without_secrets(poll.body.decode("latin-1"), removed, kept, secrets).encode("latin-1")
        found.append(poll._replace(headers=tuple(headers), body=body))
    return Cleaned(tuple(found), tuple(removed))
