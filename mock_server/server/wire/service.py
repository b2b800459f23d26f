"""What the connections of one server share: who answers requests, the limits, and the caches."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Executor
from typing import NamedTuple, Protocol

from mock_server.emulator.fast_path import MEMO_SIZE, FastPath
from mock_server.http.errors import OwnError
from mock_server.http.framing import Dates
from mock_server.http.message import Request, Response
from mock_server.http.responses import server_response
from mock_server.server.wire.limits import Limits
from mock_server.server.wire.reader import Known, KnownRequest

log = logging.getLogger("mock_server")

Answer = Callable[[Request], Response]


class Answers(NamedTuple):
    """Who answers requests. `quick` runs in the loop's own thread, so it must not block: every client would wait.

    Requests for which `is_slow` holds go to `slow`, in a thread of the pool.
    """

    quick: Answer
    is_slow: Callable[[Request], bool]
    slow: Answer
    refused: Callable[[OwnError, str, bytes], object] = lambda *_: None
    """Told of what was refused before it was a request: why, and how its bytes began."""
    fast_path: FastPath | None = None
    """Asked before `quick` about requests whose bytes are known and that are not slow."""
    blocks: bool = False
    """Whether `quick` waits for a store elsewhere: then it is put aside meanwhile."""


class Client(Protocol):
    """A connection, as the server uses it."""

    def judge(self, now: float) -> None:
        """Cuts a client that takes too long."""

    def drain(self) -> None:
        """Ends it as soon as the response in progress is out."""

    def abort(self) -> None:
        """Closes it at once."""


def answered(answer: Answer, request: Request) -> Response:
    """The response that `answer` makes, or our own 500 if it fails."""
    try:
        return answer(request)
    except Exception:
        log.exception("defect while answering %s", request.target)
        return server_response(OwnError.INTERNAL, "a defect of mock-server; the log has the details")


class PutAside(Protocol):
    """Calls what may wait for a store elsewhere, then `done` with what it returns. Others are served meanwhile."""

    def __call__(
        self,
        act: Callable[[Answer, Request], Response],
        args: tuple[Answer, Request],
        done: Callable[[Response], None],
        /,
    ) -> None:
        """Begins it."""


def at_once(
    act: Callable[[Answer, Request], Response], args: tuple[Answer, Request], done: Callable[[Response], None]
) -> None:
    """Calls what waits for nothing."""
    done(act(*args))


class Service:
    """The state of one running server."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        answers: Answers,
        pool: Executor,
        limits: Limits,
        put_aside: PutAside = at_once,
    ) -> None:
        """`pool` has threads for slow requests; `put_aside` is for what waits for a store elsewhere."""
        self.loop = loop
        self.answers = answers
        self.pool = pool
        self.put_aside = put_aside
        self.limits = limits
        self.dates = Dates()
        self.known = Known(MEMO_SIZE if answers.fast_path is not None else 0)
        self.connections: set[Client] = set()
        self.draining = False

    def polled(self, known: KnownRequest) -> bytes | None:
        """The response to a request on the fast path; None: it must be answered as any other."""
        _, is_slow, _, _, fast_path, _ = self.answers
        if fast_path is None or self.draining:
            return None
        try:
            memo = known.memo
            if memo is None:
                request = known.incoming.request
                memo = known.memo = fast_path.memo(request)
                if is_slow(request):
                    memo.key = None
            return fast_path.poll(memo, self.dates.now())
        except Exception:
            log.exception("defect of the fast path while answering %s", known.incoming.request.target)
            return None

    def judge(self) -> None:
        """Cuts every client that takes too long."""
        now = self.loop.time()
        for connection in tuple(self.connections):
            connection.judge(now)
