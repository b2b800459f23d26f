"""The verbs of a store, and the values that pass through them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple, Protocol

from mock_server.engine.clock import Clock
from mock_server.engine.cursor import Crossing
from mock_server.engine.task import Key, Record
from mock_server.faults.choose import Armed
from mock_server.journal.journal import Counters, Entry

DROPPED: Record = ()
"""What a store gives for a task it had to drop: a place where no task may silently be born again."""


class Control(NamedTuple):
    """What all tasks share: the virtual clock and the faults armed by hand."""

    clock: Clock
    armed: tuple[Armed, ...] = ()

    def spend(self, numbers: tuple[int, ...]) -> Control:
        """This control after one use of each of these armed faults; one that is used up goes."""
        left = (
            fault._replace(times=fault.times - 1) if fault.number in numbers and fault.times is not None else fault
            for fault in self.armed
        )
        return self._replace(armed=tuple(fault for fault in left if fault.times != 0))


class Change(NamedTuple):
    """What a decision asks the store to do, all of it or nothing. The response, if there is one, is the entry's.

    `record` None leaves the task as it is. `ended` says that polls and time will not change it any more, so that it
    may be dropped when the store is full. `drop` forgets the task, and that it had to go if it had: a later poll may
    give birth to it. `crossed` are changes of step that no entry tells, each with the scenario's version.
    """

    entry: Entry | None = None
    record: Record | None = None
    spent: tuple[int, ...] = ()
    ended: bool = False
    drop: bool = False
    crossed: tuple[tuple[str, Crossing], ...] = ()


Decide = Callable[[Record | None, Control], Change]
"""A pure function of what is stored: the store may call it again when another change came between."""


class Whole(NamedTuple):
    """All that a store holds, at one moment."""

    control: Control
    tasks: tuple[tuple[Key, Record], ...] = ()
    ended: tuple[Key, ...] = ()
    """Those tasks that may be dropped, the first to go first."""
    dropped: frozenset[Key] = frozenset()
    """The ids of tasks that had to go."""
    entries: tuple[Entry, ...] = ()
    counters: Counters = Counters()


class Full(Exception):
    """No room for another task, and none has ended."""


class Store(Protocol):
    """Keeps the tasks, the control and the journal, and changes them together."""

    def transact(self, key: Key | None, decide: Decide) -> Change:
        """Decides on the record of `key` and commits record, journal entry and spent faults in one atomic step.

        Without a key there is no record, only the entry. Full: the decision would add a task and there is no room.
        """

    def read(self, key: Key) -> Record | None:
        """The record of a task; DROPPED if it had to go, None if it never was."""

    def scan(self) -> Iterator[tuple[Key, Record]]:
        """Every task there was at the call."""

    def counts(self) -> Mapping[str, int]:
        """How many tasks there are of each vendor that has any. It costs the same however many there are."""

    def control(self, change: Callable[[Control], Control] | None = None) -> Control:
        """The control, after `change` if one is given."""

    def entries(
        self, after: int = 0, forget: Callable[[Entry], bool] | None = None
    ) -> tuple[tuple[Entry, ...], Counters]:
        """The journal's kept entries numbered above `after`, oldest first, and the counters that belong to them.

        `forget` first lets go of the entries, of any number, for which it holds.
        """

    def whole(self, change: Callable[[Whole], Whole] | None = None) -> Whole:
        """All that the store holds, after `change` if one is given, in one atomic step.

        A reset, a bundle and its loading need all of it at one moment: no poll may fall between two parts.
        Full: there is no room for so many tasks; nothing is changed then.
        """
