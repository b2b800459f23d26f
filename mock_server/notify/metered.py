"""A connection to a receiver that gives little at once, and in all no more than a bound.

A client hands all that came to its parser at once, and that makes an object of each interim response (1xx). So a
receiver that never stops sending them would hold up the event loop, which no limit of time can end then, and fill the
memory. The bytes are counted below the parser, so whatever they are makes no difference.
"""

from __future__ import annotations

import socket
from typing import Any

from mock_server.types import Bound

RECEIVED = Bound(
    "Bytes that a receiver of notifications sends before an attempt has what it reads of a response",
    64 << 10,
    "bytes",
    "The connection is closed and the attempt has failed. Interim responses, headers, framing and TLS count too.",
)
_AT_ONCE = 4 << 10
"""Bytes that are read at once: what is parsed between two turns of the event loop."""


class Meter:
    """Counts what came on the connections of one attempt."""

    def __init__(self) -> None:
        self.count = 0
        """Bytes that were read."""

    @property
    def spent(self) -> bool:
        """Whether more was to be read than the bound allows."""
        return self.count > RECEIVED.value

    def left(self, wanted: int) -> int:
        """How many bytes to read now. ConnectionAbortedError: the bound is passed."""
        if self.spent:
            raise ConnectionAbortedError("too much came")
        return min(wanted or _AT_ONCE, _AT_ONCE, RECEIVED.value + 1 - self.count)

    def open(self, address: tuple[Any, ...]) -> socket.socket:
        """A socket for an address as `getaddrinfo` gives it."""
        family, kind, protocol, _, _ = address
        return _Metered(self, family, kind, protocol)


class _Metered(socket.socket):
    # The one way into the connection below both HTTP and TLS: an event loop takes nothing that is no socket.

    def __init__(self, meter: Meter, family: int, kind: int, protocol: int) -> None:
        super().__init__(family, kind, protocol)
        self._meter = meter

    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
        data = super().recv(self._meter.left(bufsize), flags)
        self._meter.count += len(data)
        return data

    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0, /) -> int:
        count = super().recv_into(buffer, self._meter.left(nbytes or len(buffer)), flags)
        self._meter.count += count
        return count
