"""How a response goes wrong on its way out: for each fault that needs the socket, a small function that does it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from mock_server.http.framing import Framed
from mock_server.http.message import Response

_GARBAGE = b"\x00\x01\xfe\xff these bytes are not HTTP \x80\x81\r\n\r\n"
_PIECES = 20
_READ = 50
"""Milliseconds that a client gets to read what was sent, before a reset makes its system forget it."""


class Line(Protocol):
    """What a delivery may do to a connection. Each ends it, or says that the response is `done`."""

    def framed(self, response: Response, *, keep: bool = True) -> Framed:
        """The response as bytes."""

    def write(self, data: bytes) -> None:
        """Sends bytes."""

    def after(self, ms: float, go_on: Callable[[], None]) -> None:
        """Goes on later, at once if the server is told to end; not at all if the client leaves."""

    def hang(self, ms: float) -> None:
        """Says nothing for a time, and then ends; at once if the client or the server does."""

    def end(self) -> None:
        """Closes the connection when all that was written is sent."""

    def reset(self) -> None:
        """Closes the connection with a reset (RST)."""

    def done(self, *, keep: bool) -> None:
        """The response is out. The next one follows if `keep`."""


Deliver = Callable[[Line, Response, int], None]


def plainly(line: Line, response: Response, _: int = 0) -> None:
    """The response as it is."""
    head, body, keep = line.framed(response)
    line.write(head + body)
    line.done(keep=keep)


def _reset(line: Line, _: Response, __: int) -> None:
    line.reset()


def _reset_mid(line: Line, response: Response, _: int) -> None:
    line.write(_half(line, response))
    line.after(_READ, line.reset)


def _empty(line: Line, _: Response, __: int) -> None:
    line.end()


def _truncate(line: Line, response: Response, _: int) -> None:
    line.write(_half(line, response))
    line.end()


def _dribble(line: Line, response: Response, over: int) -> None:
    head, body, keep = line.framed(response)
    size = max(1, -(-len(body) // _PIECES))
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    line.write(head)

    def next_piece() -> None:
        if not pieces:
            line.done(keep=keep)
            return
        line.write(pieces.pop(0))
        line.after(pause if pieces else 0, next_piece)

    pause = over / max(1, len(pieces))
    line.after(pause, next_piece)


def _hang(line: Line, _: Response, over: int) -> None:
    line.hang(over)


def _garbage(line: Line, _: Response, __: int) -> None:
    line.write(_GARBAGE)
    line.end()


def _bad_length(line: Line, response: Response, _: int) -> None:
    head, body, _keep = line.framed(response.with_header("Content-Length", "a few"), keep=False)
    line.write(head + body)
    line.end()


def _bad_chunk(line: Line, response: Response, _: int) -> None:
    chunked = response.with_header("Content-Length", None).with_header("Transfer-Encoding", "chunked")
    head, body, _keep = line.framed(chunked, keep=False)
    first = body[: len(body) // 2]
    line.write(head + b"%x\r\n%s\r\nnot a size\r\n%s" % (len(first), first, body[len(first) :]))
    line.end()


def _half(line: Line, response: Response) -> bytes:
    """The head, which promises the whole body, and the first half of it."""
    head, body, _keep = line.framed(response)
    return head + body[: len(body) // 2]


DELIVERIES: Mapping[str, Deliver] = {
    "reset": _reset,
    "reset_mid": _reset_mid,
    "empty": _empty,
    "truncate": _truncate,
    "dribble": _dribble,
    "hang": _hang,
    "garbage": _garbage,
    "bad_length": _bad_length,
    "bad_chunk": _bad_chunk,
}
