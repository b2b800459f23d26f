"""What is due, in order: the moments at which time itself moves a task, so that a moved clock passes none of them."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from functools import partial

from mock_server.engine import cursor as engine
from mock_server.engine.task import Key, Record, unpack
from mock_server.scenarios.library import Library
from mock_server.store.store import Change, Control, Store


class Agenda:
    """The due moments of one server's tasks. Nothing is kept between two walks: tasks have no timers."""

    def __init__(self, store: Store, library: Callable[[], Library]) -> None:
        self._store = store
        self._library = library

    def until(self, to: int) -> Iterator[int]:
        """Every moment up to `to` (included) at which a task's step ends by time, in order.

        Whoever walks sets the clock to the moment; what is due then is done before the next one is given, and what
        that makes due on the way is met too.
        """
        heap: list[tuple[int, Key]] = []
        for key, record in self._store.scan():
            self._note(heap, key, record)
        while heap and heap[0][0] <= to:
            now = heap[0][0]
            yield now
            self._work(heap, now)

    def _work(self, heap: list[tuple[int, Key]], now: int) -> None:
        """Moves the tasks that are due at `now`, one transaction each."""
        while heap and heap[0][0] <= now:
            _, key = heapq.heappop(heap)
            self._store.transact(key, partial(self._moved, key, now))
            record = self._store.read(key)
            if record:
                self._note(heap, key, record)

    def _moved(self, key: Key, now: int, record: Record | None, _: Control) -> Change:
        if not record:
            return Change()
        task = unpack(record)
        scenario = self._library().versions[task.scenario]
        draws, items = task.draws(key.id), scenario.items_of(key.vendor, task.items())
        cursor, crossed = engine.advance(scenario, draws, task.cursor, now)
        if not crossed:
            return Change()
        over = engine.ended(scenario, items, draws, cursor, now)
        crossings = tuple((task.scenario, crossing) for crossing in crossed)
        return Change(record=task.pack_at(cursor, task.moments), ended=over, crossed=crossings)

    def _note(self, heap: list[tuple[int, Key]], key: Key, record: Record) -> None:
        task = unpack(record)
        due = engine.due(self._library().versions[task.scenario], task.draws(key.id), task.cursor)
        if due is not None:
            heapq.heappush(heap, (due, key))
