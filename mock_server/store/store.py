"""The verbs of a store, and the values that pass through them.

A store keeps opaque records, the control and the journal, and changes them together. It knows nothing of scenarios:
what a record means, and what a clock set back means for it, is known to whoever reads it (`emulator.commit`). So one
store can be this process's memory, and another a server that many processes share.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence, Set
from typing import NamedTuple, Protocol

from mock_server.engine.clock import Clock
from mock_server.engine.cursor import Crossing
from mock_server.engine.rules import SubmitRules
from mock_server.engine.task import Key, Record
from mock_server.faults.armed import ArmedFaults
from mock_server.journal.journal import Counters, Entry, ItemCounts, Kept
from mock_server.journal.moves import Move
from mock_server.store.look import Glance, Look, Place

DROPPED: Record = ()
"""What a store gives for a task it had to drop, as long as it remembers that: no task is silently born again there."""

NOTHING_ARMED = ArmedFaults()


class Control(NamedTuple):
    """What all tasks share: the virtual clock, the armed faults, and the rules of what submits play.

    `offset` is how far the times in records are ahead of the clock, in milliseconds. Resetting the clock moves it, in
    place of rewriting every record: the tasks stay as old as they were. `unmatched` counts the requests that a vendor
    answered and that met no task, peeks aside; `made` counts the ids made for tasks that are created without
    one, taken ones included. Both begin anew with the tasks. `uploads` says which scenarios all servers that share the
    store have uploaded, in the words of `scenarios.sharing`; "" where none were, and where nobody shares it.
    """

    clock: Clock
    armed: ArmedFaults = NOTHING_ARMED
    offset: int = 0
    unmatched: int = 0
    made: int = 0
    rules: SubmitRules = SubmitRules()
    uploads: str = ""

    def spend(self, numbers: tuple[int, ...]) -> Control:
        """This control after one use of each of these armed faults. A fault that is used up is removed."""
        return self._replace(armed=self.armed.spent(numbers))

    def reset(self, scopes: Collection[str], fresh: Control) -> Control:
        """This control with these scopes as a fresh one has them.

        Where the clock starts anew, what stays is as far away from it as it was from the old one.
        """
        clock, armed, offset, unmatched, made, rules, uploads = self
        if "clock" in scopes:
            clock = fresh.clock
            back = self.clock.now(clock.real) - clock.now(clock.real)
            struck = {each.number: armed.struck(each.number) for each in armed}
            armed = ArmedFaults((each.earlier(back) for each in armed), armed.last, struck)
            rules = rules._replace(rules=tuple([rule.earlier(back) for rule in rules.rules]))
            offset += back
        if "tasks" in scopes:
            offset = unmatched = made = 0
        if "rules" in scopes:
            rules = fresh.rules
        armed = fresh.armed if "faults" in scopes else armed
        return Control(clock, armed, offset, unmatched, made, rules, uploads)


class Change(NamedTuple):
    """What a decision asks the store to do, all of it or nothing. The response, if there is one, is the entry's.

    `record` None leaves the task as it is. `ended`: polls and time will not change it any more, so that it may be
    dropped when the store is full. `drop` forgets the task, and that it had to go if it had: a later poll may give
    birth to it. `crossed` are changes of step that no entry tells, each with the scenario's version. `wake` is the time
    (in the record's terms) at which the task wants attention, None if it never does. `unmatched`: a vendor answers a
    request that met no task, which the control counts. `by_hand`: a person made the last change of step. `items` is
    what coverage counts of items with steps of their own. `rule` is the number of the rule that decided a
    submit, else 0. `born` is when the task was born, as the clock shows it.
    """

    entry: Entry | None = None
    record: Record | None = None
    spent: tuple[int, ...] = ()
    ended: bool = False
    drop: bool = False
    crossed: tuple[tuple[str, Crossing], ...] = ()
    wake: int | None = None
    unmatched: bool = False
    by_hand: bool = False
    items: ItemCounts | None = None
    rule: int = 0
    born: int | None = None


Decide = Callable[[Record | None, Control], Change]
"""A pure function of what is stored: the store may call it again when another change came between."""


class Whole(NamedTuple):
    """All that a store holds, at one moment."""

    control: Control
    tasks: tuple[tuple[Key, Record], ...] = ()
    ended: tuple[Key, ...] = ()
    """Those tasks that may be dropped, the first to go first."""
    dropped: tuple[Key, ...] = ()
    """The ids of tasks that had to go and are remembered, the oldest first."""
    entries: tuple[Entry, ...] = ()
    counters: Counters = Counters()
    wakes: tuple[tuple[int, Key], ...] = ()
    """When tasks want attention, soonest first."""
    moves: tuple[Move, ...] = ()
    """The kept changes of step that no entry tells, oldest first."""


class Full(Exception):
    """No room for another task, and no task is marked as ended."""


class Away(Exception):
    """The store cannot be reached, or nobody knows whether it did what it was asked to do.

    Nothing is to be concluded from it: what was asked may have been committed. The text says what failed, and never
    holds a password. A store that is part of the process never raises it.
    """


class Texts(Protocol):
    """The texts of scenarios beside a shared store, by version. A version's text never changes."""

    def versions(self) -> Set[str]:
        """Those that are there."""

    def put(self, texts: Mapping[str, bytes]) -> None:
        """Adds these."""

    def get(self, versions: Collection[str]) -> Mapping[str, bytes]:
        """Those of these that are there."""

    def remove(self, versions: Collection[str]) -> None:
        """Removes these."""


class Store(Protocol):
    """Keeps the tasks, the control and the journal, and changes them together. Any thread may call it."""

    @property
    def generation(self) -> int:
        """How often its tasks or its clock began anew, by a reset or a replacement. A change of control may ask too."""

    def transact(self, key: Key | None, decide: Decide) -> Change:
        """Decides on the record of `key` and commits record, journal entry and spent faults in one atomic step.

        Without a key there is no record, only the entry. Full: the decision would add a task and there is no room.
        """

    def read(self, key: Key) -> Record | None:
        """The record of a task; DROPPED if it had to go and that is remembered; else None."""

    def scan(self) -> Iterator[tuple[Key, Record]]:
        """Every task there was at the call and that stays, each as it was then or has become since."""

    def look(self, place: Place, most: int, vendor: str | None = None) -> Look:
        """At most `most` tasks from a place on, and where the next look goes on. `vendor`: only its tasks.

        A look copies no more than its rows. Tasks that are born, dropped or polled between two looks may be missed or
        come twice; all others come once.
        """

    def is_ended(self, key: Key) -> bool:
        """Whether a task is there and is over, so that it may be dropped to make room."""

    def glance(self) -> Glance:
        """A few exact figures, at no cost."""

    def history(self, key: Key, most: int, before: int = 0) -> tuple[Entry, ...]:
        """The newest kept exchanges that name a task, newest first; `before`: only those with a lower number."""

    def moves(self, key: Key) -> tuple[Move, ...]:
        """The kept changes of step of a task that no exchange tells, newest first."""

    def counts(self) -> Mapping[str, int]:
        """How many tasks there are of each vendor that has any. It costs the same however many there are."""

    def control(self, change: Callable[[Control], Control] | None = None) -> Control:
        """The control, after `change` if one is given."""

    def entries(
        self, after: int = 0, forget: Callable[[Entry], bool] | None = None
    ) -> tuple[tuple[Entry, ...], Counters]:
        """The journal's kept entries numbered above `after`, oldest first, and the counters that belong to them.

        `forget` first removes the entries, of any number, for which it holds.
        """

    def news(self) -> object:
        """What is another value than before once the journal may have grown or begun anew. It costs nothing.

        A value that was taken before the journal was read tells of all that came since.
        """

    def newest(self, before: int | None = None) -> Iterator[Kept]:
        """The journal's kept entries with their numbers, newest first; `before`: only those with a lower number.

        They are read bit by bit, as they are asked for, from the journal that there is at the call.
        """

    def polls_before(self, numbers: Sequence[int]) -> Mapping[int, Entry]:
        """The poll before each of these exchanges of a task, by the exchange's number, where it is kept."""

    def counters(self, *, coverage: bool = True) -> Counters:
        """The journal's exact counts, without its entries; `coverage`: with what polls saw and what was crossed."""

    stir: Callable[[], None]
    """What is called when a task wants to be woken at another time, or the clock changes.

    It must not wait, for nobody else may use the store meanwhile."""

    def due(self, to: int, most: int | None = None) -> tuple[tuple[int, Key], ...]:
        """The tasks whose wake is at `to` or before, soonest first, at most `most`. All times are the clock's here.

        It costs what these tasks cost, however many others there are.
        """

    def under_way(self) -> tuple[Key, ...]:
        """The tasks of which an attempt to notify is under way."""

    def is_settled(self, to: int) -> bool:
        """Whether, at one moment, no attempt is under way and no task wants to be woken at `to` or before.

        An attempt begins and ends in a transaction, so it is never between the two.
        """

    def next_due(self) -> int | None:
        """The soonest wake, as the clock shows it; None if no task wants to be woken."""

    def reset(self, scopes: Collection[str], fresh: Control) -> None:
        """Gives these scopes what a fresh store has, in one atomic step; `fresh` is the control of such a store.

        With `clock` and without `tasks`, the tasks and the armed faults that stay are as old as they were.
        """

    def export(self) -> Whole:
        """All that the store holds, at one moment: no poll falls between two parts."""

    def replace(self, whole: Whole) -> None:
        """Takes this in place of all that the store holds, in one atomic step.

        Full: there is no room for so many tasks; nothing is changed then.
        """
