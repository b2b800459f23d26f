"""What the connections of one server share."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Executor
from typing import NamedTuple, Protocol

from mock_server.http.errors import OwnError
from mock_server.http.framing import Dates
from mock_server.http.message import Request, Response
from mock_server.http.responses import server_response
from mock_server.server.wire.limits import Limits
from mock_server.server.wire.reader import Known

log = logging.getLogger("mock_server")

Answer = Callable[[Request], Response]


class Answers(NamedTuple):
    """Who answers. `quick` does so in the loop's own thread and must not wait, for every client would.

    What may wait is for `slow`, which a thread of its own calls where `is_slow` says so.
    """

    quick: Answer
    is_slow: Callable[[Request], bool]
    slow: Answer


class Client(Protocol):
    """What the server does to a connection."""

    def judge(self, now: float) -> None:
        """Cuts a client that takes too long."""

    def drain(self) -> None:
        """Ends it as soon as what is under way is out."""

    def abort(self) -> None:
        """Closes it at once."""


def answered(answer: Answer, request: Request) -> Response:
    """What `answer` responses, or our own 500 where it fails."""
    try:
        return answer(request)
    except Exception:
        log.exception("defect while answering %s", request.target)
        return server_response(OwnError.INTERNAL, "a defect of mock-server; the log has the details")


class Service:
    """Who answers, how much is allowed, and who there is."""

    def __init__(self, loop: asyncio.AbstractEventLoop, answers: Answers, pool: Executor, limits: Limits) -> None:
        self.loop = loop
        self.answers = answers
        self.pool = pool
        self.limits = limits
        self.dates = Dates()
        self.known = Known()
        self.connections: set[Client] = set()
        self.draining = False
