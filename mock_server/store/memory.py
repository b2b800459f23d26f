"""The store of one process: a dictionary, a lock, and bounds."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager

from mock_server.engine.task import Key, Record
from mock_server.journal.journal import Counters, Entry, Journal
from mock_server.store.store import DROPPED, Change, Control, Decide, Full, Whole

_DROPPED_PER_TASK = 4
"""How many dropped ids are remembered for each task there is room for; beyond that births are refused too."""


class MemoryStore:
    """Keeps at most `max_tasks` tasks. When full, the task that ended first goes, and its id is remembered.

    The lock is an argument so that a test can show what happens without it.
    """

    def __init__(
        self,
        control: Control,
        journal: Journal,
        max_tasks: int = 1_000_000,
        lock: AbstractContextManager[object] | None = None,
    ) -> None:
        self._control = control
        self._journal = journal
        self._room = max_tasks
        self._lock = lock if lock is not None else threading.Lock()
        self._records: dict[str, dict[str, Record]] = {}
        self._count = 0
        self._ended: dict[Key, None] = {}
        self._dropped: set[Key] = set()

    def transact(self, key: Key | None, decide: Decide) -> Change:
        """See `Store.transact`."""
        with self._lock:
            change = decide(None if key is None else self.read(key), self._control)
            if key is not None and change.drop:
                self._forget(key)
            elif key is not None and change.record is not None:
                self._put(key, change.record, ended=change.ended)
            if change.spent:
                self._control = self._control.spend(change.spent)
            if change.entry is not None:
                self._journal.append(change.entry)
            if change.crossed:
                self._journal.note(change.crossed)
        return change

    def read(self, key: Key) -> Record | None:
        """See `Store.read`."""
        tasks = self._records.get(key.vendor)
        record = None if tasks is None else tasks.get(key.id)
        return DROPPED if record is None and key in self._dropped else record

    def scan(self) -> Iterator[tuple[Key, Record]]:
        """See `Store.scan`."""
        with self._lock:
            found = [(vendor, list(tasks.items())) for vendor, tasks in self._records.items()]
        return ((Key(vendor, id), record) for vendor, tasks in found for id, record in tasks)

    def counts(self) -> Mapping[str, int]:
        """See `Store.counts`."""
        with self._lock:
            return {vendor: len(tasks) for vendor, tasks in self._records.items() if tasks}

    def control(self, change: Callable[[Control], Control] | None = None) -> Control:
        """See `Store.control`."""
        with self._lock:
            if change is not None:
                self._control = change(self._control)
            return self._control

    def entries(
        self, after: int = 0, forget: Callable[[Entry], bool] | None = None
    ) -> tuple[tuple[Entry, ...], Counters]:
        """See `Store.entries`."""
        with self._lock:
            if forget is not None:
                self._journal.forget(forget)
            return self._journal.entries(after), self._journal.counters()

    def whole(self, change: Callable[[Whole], Whole] | None = None) -> Whole:
        """See `Store.whole`."""
        with self._lock:
            held = Whole(
                self._control,
                tuple((Key(vendor, id), kept) for vendor, tasks in self._records.items() for id, kept in tasks.items()),
                tuple(self._ended),
                frozenset(self._dropped),
                self._journal.entries(),
                self._journal.counters(),
            )
            if change is None:
                return held
            held = change(held)
            if len(held.tasks) > self._room:
                raise Full
            self._take(held)
            return held

    def _take(self, held: Whole) -> None:
        self._control = held.control
        self._records = {}
        for key, record in held.tasks:
            self._records.setdefault(key.vendor, {})[key.id] = record
        self._count = len(held.tasks)
        self._ended = dict.fromkeys(held.ended)
        self._dropped = set(held.dropped)
        self._journal.restore(held.entries, held.counters)

    def _forget(self, key: Key) -> None:
        if self._records.get(key.vendor, {}).pop(key.id, None) is not None:
            self._count -= 1
        self._ended.pop(key, None)
        self._dropped.discard(key)

    def _put(self, key: Key, record: Record, *, ended: bool) -> None:
        tasks = self._records.setdefault(key.vendor, {})
        if key.id not in tasks:
            if self._count >= self._room:
                self._drop_one()
            self._count += 1
        tasks[key.id] = record
        if ended:
            self._ended[key] = None
        else:
            self._ended.pop(key, None)

    def _drop_one(self) -> None:
        oldest = next(iter(self._ended), None)
        if oldest is None or len(self._dropped) >= self._room * _DROPPED_PER_TASK:
            raise Full
        del self._ended[oldest]
        del self._records[oldest.vendor][oldest.id]
        self._dropped.add(oldest)
        self._count -= 1
