"""The limits of a connection, in bytes and seconds, and of the process, in file descriptors."""

from __future__ import annotations

import sys
from typing import NamedTuple

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
