"""Finds tasks that time has ended since anyone looked at them, so that a full store can let them go."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from itertools import islice

from mock_server.engine.cursor import advance, ended, expired
from mock_server.engine.task import Key, Record, unpack
from mock_server.scenarios.library import Library
from mock_server.store.store import Change, Control, Store

_BATCH = 1_000
"""Tasks looked at in one call: a birth refused by a full store costs no more than this."""


class Evictor:
    """Walks the store's tasks a batch a call, starting over when it has seen them all."""

    def __init__(self, store: Store, library: Callable[[], Library]) -> None:
        self._store = store
        self._library = library
        self._walk: Iterator[tuple[Key, Record]] = iter(())
        self._lock = threading.Lock()

    def mark_ended(self, now: int) -> bool:
        """Marks the ended tasks of the next batch; whether there was one."""
        done = [key for key, record in self._next_batch() if self._has_ended(key, record, now)]
        marked = [self._mark(key, now) for key in done]
        return any(marked)

    def _next_batch(self) -> list[tuple[Key, Record]]:
        with self._lock:
            batch = list(islice(self._walk, _BATCH))
            if not batch:
                self._walk = self._store.scan()
                batch = list(islice(self._walk, _BATCH))
        return batch

    def _mark(self, key: Key, now: int) -> bool:
        """Marks one task, unless it went or moved on since the walk began."""

        def decide(record: Record | None, _: Control) -> Change:
            if not record or not self._has_ended(key, record, now):
                return Change()
            return Change(record=record, ended=True)

        return self._store.transact(key, decide).ended

    def _has_ended(self, key: Key, record: Record, now: int) -> bool:
        task = unpack(record)
        scenario = self._library().versions[task.scenario]
        draws = task.draws(key.id)
        cursor, _ = advance(scenario, draws, task.cursor, now)
        items = scenario.items_of(key.vendor, task.items())
        return expired(scenario, cursor, now) or ended(scenario, items, draws, cursor, now)
