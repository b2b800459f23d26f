"""Finds tasks that time has ended since anyone looked at them, so that a full store can let them go."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from itertools import islice
from typing import TypeVar

from mock_server.emulator.commit import Instant, Ledger
from mock_server.engine.owing import noted
from mock_server.engine.run import Run
from mock_server.engine.task import Key, Record
from mock_server.store.store import Change, Full

T = TypeVar("T")

_BATCH = 1_000
"""Tasks looked at in one call: a birth refused by a full store costs no more than this."""


class Evictor:
    """Walks the store's tasks a batch a call, starting over when it has seen them all."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._walk: Iterator[tuple[Key, Record]] = iter(())
        self._lock = threading.Lock()

    def with_room(self, add: Callable[[], T]) -> T:
        """What `add`, which adds a task, returns. Where there is no room, it makes some and calls it again.

        Full: there is no room, and no task of the next batch has ended.
        """
        while True:
            try:
                return add()
            except Full:
                # Another birth may take the room that is made here. Each round drops a task, so somebody gets on.
                if not self.mark_ended():
                    raise

    def mark_ended(self) -> bool:
        """Marks the ended tasks of the next batch; whether there was one."""
        # As they were when the walk began: `_mark` sees them as they are.
        done = [run.key for run in self._ledger.standing(self._next_batch()) if _is_over(run)]
        marked = [self._ledger.transact(key, _mark).ended for key in done]
        return any(marked)

    def _next_batch(self) -> list[tuple[Key, Record]]:
        with self._lock:
            batch = list(islice(self._walk, _BATCH))
        if not batch:
            walk = self._ledger.store.scan()  # without the lock, for it may have to wait for a store elsewhere
            with self._lock:
                self._walk = walk
                batch = list(islice(self._walk, _BATCH))
        return batch


def _mark(run: Run | None, _: Instant) -> Change:
    """Marks one task, unless it went or moved on since the walk began."""
    if run is None or not _is_over(run):
        return Change()
    return Change(record=run.task.pack(), ended=True, wake=noted(run).wake() if run.task.notify else None)


def _is_over(run: Run) -> bool:
    """Whether nothing will come of a task any more. What it owes may not be noted yet."""
    if not (run.expired or run.ended):
        return False
    return not run.task.notify or not noted(run).box.owed
