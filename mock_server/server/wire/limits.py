"""The limits of a connection, in bytes and seconds, and of the process, in file descriptors."""

from __future__ import annotations

import sys
from typing import NamedTuple

from mock_server.types import Bound

_SPARE = 100
"""Descriptors for everything but clients: files, the event loop, threads."""
_ENOUGH = 65_536


class Limits(NamedTuple):
    """Sizes in bytes, times in seconds. A request beyond a size is refused, one beyond a time is cut."""

    head: int = 64 << 10
    headers: int = 100
    body: int = 1 << 20
    queue: int = 64 << 10
    """Bytes of requests that wait behind the current one before reading stops; even an empty one weighs a little."""
    connections: int = 16_384
    head_time: float = 30.0
    body_time: float = 30.0
    idle_time: float = 300.0
    """How long a connection may be idle between requests. Long, since a client that sends just then sees a reset."""
    unread_time: float = 30.0
    """How long a client may leave a response unread."""
    linger_time: float = 1.0
    """How long input is discarded after the last response, so that no reset destroys that response."""
    drain_time: float = 1.0
    """How long responses in progress may take once the server is told to close."""

    def within_descriptors(self) -> Limits:
        """These limits, with no more connections than this process may hold descriptors."""
        soft = _descriptors()[0]
        return self if soft < 0 else self._replace(connections=max(1, min(self.connections, soft - _SPARE)))


_USUAL = Limits()
BOUNDS = (
    Bound("Head of a request", _USUAL.head, "bytes", "431 (`head`), and the connection is closed."),
    Bound("Headers of a request", _USUAL.headers, "headers", "431 (`head`), and the connection is closed."),
    Bound("Body of a request", _USUAL.body, "bytes", "413 (`body`), and the connection is closed."),
    Bound(
        "Requests that wait on one connection",
        _USUAL.queue,
        "bytes",
        "Nothing more is read from the connection until they are answered.",
    ),
    Bound(
        "Connections",
        _USUAL.connections,
        "connections",
        "503 (`connections`), and the connection is closed. A process with fewer file descriptors has fewer.",
    ),
    Bound("Time for a head", int(_USUAL.head_time), "seconds", "408 (`timeout`), and the connection is closed."),
    Bound("Time for a body", int(_USUAL.body_time), "seconds", "408 (`timeout`), and the connection is closed."),
    Bound("Time between requests", int(_USUAL.idle_time), "seconds", "The connection is closed."),
    Bound("Time for a client to read a response", int(_USUAL.unread_time), "seconds", "The connection is reset."),
)


def more_descriptors() -> None:
    """Raises this process's limit of descriptors as far as its user may, within reason: shells set it low."""
    soft, hard = _descriptors()
    wanted = _ENOUGH if hard < 0 else min(_ENOUGH, hard)
    if 0 <= soft < wanted:
        import resource

        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _descriptors() -> tuple[int, int]:
    """The soft and the hard limit of descriptors; -1 where there is none."""
    if sys.platform == "win32":
        return -1, -1
    import resource

    return resource.getrlimit(resource.RLIMIT_NOFILE)
