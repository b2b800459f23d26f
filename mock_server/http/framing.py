"""A response as bytes: status line, our own few headers, then the vendor's in their order and spelling."""

from __future__ import annotations

from email.utils import formatdate
from typing import NamedTuple

from mock_server.engine import machine_clock
from mock_server.http.message import Response

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


_OF_A_BODY = frozenset(
    {"content-length", "content-type", "content-language", "content-encoding", "allow", "last-modified"}
)
"""Headers of a body, which a 304 does not have: Flask leaves out the same ones."""

_CONTROL = frozenset({"date", "server", "connection", "content-length", "transfer-encoding"})
"""Headers that a response may set itself, and on which its framing depends."""

_SERVER = "Server: mock-server\r\n"


class Framed(NamedTuple):
    """The bytes of a response. `keep`: the connection can go on after them."""

    head: bytes
    body: bytes
    keep: bool


class Dates:
    """The value of the Date header, made once a second."""

    __slots__ = ("_at", "_text")

    def __init__(self) -> None:
        self._at = 0
        self._text = ""

    def now(self) -> str:
        """The value for a response that is sent now."""
        at = int(machine_clock.real())
        if at != self._at:
            self._at, self._text = at, formatdate(at, usegmt=True)
        return self._text


def framed(response: Response, date: str, *, keep: bool = True, old: bool = False, to_head: bool = False) -> Framed:
    """The response as bytes. `keep`: the connection is to persist; `old`: HTTP/1.0; `to_head`: no body is sent.

    Date, Server and Connection that the response sets itself are kept. A response without its true Content-Length ends
    with the connection (RFC 9112, section 6.3); 1xx, 204 and 304 have no body, and 1xx and 204 no length (RFC 9110,
    section 8.6).
    """
    status, reason, headers, body, *_ = response
    bare = status < 200 or status in (204, 304)
    lines: list[str] = []
    control: dict[str, str] = {}
    for name, value in headers:
        low = name.lower()
        if bare and (low == "content-length" or (status == 304 and low in _OF_A_BODY)):
            continue
        if low in _CONTROL:
            control[low] = value
        lines.append(f"{name}: {value}\r\n")
    connection = control.get("connection")
    if (connection is not None and connection.lower() == "close") or "transfer-encoding" in control:
        keep = False
    if not (bare or to_head or control.get("content-length") == str(len(body))):
        keep = False
    if connection is None and (old or not keep):
        lines.append("Connection: keep-alive\r\n" if keep else "Connection: close\r\n")
    ours = f"Date: {date}\r\n" if "date" not in control else ""
    if "server" not in control:
        ours += _SERVER
    text = f"HTTP/1.1 {status} {reason}\r\n{ours}{''.join(lines)}\r\n"
    return Framed(text.encode("latin-1", "replace"), b"" if bare or to_head else body, keep)
