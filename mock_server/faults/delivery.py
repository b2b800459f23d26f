"""How a response leaves a server that owns its socket: what a delivery may do to the connection."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from mock_server.http.framing import Framed
from mock_server.http.message import Response


class Line(Protocol):
    """A connection, as a delivery uses it. Each delivery ends it, or says that the response is `done`."""

    def framed(self, response: Response, *, keep: bool = True) -> Framed:
        """The response as bytes. `keep` False: the connection does not go on after it."""

    def write(self, data: bytes) -> None:
        """Sends bytes."""

    def after(self, ms: float, go_on: Callable[[], None]) -> None:
        """Calls `go_on` later; at once if the server is told to end, never if the client leaves."""

    def hang(self, ms: float) -> None:
        """Sends nothing for a time, then ends; at once if the client or the server ends."""

    def end(self) -> None:
        """Closes the connection when everything written is sent."""

    def reset(self) -> None:
        """Closes the connection with a reset (RST)."""

    def done(self, *, keep: bool) -> None:
        """The response is out. The next one follows if `keep`."""


Deliver = Callable[[Line, Response, int], None]
"""Sends a response over a connection, in so many milliseconds if it takes time."""
