"""Stage 3, commit: a decision made on a task as it stands, and its effects, in one transaction of the store.

The ledger alone reads the clock and the library inside a transaction. So each decision is a pure function of a run and
an instant: the store may call it again when another change came between, and a test may call it without a store.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from mock_server.emulator.given import Given
from mock_server.engine.cursor import BIRTH, Cursor, born, shift
from mock_server.engine.outbox import Outbox, Who, outbox_of
from mock_server.engine.outbox import shifted as outbox_shifted
from mock_server.engine.owing import Noted, noted
from mock_server.engine.run import Run, birth, run_of, stood
from mock_server.engine.scenario import Scenario
from mock_server.engine.task import Key, Record, Task, has_address, new_task, unpack, version_of
from mock_server.faults.armed import Armed
from mock_server.faults.choose import shifted
from mock_server.journal.actions import Actions
from mock_server.journal.journal import Counters, Entry, ItemCounts
from mock_server.scenarios.catalogue.catalogue import Catalogue
from mock_server.scenarios.library import Library
from mock_server.store.look import Place
from mock_server.store.store import DROPPED, Change, Control, Store
from mock_server.types import Json
from mock_server.vendors.dialect import Dialect


class Instant(NamedTuple):
    """What a decision may know besides the task: all of it is read once, inside the transaction.

    `real` and `now` are the machine's time and the virtual one, in milliseconds. `dropped`: the task was there and had
    to go.
    """

    real: int
    now: int
    control: Control
    library: Library
    dropped: bool = False


Decide = Callable[[Run | None, Instant], Change]
"""What is to become of a task, None where there is none. Its records hold virtual times as the clock shows them."""


Wanted = Callable[[Key, Record, Scenario, int], bool]
"""Whether a look wants a task: by its record and scenario, and the virtual time in the record's terms."""


class Ledger:
    """The tasks of one server as runs: the store, the scenarios in force and the machine's time, put together.

    Records may be ahead of the clock (`Control.offset`); whoever is above the ledger never sees that.
    """

    def __init__(
        self,
        store: Store,
        library: Callable[[], Library],
        real: Callable[[], int],
        actions: Actions | None = None,
        catalogue: Catalogue | None = None,
    ) -> None:
        """`actions` remember the armed faults that were used up, and those whose time was over.

        `catalogue`: the library is that of several servers, and is to be asked for whatever a control and a task need.
        """
        self.catalogue = catalogue
        self.store = store
        self.library = library
        self.real = real
        self.given = Given()
        """What the tasks were created with, as polls found it."""
        self._actions = actions

    def now(self) -> int:
        """The virtual time, in milliseconds."""
        return self.store.control().clock.now(self.real())

    def read(self, key: Key) -> Run | None:
        """A task as it stands now, None where there is none. Reading moves nothing."""
        at = self._instant(self.store.control())
        record = self.store.read(key)
        return self._look(at, key, record) if record else None

    def exists(self, key: Key) -> bool:
        """Whether there is a task of this key, or was one that had to be dropped."""
        return self.store.read(key) is not None

    def scan(self, wanted: Callable[[Key], bool] = lambda _: True) -> Iterator[Run]:
        """Every task there is, as it stands now; `wanted` leaves out by key, before a run is made."""
        return self.standing((key, record) for key, record in self.store.scan() if wanted(key))

    def standing(self, records: Iterable[tuple[Key, Record]]) -> Iterator[Run]:
        """These tasks as they stand now, all at the same moment."""
        at = self._instant(self.store.control())
        runs = (self._look(at, key, record) for key, record in records)
        return (run for run in runs if run is not None)

    def look(
        self, place: Place, most: int, vendor: str | None, wanted: Wanted
    ) -> tuple[list[tuple[Run | None, Place]], Place | None]:
        """At most `most` tasks from a place on, as `Store.look`, and where the next look goes on.

        Each comes with the place after it. None and any place stand for one that is not `wanted`: no run is made of it.
        """
        look = self.store.look(place, most, vendor)
        at = self._instant(self.store.control())
        versions, now = at.library.versions, at.now + at.control.offset
        found: list[tuple[Run | None, Place]] = []
        for row in look.rows:
            key, record, _, _ = row
            scenario = versions.get(version_of(record))
            if scenario is not None and has_address(record):
                scenario = at.library.paced(scenario)
            if scenario is not None and not wanted(key, record, scenario, now):
                found.append((None, place))
            else:
                found.append((self._look(at, key, record), look.after(row)))
        return found, look.next

    def simulate(self, key: Key) -> tuple[Run | None, Instant]:
        """A task and what a decision may know besides it, of one moment. Nothing is changed."""
        seen: list[tuple[Run | None, Instant]] = []

        def decide(run: Run | None, at: Instant) -> Change:
            seen[:] = [(run, at)]
            return Change()

        self.transact(key, decide)
        return seen[0]

    def transact(self, key: Key | None, decide: Decide) -> Change:
        """Decides on the task of `key`, and commits what is decided. Full: as `Store.transact`.

        Armed faults whose time is over go with the first change of a task that comes after it.
        """
        over = False
        used: tuple[Armed, ...] = ()

        def commit(record: Record | None, control: Control) -> Change:
            nonlocal over, used
            over, used = False, ()  # of an earlier try nothing holds
            real = self.real()
            # Past the constructor, which would be one more call for every poll.
            if self.catalogue is None:
                library = self.library()
            else:
                library = self.catalogue.library_for(control.uploads, version_of(record) if record else None)
            at = tuple.__new__(Instant, (real, control.clock.now(real), control, library, record == DROPPED))
            change = decide(self._run(at, key, record) if record and key is not None else None, at)
            if control.armed and change.record is not None and control.armed.soonest <= at.now:
                over = True
            if change.spent:
                used = control.armed.last_uses(change.spent)
            return _stored(change, at) if control.offset and change.record else change

        change = self.store.transact(key, commit)
        if used:
            self._note("used-up", used)
        if over:
            self.expire()
        return change

    def expire(self) -> Control:
        """Lets the armed faults go whose time is over; the control after it."""
        real = self.real()
        gone: list[Armed] = []

        def let_go(control: Control) -> Control:
            now = control.clock.now(real)
            gone[:] = [] if now < control.armed.soonest else [each for each in control.armed if not each.lasts(now)]
            return control._replace(armed=control.armed.lasting(now)) if gone else control

        control = self.store.control(let_go)
        self._note("over", gone)
        return control

    def _note(self, what: str, faults: Iterable[Armed]) -> None:
        if self._actions is not None:
            for fault in faults:
                at = fault.until if what == "over" else None  # it is noticed later, by the next poll
                self._actions.add(what, f"#{fault.number}", vendor=fault.vendor, id=fault.id, at=at)

    def move(self, key: Key, decide: Decide) -> Run:
        """As `transact`, for a decision that writes a record: the task as it stands after it, at the same instant."""
        after: list[Run] = []

        def decide_and_keep(run: Run | None, at: Instant) -> Change:
            change = decide(run, at)
            assert change.record, "a move writes a record"
            task = unpack(change.record)
            after[:] = [run_of(at.library.played(task), key, task, at.now)]
            return change

        self.transact(key, decide_and_keep)
        return after[0]

    def counters(self) -> Counters:
        """The journal's exact counts."""
        return self.store.counters()

    def _instant(self, control: Control) -> Instant:
        real = self.real()
        catalogue = self.catalogue
        library = self.library() if catalogue is None else catalogue.library_for(control.uploads)
        return Instant(real, control.clock.now(real), control, library)

    def _look(self, at: Instant, key: Key, record: Record) -> Run | None:
        """A task outside a transaction. None: it went meanwhile, and its version with it."""
        if version_of(record) in at.library.versions:
            return self._run(at, key, record)
        # A task that was born meanwhile may hold a version that an earlier library does not know.
        version = version_of(record)
        catalogue = self.catalogue
        library = self.library() if catalogue is None else catalogue.library_for(at.control.uploads, version)
        later = at._replace(library=library)
        return self._run(later, key, record) if version_of(record) in later.library.versions else None

    def _run(self, at: Instant, key: Key, record: Record) -> Run:
        task = unpack(record)
        # Every poll does this: past `played`, which is one more call, where it changes nothing.
        scenario = at.library.played(task) if task.notify else at.library.versions[task.scenario]
        if at.control.offset:
            task = earlier(scenario, task, at.control.offset)
        return run_of(scenario, key, task, at.now, self.given.items(task) if task.given else ())


def moved(
    run: Run,
    cursor: Cursor | None = None,
    buckets: tuple[int, ...] | None = None,
    *,
    ended: bool | None = None,
    entry: Entry | None = None,
    spent: tuple[int, ...] = (),
    by_hand: bool = False,
) -> Change:
    """What it means that a task stands where `run` does, or at `cursor` if it went on from there: the one place.

    `ended` None: the task is over if the run is; one that still owes a notification never is. Crossings are counted by
    the entry, if there is one, but for a birth, which no entry tells. `by_hand`: a person made the last one.
    """
    place = run.cursor if cursor is None else cursor
    over = run.ended if ended is None else ended
    wake = None
    if run.task.notify:
        run, box = owing = noted(run, cursor)
        over, wake = over and not box.owed, owing.wake(place)
    scenario, task, crossed = run.scenario, run.task, run.crossed
    if entry is not None and crossed:
        crossed = tuple([crossing for crossing in crossed if crossing.origin == BIRTH])
    kept = task.buckets if buckets is None else buckets
    items = None
    if scenario.by_items:
        items, until = _counted(run, place, polled=entry is not None)
        record = task.pack_at(place, kept, until)
    else:
        record = task.pack_at(place, kept)
    counted = tuple([(scenario.version, crossing) for crossing in crossed]) if crossed else ()
    return tuple.__new__(
        Change, (entry, record, spent, over, False, counted, wake, False, by_hand, items, 0, place.born)
    )


def _counted(run: Run, place: Cursor, *, polled: bool) -> tuple[ItemCounts | None, int]:
    """What coverage counts of items with steps of their own, and up to which moment it is counted then."""
    # Only a scenario's own items have steps: those of a vendor that has none are submitted ones.
    scripts = run.scenario.scripts_of.get(run.key.vendor, ())
    changes = run.item_changes(place)
    seen: set[str] = set()
    if polled and not run.expired:
        seen = {script.names[k] for script, k in zip(scripts, run.walked.numbers, strict=False) if script is not None}
    crossed = []
    for item, origin, to in changes.crossed:
        script = scripts[item]
        assert script is not None, "only an item that has steps changes them"
        crossed.append((origin if origin == BIRTH else script.first + origin, script.first + to))
    if not seen and not crossed:
        return None, changes.until
    return ItemCounts(run.scenario.version, seen, crossed), changes.until


def outbox_at_birth(dialect: Dialect, facts: Mapping[str, Json], address: str) -> str:
    """The outbox of a new task with these facts and this address."""
    if not address:
        return ""
    who: Who = "nobody" if dialect.terms is None else "each" if dialect.tells_items(facts) else "whole"
    return Outbox(who).text()


def wake_of(library: Library, key: Key, task: Task, now: int) -> int | None:
    """When a stored task wants to be woken, as it was when it was stored. None: never."""
    run = run_of(library.played(task), key, task, now)
    if not run.scenario.by_items:
        return Noted(stood(run, task.cursor), outbox_of(task.outbox)).wake()
    # Nothing is stored of where its items were looked at: what they came to owe since is noted at once.
    whole = noted(run)
    if whole.run.task is task:
        return whole.wake()
    owed = outbox_of(task.outbox).next_due
    return now if owed is None else min(now, owed)


def new_run(scenario: Scenario, key: Key, seed: int, now: int) -> Run:
    """A task that is born now and plays a scenario."""
    return birth(scenario, key, new_task(scenario, seed, born(now)))


def earlier(scenario: Scenario, task: Task, by: int) -> Task:
    """The task with its whole past `by` milliseconds further back (or, if `by` is negative, less far)."""
    rates = [scenario.faults[k].when.rate for k in scenario.rates]
    buckets = shifted([rate for rate in rates if rate is not None], task.buckets, by)
    moved = task.at(shift(task.cursor, by), buckets)
    return moved._replace(outbox=outbox_shifted(task.outbox, by)) if task.outbox else moved


def _stored(change: Change, at: Instant) -> Change:
    """The change with the times of records, which are ahead of the clock."""
    offset = at.control.offset
    task = unpack(change.record or ())
    record = earlier(at.library.played(task), task, -offset).pack()
    return change._replace(record=record, wake=None if change.wake is None else change.wake + offset)
