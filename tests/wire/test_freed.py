"""A connection that is gone leaves nothing behind: its memory is free at once, without the garbage collector."""

from __future__ import annotations

import gc
import socket
from collections.abc import Callable, Iterator

import pytest

from mock_server.server.wire.connection import Connection
from mock_server.server.wire.reader import Reader
from tests.support.alone import alone
from tests.support.wire_kit import GET, LAST, Wire, echoing, until

BATCH = 200
ROUNDS = 10
SENT = {
    "nothing": b"",
    "a request": GET,
    "half a request": GET[:20],
    "one that is late": b"GET /a?ms=60000 HTTP/1.1\r\nHost: x\r\n\r\n",
    "one that hangs": b"GET /a?fault=hang&over=60000 HTTP/1.1\r\nHost: x\r\n\r\n",
    "one in a thread": b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n",
    "one to be refused": b"\x16\x03\x01",
    "one that ends": LAST,
    "more than one": GET * 5,
}


Left = Callable[[], list[object]]


def held() -> list[object]:
    """Every connection and reader in memory."""
    return [each for each in gc.get_objects() if isinstance(each, Connection | Reader)]


@pytest.fixture
def left() -> Iterator[Left]:
    """Which connections and readers of the test are still in memory. What is freed is freed by itself meanwhile.

    Other tests of the process may have servers with clients that are still connected.
    """
    gc.collect()
    others = held()
    earlier = {id(each) for each in others}
    gc.disable()
    try:
        yield lambda: [each for each in held() if id(each) not in earlier]
    finally:
        gc.enable()
        others.clear()


def batch(server: Wire, sent: bytes) -> None:
    """Clients that connect, send, read what comes at once, and are gone."""
    clients = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(BATCH)]
    for client in clients:
        client.sendall(sent)
    until(lambda: server.server.connections >= BATCH or LAST in sent or sent[:1] == b"\x16", "all are connected")
    for client in clients:
        client.close()
    until(lambda: server.server.connections == 0, "all are gone")


@pytest.mark.parametrize("sent", SENT.values(), ids=SENT)
def test_a_connection_that_is_gone_is_freed_without_the_collector(left: Left, sent: bytes) -> None:
    with echoing() as server:
        batch(server, sent)
        until(lambda: not left(), "nothing is left of them")


def growth() -> int:
    """How many more objects there are after thousands of connections."""
    gc.disable()
    with echoing() as server:
        batch(server, GET)
        before = len(gc.get_objects())
        for _ in range(ROUNDS):
            batch(server, GET)
        until(lambda: not held(), "nothing is left of them")
        return len(gc.get_objects()) - before


def test_thousands_of_connections_leave_nothing() -> None:
    assert alone(growth) < BATCH
