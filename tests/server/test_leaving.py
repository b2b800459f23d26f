"""A client that leaves is noticed, also while it is owed a response; one that only sends no more is answered."""

from __future__ import annotations

import socket
import struct
import sys
import threading
from collections.abc import Iterator

import pytest

from mock_server.http import presence
from mock_server.http.presence import Presence
from mock_server.server.app import create_app
from mock_server.settings import Settings
from tests.support.live import LiveServer, serving_app
from tests.support.raw import request_bytes
from tests.support.wire_kit import echoing, hear, statuses, until

SLOTS = 8
WAIT = "/__admin/requests/wait?id=nobody&timeout=60s"
RESET = struct.pack("ii", 1, 0)


@pytest.fixture(params=["wire", "waitress"])
def live(request: pytest.FixtureRequest) -> Iterator[LiveServer]:
    app = create_app(Settings(no_reload=True))
    with serving_app(app, flask=request.param == "waitress") as server:
        yield server


def sent(port: int, target: str) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", port), timeout=20)
    client.sendall(request_bytes("GET", target))
    return client


def leave(client: socket.socket, how: str) -> None:
    if how == "reset":
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    client.close()


@pytest.mark.parametrize("how", ["close", "reset"])
def test_a_wait_whose_client_left_leaves_its_place_to_others(live: LiveServer, how: str) -> None:
    def waiting() -> int:
        return sum(_waits(thread) for thread in threading.enumerate())

    clients = [sent(live.port, WAIT) for _ in range(SLOTS)]
    until(lambda: waiting() == SLOTS, "all wait")
    with sent(live.port, WAIT) as another:
        assert b'"retry":true' in hear(another).data  # no place is left
    for client in clients:
        leave(client, how)
    until(lambda: waiting() == 0, "nobody waits any more")


def _waits(thread: threading.Thread) -> bool:
    """Whether a thread is in `Requests.wait`."""
    frame = sys._current_frames().get(thread.ident or 0)
    while frame is not None:
        if frame.f_code.co_qualname == "Requests.wait":
            return True
        frame = frame.f_back
    return False


@pytest.mark.parametrize("how", ["close", "reset"])
def test_a_client_that_leaves_during_a_delay_is_noticed(how: str) -> None:
    with echoing() as wire:
        client = wire.connect()
        client.sendall(b"GET /a?ms=3600000 HTTP/1.1\r\nHost: x\r\n\r\n")
        until(lambda: wire.server.connections == 1, "the client is connected")
        leave(client, how)
        until(lambda: wire.server.connections == 0, "the client is gone")


def test_a_client_that_only_sends_no_more_gets_its_late_response() -> None:
    with echoing() as wire, wire.connect() as client:
        client.sendall(b"GET /a?ms=2500 HTTP/1.1\r\nHost: x\r\n\r\n")
        client.shutdown(socket.SHUT_WR)
        assert statuses(hear(client).data) == [100, 200]


def test_an_old_client_is_sent_nothing_before_its_response() -> None:
    with echoing() as wire, wire.connect() as client:
        client.sendall(b"GET /a?ms=2500 HTTP/1.0\r\nHost: x\r\n\r\n")
        client.shutdown(socket.SHUT_WR)
        assert statuses(hear(client).data) == [200]


class TestPresence:
    """The steps, by a clock of its own."""

    def pair(self) -> tuple[socket.socket, socket.socket]:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            client = socket.create_connection(listener.getsockname())
            server, _ = listener.accept()
        return client, server

    def test_one_that_is_there_is_not_asked(self) -> None:
        client, server = self.pair()
        with client, server:
            watched = Presence(server, pytest.fail, lambda: 1e9)
            assert not watched.gone()
            client.sendall(b"more")
            until(lambda: bool(server.recv(1, socket.MSG_PEEK)), "it has come")
            assert not watched.gone()

    def test_one_that_closed_is_asked_and_then_gone(self) -> None:
        client, server = self.pair()
        now, asked = [0.0], []

        def ask() -> None:
            asked.append(now[0])
            server.sendall(b"x")

        with server:
            watched = Presence(server, ask, lambda: now[0])
            client.close()
            until(lambda: server.recv(1, socket.MSG_PEEK) == b"", "the end has come")
            assert not watched.gone()
            now[0] = presence.PATIENCE
            assert not watched.gone()
            until(watched.gone, "the reset has come")
        assert asked == [presence.PATIENCE]
