"""The store of one process: a dictionary, a lock, and bounds.

The lock is held for no longer than a decision or the copy of a dictionary takes. What a reset throws away is let go
after the lock is free, since freeing a million records takes longer than anyone should wait.
"""

from __future__ import annotations

import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from itertools import islice
from typing import Any

from mock_server.engine.task import Key, Record, given_size
from mock_server.journal.journal import Counters, Entry, Journal, Kept, numbered
from mock_server.journal.moves import Move, Moves
from mock_server.store import activity
from mock_server.store.look import Glance, Look, Place, Row, row_of
from mock_server.store.owing import Owing
from mock_server.store.store import DROPPED, Change, Control, Decide, Full, Whole
from mock_server.store.wakes import Wakes
from mock_server.types import Bound

TASKS = Bound(
    "Tasks",
    1_000_000,
    "tasks",
    "The task that ended first is dropped for the new one. A poll of a dropped id gets the vendor's 404, with a header "
    "that says why. If no task is known to have ended, the new one is refused with our 503 (`full`).",
    "max_tasks",
)
GIVEN = Bound(
    "Memory of the items that tasks were created with",
    64 << 20,
    "bytes",
    "The task with items that ended first is dropped for a new one with items. If none of the first thousand that "
    "ended has some, the new one is refused with our 503 (`full`).",
)
DROPPED_IDS = Bound(
    "Ids of dropped tasks that are remembered",
    100_000,
    "ids",
    "The id that was dropped first is forgotten. A poll of it then starts a new task, as a poll of any new id does.",
)


_SLICE = 5_000
"""Entries that are forgotten or looked at while nobody else may use the store."""
_LOOKED_AT = 1_000
"""Ended tasks that are looked at for one that was created with items."""
_FIRST = 50
"""Entries that are looked at first, since most who look at the newest need no more."""


class MemoryStore:
    """Keeps at most `max_tasks` tasks. When full, the task that ended first goes; ids dropped last are remembered.

    The lock is an argument so that a test can show what happens without it.
    """

    def __init__(
        self,
        control: Control,
        journal: Journal,
        max_tasks: int = TASKS.value,
        lock: AbstractContextManager[object] | None = None,
    ) -> None:
        self._control = control
        self._journal = journal
        self._room = max_tasks
        self._lock = lock if lock is not None else threading.Lock()
        self._records: dict[str, dict[str, Record]] = {}
        self._count = self._given = 0
        self._ended: dict[Key, None] = {}
        self._dropped: OrderedDict[Key, None] = OrderedDict()
        self._wakes = Wakes()
        self._owing = Owing()
        self._changes = 0
        self.generation = 0
        """See `Store.generation`."""
        self.stir: Callable[[], None] = _nobody
        """See `Store.stir`."""

    def transact(self, key: Key | None, decide: Decide) -> Change:
        """See `Store.transact`."""
        with self._lock:
            change = decide(None if key is None else self.read(key), self._control)
            # Every poll comes here: taken apart at once, which costs less than to ask for one field after the other.
            entry, record, spent, ended, drop, crossed, wake, unmatched, by_hand, items, rule, born = change
            if key is not None and drop:
                self._forget(key)
            elif key is not None and record is not None:
                self._put(key, record, wake, ended=ended)
            if spent:
                self._control = self._control.spend(spent)
                self._changes += 1
            if rule:
                self._control = self._control._replace(rules=self._control.rules.used(rule))
                self._changes += 1
            if unmatched:
                self._control = self._control._replace(unmatched=self._control.unmatched + 1)
            if entry is not None:
                self._journal.append(entry)
            if crossed:
                self._journal.note(crossed)
                if entry is None and key is not None:
                    self._journal.keep(*key, crossed, by_hand=by_hand, born=born)
            if items is not None:
                self._journal.note_items(items)
        return change

    def read(self, key: Key) -> Record | None:
        """See `Store.read`."""
        vendor, id = key
        tasks = self._records.get(vendor)
        record = None if tasks is None else tasks.get(id)
        return DROPPED if record is None and key in self._dropped else record

    def scan(self) -> Iterator[tuple[Key, Record]]:
        """See `Store.scan`."""
        found = self._copied()
        return ((Key(vendor, id), record) for vendor, tasks in found.items() for id, record in tasks.items())

    def look(self, place: Place, most: int, vendor: str | None = None) -> Look:
        """See `Store.look`."""
        with self._lock:
            if place.part == "active":
                return activity.active(self._journal, self._records, place, most, vendor)
            if place.part == "rest":
                return activity.rest(self._journal, self._records, place, most, vendor)
            return _births(self._records, place, most, vendor)

    def is_ended(self, key: Key) -> bool:
        """See `Store.is_ended`."""
        return key in self._ended

    def glance(self) -> Glance:
        """See `Store.glance`."""
        with self._lock:
            journal = self._journal
            ended, made, owed = len(self._ended), journal.moves.made, self._owing.total
            return Glance(self._count, ended, *journal.glance(), made, self._changes, owed, journal.size)

    def history(self, key: Key, most: int, before: int = 0) -> tuple[Entry, ...]:
        """See `Store.history`."""
        with self._lock:
            return self._journal.of_task(*key, most, before)

    def moves(self, key: Key) -> tuple[Move, ...]:
        """See `Store.moves`."""
        with self._lock:
            return self._journal.moves.of_task(*key)

    def counts(self) -> Mapping[str, int]:
        """See `Store.counts`."""
        with self._lock:
            return {vendor: len(tasks) for vendor, tasks in self._records.items() if tasks}

    def control(self, change: Callable[[Control], Control] | None = None) -> Control:
        """See `Store.control`."""
        with self._lock:
            if change is not None:
                before, self._control = self._control, change(self._control)
                self._changes += self._control != before
                if self._control.clock != before.clock:
                    self._stir()
            return self._control

    def entries(
        self, after: int = 0, forget: Callable[[Entry], bool] | None = None
    ) -> tuple[tuple[Entry, ...], Counters]:
        """See `Store.entries`."""
        if forget is not None:
            self._forget_entries(forget)
        with self._lock:
            kept, counters = self._journal.kept(after), self._journal.counters()
        return numbered(kept), counters

    def _forget_entries(self, which: Callable[[Entry], bool]) -> None:
        """Forgets a slice at a time, so that everything else waits no longer than one takes."""
        with self._lock:
            journal, kept = self._journal, self._journal.kept()
        numbers = [entry.number for entry in numbered(kept) if which(entry)]
        for start in range(0, len(numbers), _SLICE):
            with self._lock:
                if self._journal is not journal:  # it starts anew, and so do the numbers
                    return
                journal.forget(frozenset(numbers[start : start + _SLICE]))

    def news(self) -> object:
        """See `Store.news`."""
        journal = self._journal
        return journal, journal.glance()[0]

    def newest(self, before: int | None = None) -> Iterator[Kept]:
        """See `Store.newest`."""
        return self._older(self._journal, sys.maxsize if before is None else before)

    def _older(self, journal: Journal, number: int) -> Iterator[Kept]:
        """Parts grow: who needs few entries waits for few, who needs all does not take the lock too often."""
        size = _FIRST
        while True:
            with self._lock:
                found = journal.part(number, size)
            if not found:
                return
            yield from found
            number, size = found[-1][0], min(2 * size, _SLICE)

    def polls_before(self, numbers: Sequence[int]) -> Mapping[int, Entry]:
        """See `Store.polls_before`."""
        found: dict[int, Entry] = {}
        for start in range(0, len(numbers), _FIRST):
            with self._lock:
                journal = self._journal
                some = [(number, journal.poll_before(number)) for number in numbers[start : start + _FIRST]]
            found.update((number, entry) for number, entry in some if entry is not None)
        return found

    def counters(self, *, coverage: bool = True) -> Counters:
        """See `Store.counters`."""
        with self._lock:
            return self._journal.counters(coverage=coverage)

    def due(self, to: int, most: int | None = None) -> tuple[tuple[int, Key], ...]:
        """See `Store.due`."""
        with self._lock:
            offset = self._control.offset
            found = self._wakes.due(to + offset, most)
        return tuple([(at - offset, key) for at, key in found]) if offset else found

    def next_due(self) -> int | None:
        """See `Store.next_due`."""
        with self._lock:
            at = self._wakes.next()
            return None if at is None else at - self._control.offset

    def under_way(self) -> tuple[Key, ...]:
        """See `Store.under_way`."""
        with self._lock:
            return tuple(self._owing.under_way)

    def is_settled(self, to: int) -> bool:
        """See `Store.is_settled`."""
        with self._lock:
            return not self._owing.under_way and not self._wakes.due(to + self._control.offset, 1)

    def reset(self, scopes: Collection[str], fresh: Control) -> None:
        """See `Store.reset`."""
        with self._lock:
            gone = (self._journal, self._records, self._ended, self._dropped, self._wakes)
            if "tasks" in scopes:
                self._records, self._ended, self._dropped, self._wakes = {}, {}, OrderedDict(), Wakes()
                self._owing = Owing()
                self._count = self._given = 0
            self._control = self._control.reset(scopes, fresh)
            self.generation += "tasks" in scopes or "clock" in scopes
            self._changes += 1
            if "coverage" in scopes:
                self._journal.forget_coverage()
            if "journal" in scopes:
                self._journal = self._journal.emptied()
            self._stir()
        if "tasks" in scopes:
            _let_go(*gone[1:])
        del gone

    def export(self) -> Whole:
        """See `Store.export`."""
        with self._lock:
            control, ended, dropped, wakes = self._control, self._ended.copy(), self._dropped.copy(), self._wakes.all()
            records = {vendor: tasks.copy() for vendor, tasks in self._records.items()}
            kept, counters = self._journal.kept(), self._journal.counters()
            moves = tuple(self._journal.moves)
        tasks = tuple((Key(vendor, id), kept) for vendor, listed in records.items() for id, kept in listed.items())
        return Whole(control, tasks, tuple(ended), tuple(dropped), numbered(kept), counters, wakes, moves)

    def replace(self, whole: Whole) -> None:
        """See `Store.replace`."""
        if len(whole.tasks) > self._room:
            raise Full
        records: dict[str, dict[str, Record]] = {}
        for key, record in whole.tasks:
            records.setdefault(key.vendor, {})[key.id] = record
        given = sum(given_size(record) for _, record in whole.tasks)
        ended, dropped = dict.fromkeys(whole.ended), OrderedDict.fromkeys(whole.dropped[-DROPPED_IDS.value :])
        wakes, owing = Wakes(whole.wakes), Owing(record for _, record in whole.tasks)
        journal = self._journal.another(whole.entries, whole.counters, Moves(whole.moves))
        with self._lock:
            gone = (self._journal, self._records, self._ended, self._dropped, self._wakes)
            self._control, self._count, self._given = whole.control, len(whole.tasks), given
            self._records, self._ended, self._dropped, self._wakes = records, ended, dropped, wakes
            self._journal, self._owing = journal, owing
            self.generation += 1
            self._changes += 1
            self._stir()
        _let_go(*gone[1:])
        del gone

    def _stir(self) -> None:
        """Stirs if any task wants to be woken: else there is nothing to do, whatever the clock shows."""
        if self._wakes.by_key:
            self.stir()

    def _copied(self) -> dict[str, dict[str, Record]]:
        """The tasks by vendor and id, as they are now."""
        with self._lock:
            return {vendor: tasks.copy() for vendor, tasks in self._records.items()}

    def _forget(self, key: Key) -> None:
        record = self._records.get(key.vendor, {}).pop(key.id, None)
        if record is not None:
            self._count -= 1
            self._given -= given_size(record)
            self._owing.forget(key, record)
        self._ended.pop(key, None)
        self._dropped.pop(key, None)
        self._wakes.set(key, None)

    def _put(self, key: Key, record: Record, wake: int | None, *, ended: bool) -> None:
        vendor, id = key
        tasks = self._records.setdefault(vendor, {})
        before = tasks.get(id)
        if before is None:
            self._make_room(given_size(record))
            self._dropped.pop(key, None)
            self._count += 1
        tasks[id] = record
        if ended:
            self._ended[key] = None
        elif key in self._ended:
            del self._ended[key]
        # Most tasks never want to be woken and owe nothing, and each poll asks: without a call of ours.
        known, busy = self._wakes.by_key, self._owing.under_way
        if wake is not None or (known and key in known) or (busy and key in busy):
            self._owing.put(key, before, record)
            if self._wakes.set(key, wake):
                self.stir()

    def _make_room(self, given: int) -> None:
        """Makes room for one more task, which was created with so many bytes of items. Full: nothing may go for it."""
        while given and self._given + given > GIVEN.value:
            ended = islice(self._ended, _LOOKED_AT)
            oldest = next((key for key in ended if given_size(self._records[key.vendor][key.id])), None)
            if oldest is None:
                raise Full(f"the items of tasks would take more than {GIVEN.value} bytes")
            self._drop(oldest)
        if self._count >= self._room:
            first = next(iter(self._ended), None)
            if first is None:
                raise Full("there is no room for another task")
            self._drop(first)
        self._given += given

    def _drop(self, oldest: Key) -> None:
        del self._ended[oldest]
        record = self._records[oldest.vendor].pop(oldest.id)
        self._given -= given_size(record)
        self._wakes.set(oldest, None)
        self._owing.forget(oldest, record)
        if len(self._dropped) >= DROPPED_IDS.value:
            self._dropped.popitem(last=False)
        self._dropped[oldest] = None
        self._count -= 1


def _nobody() -> None:
    """Nobody waits for anything."""


def _births(records: Mapping[str, Mapping[str, Record]], place: Place, most: int, vendor: str | None) -> Look:
    """Tasks in the order of their births, vendor by vendor."""
    vendors = list(records) if vendor is None else [name for name in records if name == vendor]
    here = vendors.index(place.vendor) if place.vendor in vendors else 0
    rows: list[Row] = []
    for name in vendors[here:]:
        start = place.number if name == place.vendor else 0
        found = islice(records[name].items(), start, start + most - len(rows))
        rows += [row_of(name, id, record, k) for k, (id, record) in enumerate(found, start + 1)]
        if len(rows) == most:
            return Look("born", tuple(rows), Place("born", rows[-1].number, 0, name))
    return Look("born", tuple(rows), None)


def _let_go(
    records: dict[str, dict[str, Record]], ended: dict[Key, None], dropped: dict[Key, None], wakes: Wakes
) -> None:
    """Frees what nobody else holds, bit by bit: freed as a whole it would keep every other thread from running."""
    every: tuple[dict[Any, Any], ...] = (*records.values(), ended, dropped)
    for held in every:
        while held:
            held.popitem()
    wakes.let_go()
