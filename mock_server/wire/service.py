"""What the connections of one door share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Protocol

from mock_server.exchange import Reply, Request
from mock_server.wire.framing import Dates
from mock_server.wire.limits import Limits
from mock_server.wire.reader import Known


class Client(Protocol):
    """What the door does to a connection."""

    def judge(self, now: float) -> None:
        """Cuts a client that takes too long."""

    def drain(self) -> None:
        """Ends it as soon as what is under way is out."""

    def abort(self) -> None:
        """Closes it at once."""


class Service:
    """Who answers, how much is allowed, and who there is."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        answer: Callable[[Request], Reply],
        bridge: Callable[[Request, str], Reply],
        pool: Executor,
        limits: Limits,
    ) -> None:
        self.loop = loop
        self.answer = answer
        self.bridge = bridge
        self.pool = pool
        self.limits = limits
        self.dates = Dates()
        self.known = Known()
        self.connections: set[Client] = set()
        self.draining = False


def is_ours(path: str) -> bool:
    """Whether the application answers this path, and not a vendor."""
    return path == "/" or path.startswith("/__admin")
