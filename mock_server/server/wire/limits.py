"""How much of anything a connection may take, and for how long."""

from __future__ import annotations

import sys
from typing import NamedTuple

_SPARE = 100
"""Descriptors for all that is no client: files, the loop, those of threads."""
_ENOUGH = 65_536


class Limits(NamedTuple):
    """Sizes in bytes, times in seconds. A request beyond a size is refused, one beyond a time is cut."""

    head: int = 64 << 10
    headers: int = 100
    body: int = 1 << 20
    queue: int = 64 << 10
    """What requests may wait behind the one in hand, before no more is read; each weighs a little even if empty."""
    connections: int = 16_384
    head_time: float = 30.0
    body_time: float = 30.0
    idle_time: float = 300.0
    """How long a connection may rest between requests. Long: a client that meets the end of it sees a reset."""
    unread_time: float = 30.0
    """How long a client may leave a response unread."""
    linger_time: float = 1.0
    """How long input is read and discarded after the last response, lest a reset destroy that response."""
    drain_time: float = 1.0
    """How long responses under way may take once the server is told to close."""

    def within_descriptors(self) -> Limits:
        """These limits, with no more connections than this process may hold descriptors."""
        soft = _descriptors()[0]
        return self if soft < 0 else self._replace(connections=max(1, min(self.connections, soft - _SPARE)))


def more_descriptors() -> None:
    """Lets this process hold as many descriptors as its user may, within reason: shells allow few."""
    soft, hard = _descriptors()
    wanted = _ENOUGH if hard < 0 else min(_ENOUGH, hard)
    if 0 <= soft < wanted:
        import resource

        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _descriptors() -> tuple[int, int]:
    """How many this process may hold, and may let itself hold; -1 where there is no bound."""
    if sys.platform == "win32":
        return -1, -1
    import resource

    return resource.getrlimit(resource.RLIMIT_NOFILE)
