"""Opens the store that the settings name: this process's memory, or one that several servers share."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from typing import NamedTuple

from mock_server.engine.clock import Clock
from mock_server.errors import InvalidInput, Problem
from mock_server.faults.armed import Armed, ArmedFaults
from mock_server.journal.actions import ActionLog
from mock_server.journal.journal import Journal
from mock_server.settings import Settings, flag
from mock_server.store.memory import MemoryStore
from mock_server.store.store import Control, Store, Texts

log = logging.getLogger("mock_server")


class Opened(NamedTuple):
    """A store, and what goes with it."""

    store: Store
    real: Callable[[], int]
    """The real time in milliseconds: of a shared store its server's, which all that share it go by."""
    where: str = ""
    """The address of a shared store, without user and password."""
    texts: Texts | None = None
    """The texts of scenarios that all servers of a shared store can play."""
    actions: ActionLog | None = None
    """The newest actions on all servers of a shared store."""
    check: Callable[[], object] = lambda: None
    """Raises Away where nothing can be committed: also where a store can be read, as one that is full or a replica."""
    listen: Callable[[threading.Event], None] = lambda _: None
    """Lets the store stir when another server changes something, until the event is set."""


def open_store(settings: Settings, real: Callable[[], int], armed: Sequence[Armed] = ()) -> Opened:
    """The store of a server. `real` is the machine's time; `armed` are the faults in force from the start.

    InvalidInput: a shared store cannot be reached or used; each problem with what to do.
    """
    control = Control(Clock.starting(real(), settings.speed), ArmedFaults(armed))
    if settings.store is None:
        journal = Journal(settings.journal_entries, settings.journal_bytes)
        return Opened(MemoryStore(control, journal, settings.max_tasks), real)
    where = flag("store")
    try:
        # On first use: a server without such a store needs no client.
        from mock_server.store.redis.actions import RedisActions
        from mock_server.store.redis.checks import opened
        from mock_server.store.redis.link import Link
        from mock_server.store.redis.redis_store import RedisStore
        from mock_server.store.redis.texts import RedisTexts
        from mock_server.store.redis.url import store_url
    except ModuleNotFoundError as missing:
        what = f"a shared store needs the package {missing.name}, which is not installed"
        raise InvalidInput([Problem(where, what, "pip install '.[redis]' in the source tree")]) from None
    url = store_url(settings.store, where, settings.store_user, settings.store_password)
    primary, warnings = opened(url, where)
    for warning in warnings:
        log.warning("%s", warning)
    bounds = {"max_tasks": settings.max_tasks, "entries": settings.journal_entries, "size": settings.journal_bytes}
    store = RedisStore(primary, control, **bounds)
    link = Link(primary)

    def check() -> None:
        link.write([("SET", "alive", 1, "PX", 1_000)])

    return Opened(store, store.real, str(url), RedisTexts(link), RedisActions(link), check, store.listen)
