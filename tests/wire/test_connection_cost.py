"""What a connection costs besides its requests, counted and not timed: most clients in tests open one for each."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from mock_server.http.message import Request, Response
from mock_server.http.responses import response
from mock_server.server.wire.connection import Connection
from mock_server.server.wire.limits import Limits
from mock_server.server.wire.service import Answers, Service
from tests.support.calls import calls_of
from tests.support.wire_kit import GET

EMPTY, ANSWERED = 18, 58
"""How many functions a connection calls from its beginning to its end, without a request and with one that is known by
its bytes, when they were counted last. Fewer are better: then count anew."""
SLACK = 1.1
"""Other versions of Python differ by a call or two."""


class Sink:
    """A transport to a client that reads everything."""

    def write(self, data: bytes) -> None:
        """Sends bytes."""

    def close(self) -> None:
        """Ends it."""

    def get_extra_info(self, name: str) -> None:
        """Nothing: there is no socket."""


def answer(_: Request) -> Response:
    """The same to all."""
    return response(200, b"{}", type="application/json")


@pytest.fixture
def service() -> Iterator[Service]:
    """A server without a socket."""
    with closing(asyncio.new_event_loop()) as loop, ThreadPoolExecutor(1) as pool:
        yield Service(loop, Answers(answer, lambda _: False, answer), pool, Limits())


def come_and_go(service: Service, sent: bytes = b"") -> None:
    """One connection, as the event loop drives it."""
    connection = Connection(service)
    connection.connection_made(Sink())
    if sent:
        connection.data_received(sent)
    connection.eof_received()
    connection.connection_lost(None)


def test_a_connection_that_comes_and_goes_stays_cheap(service: Service) -> None:
    come_and_go(service, GET)
    assert calls_of(lambda: come_and_go(service)) <= EMPTY * SLACK
    assert calls_of(lambda: come_and_go(service, GET)) <= ANSWERED * SLACK
