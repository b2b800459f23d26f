"""A reply as the bytes that go out: status line, headers in the vendor's order and spelling, and our own few."""

from __future__ import annotations

import time
from email.utils import formatdate
from typing import NamedTuple

from mock_server.exchange import Reply

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


_OF_A_BODY = frozenset(
    {"content-length", "content-type", "content-language", "content-encoding", "allow", "last-modified"}
)
"""What a 304 leaves out, for it tells of no body: the other door's framework does so too."""


class Framed(NamedTuple):
    """The bytes of a reply. `keep`: the connection can go on after them."""

    head: bytes
    body: bytes
    keep: bool


class Dates:
    """The Date header's value, made once a second."""

    __slots__ = ("_at", "_text")

    def __init__(self) -> None:
        self._at = 0
        self._text = ""

    def now(self) -> str:
        """The value for a reply that leaves now."""
        at = int(time.time())
        if at != self._at:
            self._at, self._text = at, formatdate(at, usegmt=True)
        return self._text


def framed(reply: Reply, date: str, *, keep: bool = True, old: bool = False, to_head: bool = False) -> Framed:
    """The reply as bytes. `keep`: the client means to go on; `old`: in HTTP/1.0; `to_head`: there is no body to send.

    What the reply says of Date, Server and Connection stands. Where its body has no true length, the connection's end
    is its end.
    """
    bare = reply.status < 200 or reply.status in (204, 304)
    lines = []
    ours = {"date": f"Date: {date}", "server": "Server: mock-server"}
    connection = length = None
    for name, value in reply.headers:
        low = name.lower()
        if bare and (low == "content-length" or (reply.status == 304 and low in _OF_A_BODY)):
            continue
        if low == "content-length":
            length = value
        elif low == "connection":
            connection = value.lower()
        elif low == "transfer-encoding":
            keep = False
        else:
            ours.pop(low, None)
        lines.append(f"{name}: {value}")
    if connection == "close" or not (bare or to_head or length == str(len(reply.body))):
        keep = False
    if connection is None and not (keep and not old):
        lines.append("Connection: keep-alive" if keep else "Connection: close")
    text = "\r\n".join((f"HTTP/1.1 {reply.status} {reply.reason}", *ours.values(), *lines, "\r\n"))
    return Framed(text.encode("latin-1", "replace"), b"" if bare or to_head else reply.body, keep)
