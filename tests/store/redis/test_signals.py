"""What one server does is heard by another at once, though neither asks the other."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from mock_server.engine.clock import Clock
from mock_server.engine.task import Key
from mock_server.http.message import Response, request_of
from mock_server.journal.journal import Entry
from mock_server.store.redis.redis_store import RedisStore
from mock_server.store.store import Change, Control
from tests.support.redis_servers import PATIENCE, eventually, proxy_to
from tests.support.stores import namespace, primary, redis_store, server

CONTROL = Control(Clock.starting(0))
A = Key("v", "a")
ENTRY = Entry(0, 0, request_of("GET", "/", (), b""), Response(200, "", (), b""), "fits")


class Listener:
    """A store that listens, and how often it was stirred."""

    def __init__(self, store: RedisStore) -> None:
        self.store = store
        self.stirs = threading.Semaphore(0)
        self.ended = threading.Event()
        store.stir = self.stirs.release
        store.listen(self.ended)
        eventually(lambda: self.hears)

    @property
    def hears(self) -> bool:
        """Whether it is connected."""
        assert self.store._signals is not None
        return self.store._signals._hears

    @property
    def grown(self) -> int:
        """How often it heard that the journal grew."""
        assert self.store._signals is not None
        return self.store._signals.news()[0]

    def is_stirred(self) -> bool:
        """Waits until it is stirred."""
        return self.stirs.acquire(timeout=PATIENCE)


@pytest.fixture
def name() -> str:
    """The name of a store that nobody used yet."""
    return namespace()


@pytest.fixture
def listener(name: str) -> Iterator[Listener]:
    """Listens to that store."""
    made = Listener(redis_store(CONTROL, name=name))
    yield made
    made.ended.set()
    eventually(lambda: not made.hears)


def test_a_task_that_wants_to_be_woken_stirs_every_server(name: str, listener: Listener) -> None:
    other = redis_store(CONTROL, name=name)
    other.transact(A, lambda *_: Change(record=(1,)))
    other.transact(A, lambda *_: Change(record=(1,), wake=5))
    assert listener.is_stirred()
    assert listener.store.due(5) == ((5, A),)
    other.control(lambda held: held._replace(clock=held.clock.advance(0, 10)))
    assert listener.is_stirred()


def test_whoever_waits_for_the_journal_hears_that_it_grew(name: str, listener: Listener) -> None:
    other = redis_store(CONTROL, name=name)
    for _ in range(3):
        before = listener.grown
        other.transact(None, lambda *_: Change(ENTRY))
        eventually(lambda before=before: listener.grown > before)  # type: ignore[misc]  # a default binds
    before = listener.grown
    other.reset(["journal"], CONTROL)
    eventually(lambda: listener.grown > before)


def test_after_a_connection_broke_everything_is_looked_at_again(name: str) -> None:
    near = redis_store(CONTROL, name=name)
    with proxy_to(server().port) as proxy:
        held = primary(proxy.url, name)
        listener = Listener(RedisStore(held, CONTROL))
        proxy.leave()
        eventually(lambda: not listener.hears)
        near.transact(A, lambda *_: Change(ENTRY, (1,), wake=5))
        before = listener.grown
        proxy.come_back()
        assert listener.is_stirred()
        eventually(lambda: listener.grown > before)
        listener.ended.set()
        eventually(lambda: not listener.hears)
        held.close()
