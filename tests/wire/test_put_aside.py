"""Requests that wait for a store elsewhere: others are served meanwhile, and each change is committed once."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from mock_server.engine.clock import Clock
from mock_server.engine.task import Key, Record
from mock_server.http.message import Request, Response
from mock_server.server.wire.limits import Limits
from mock_server.server.wire.server import WireServer
from mock_server.server.wire.service import Answers
from mock_server.store.redis.primary import connect
from mock_server.store.redis.redis_store import RedisStore
from mock_server.store.redis.url import store_url
from mock_server.store.store import Change, Control
from tests.support.redis_servers import RedisServer, redis_server
from tests.support.wire_kit import LAST, Wire, hear, hear_head, running, until

POLL = b"GET /poll HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


def count(record: Record | None, _: Control) -> Change:
    """One more."""
    return Change(record=(1 + (int(str(record[0])) if record else 0),))


class World:
    """A wire server whose polls count in a Redis of their own."""

    def __init__(self, redis: RedisServer) -> None:
        self.redis = redis
        self.primary = connect(store_url(f"{redis.url}?timeout=60s", "--store"))
        self.store = RedisStore(self.primary, Control(Clock.starting(0)))
        self.store.control()
        self.begun = 0

    def answer(self, request: Request) -> Response:
        """How often this path was asked; of /last nobody knows."""
        self.begun += 1
        body = b"last"
        if request.path != "/last":
            record = self.store.transact(Key("v", request.path), count).record
            assert record is not None
            body = str(record[0]).encode()
        return Response(200, "OK", (("Content-Length", str(len(body))),), body)

    def pause(self) -> None:
        """Lets Redis answer nothing until `go_on`."""
        os.kill(self.redis.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        """Lets Redis answer again."""
        os.kill(self.redis.pid, signal.SIGCONT)


@pytest.fixture
def world() -> Iterator[World]:
    """With a server of its own, since it is paused."""
    with redis_server() as redis:
        made = World(redis)
        yield made
        made.primary.close()


@contextmanager
def waiting_server(world: World) -> Iterator[Wire]:
    """A wire server in front of it."""
    answers = Answers(world.answer, lambda _: False, world.answer, blocks=True)
    server = WireServer(answers, "127.0.0.1", 0, threading.Event(), limits=Limits())
    with running(server):
        yield Wire(server)


def ask(server: Wire, data: bytes = POLL) -> socket.socket:
    """A connection on which this was sent."""
    client = server.connect()
    client.sendall(data)
    return client


def test_what_waits_for_the_store_holds_up_no_other_request(world: World) -> None:
    with waiting_server(world) as server:
        assert server.say(POLL).data.endswith(b"\r\n\r\n1")
        world.pause()
        waiting = [ask(server) for _ in range(5)]
        until(lambda: world.begun == 6, "all polls wait")
        assert server.say(LAST).data.endswith(b"last")
        world.go_on()
        assert sorted(hear(client).data[-1:] for client in waiting) == [b"2", b"3", b"4", b"5", b"6"]
        for client in waiting:
            client.close()


def test_pipelined_requests_are_answered_in_their_order(world: World) -> None:
    with waiting_server(world) as server:
        heard = server.say(POLL.replace(b"Connection: close\r\n", b"") * 30 + LAST).data
        bodies = [part.partition(b"HTTP/1.1")[0] for part in heard.split(b"\r\n\r\n")[1:]]
        assert bodies == [*(b"%d" % k for k in range(1, 31)), b"last"]


def test_a_client_that_leaves_while_it_waits_disturbs_nobody(world: World) -> None:
    with waiting_server(world) as server:
        world.pause()
        ask(server).close()
        until(lambda: world.begun == 1, "it waits")
        with ask(server) as other:
            until(lambda: world.begun == 2, "both wait")
            world.go_on()
            assert hear_head(other).startswith(b"HTTP/1.1 200")
        assert world.store.read(Key("v", "/poll")) == (2,)


def test_what_waits_when_the_server_ends_is_committed_all_the_same(world: World) -> None:
    with waiting_server(world) as server:
        world.pause()
        with ask(server):
            until(lambda: world.begun == 1, "it waits")
            server.server.close()
            until(lambda: server.server.connections == 0, "it ended")
    world.go_on()
    until(lambda: world.store.read(Key("v", "/poll")) == (1,), "it is committed")
    assert world.store.transact(Key("v", "/poll"), count).record == (2,)
