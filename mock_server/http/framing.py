"""A response as the bytes that go out: status line, headers in the vendor's order and spelling, and our own few."""

from __future__ import annotations

import time
from email.utils import formatdate
from typing import NamedTuple

from mock_server.http.message import Response

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


_OF_A_BODY = frozenset(
    {"content-length", "content-type", "content-language", "content-encoding", "allow", "last-modified"}
)
"""What a 304 leaves out, for it tells of no body: the other server's framework does so too."""

_TELLING = frozenset({"date", "server", "connection", "content-length", "transfer-encoding"})
"""What a response may say of itself, and we must know before we frame it."""

_SERVER = "Server: mock-server\r\n"


class Framed(NamedTuple):
    """The bytes of a response. `keep`: the connection can go on after them."""

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
        """The value for a response that leaves now."""
        at = int(time.time())
        if at != self._at:
            self._at, self._text = at, formatdate(at, usegmt=True)
        return self._text


def framed(response: Response, date: str, *, keep: bool = True, old: bool = False, to_head: bool = False) -> Framed:
    """The response as bytes. `keep`: the client goes on; `old`: HTTP/1.0; `to_head`: no body is sent.

    What the response says of Date, Server and Connection stands. A body without a true length ends with the
    connection.
    """
    status, reason, headers, body, *_ = response
    bare = status < 200 or status in (204, 304)
    lines: list[str] = []
    said: dict[str, str] = {}
    for name, value in headers:
        low = name.lower()
        if bare and (low == "content-length" or (status == 304 and low in _OF_A_BODY)):
            continue
        if low in _TELLING:
            said[low] = value
        lines.append(f"{name}: {value}\r\n")
    connection = said.get("connection")
    if (connection is not None and connection.lower() == "close") or "transfer-encoding" in said:
        keep = False
    if not (bare or to_head or said.get("content-length") == str(len(body))):
        keep = False
    if connection is None and (old or not keep):
        lines.append("Connection: keep-alive\r\n" if keep else "Connection: close\r\n")
    ours = f"Date: {date}\r\n" if "date" not in said else ""
    if "server" not in said:
        ours += _SERVER
    text = f"HTTP/1.1 {status} {reason}\r\n{ours}{''.join(lines)}\r\n"
    return Framed(text.encode("latin-1", "replace"), b"" if bare or to_head else body, keep)
