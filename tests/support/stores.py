"""The stores that tests run over: a process's memory, and a real Redis of the tests' own."""

from __future__ import annotations

import atexit
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from functools import cache, partial
from itertools import count
from typing import Any, Literal, Protocol

from mock_server.journal.journal import ENTRIES, Journal
from mock_server.store.memory import MemoryStore
from mock_server.store.redis.primary import Primary, connect
from mock_server.store.redis.redis_store import RedisStore
from mock_server.store.redis.url import store_url
from mock_server.store.store import Control, Store
from tests.support.redis_servers import Engine, RedisServer, redis_server

StoreKind = Literal["memory", "redis", "valkey"]
KINDS: tuple[StoreKind, ...] = ("memory", "redis")
"""Those that tests run over; the suite of the store itself runs over Valkey too."""


class Making(Protocol):
    """Makes an empty store of one kind."""

    def __call__(self, control: Control, room: int = 10, kept: int = ENTRIES.value) -> Store:
        """A store of at most `room` tasks and `kept` exchanges."""


def server(engine: Engine = "redis") -> RedisServer:
    """The Redis of this process, or the Valkey, which ends with it."""
    return _server(engine)


@cache
def _server(engine: Engine) -> RedisServer:
    stack = ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(redis_server(engine=engine))


def primary(url: str, namespace: str = "mock-server") -> Primary:
    """The primary of the store of this name at this URL."""
    return connect(replace(store_url(url, "--store"), namespace=namespace))


_names = count()


def namespace() -> str:
    """The name of a store that nobody used yet."""
    return f"test-{next(_names)}"


def memory_store(
    control: Control, room: int = 10, kept: int = ENTRIES.value, lock: AbstractContextManager[Any] | None = None
) -> MemoryStore:
    """A store in this process."""
    return MemoryStore(control, Journal(kept), room, lock)


def redis_store(
    control: Control, room: int = 10, kept: int = ENTRIES.value, name: str = "", *, engine: Engine = "redis"
) -> RedisStore:
    """A store in the Redis; of the same name: the same store, as another server sees it."""
    return RedisStore(primary(server(engine).url, name or namespace()), control, max_tasks=room, entries=kept)


def making(kind: StoreKind) -> Making:
    """What makes stores of a kind."""
    return memory_store if kind == "memory" else partial(redis_store, engine=kind)
