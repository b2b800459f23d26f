"""The tasks in a hand: listed, created, moved and dropped; each move touches one task alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence

from mock_server.control.refused import Kind, Refused
from mock_server.control.task_view import TaskView, Wanted, view_of
from mock_server.emulator.decide import birth
from mock_server.engine import cursor as engine
from mock_server.engine.cursor import BIRTH, Crossing, Cursor
from mock_server.engine.draws import Draws
from mock_server.engine.scenario import Scenario
from mock_server.engine.task import Key, Record, Task, unpack
from mock_server.errors import Problem, did_you_mean, unknown_scenario, unknown_vendor
from mock_server.faults.choose import shifted
from mock_server.scenarios.library import Library
from mock_server.store.store import Change, Control, Full, Store
from mock_server.types import Json
from mock_server.vendors.registry import Registry

Move = Callable[[Scenario, Cursor], int]
"""Which step a hand moves a task to that stands at this cursor. It may raise Refused."""


class Tasks:
    """The tasks of one server."""

    def __init__(
        self,
        store: Store,
        library: Callable[[], Library],
        registry: Registry,
        real: Callable[[], int],
        seed: int = 0,
    ) -> None:
        self._store = store
        self._library = library
        self._registry = registry
        self._real = real
        self._seed = seed
        self._created = 0

    def list(self, wanted: Wanted | None = None, most: int = 1_000) -> tuple[TaskView, ...]:
        """The wanted tasks, at most `most`, in the order of their births per vendor. Looking moves nothing."""
        wanted = wanted or Wanted()
        now = self._now()
        found = []
        for key, record in self._store.scan():
            if wanted.key_fits(key):
                view = view_of(self._library(), self._registry, key, unpack(record), now)
                if wanted.fits(view):
                    found.append(view)
                    if len(found) == most:
                        break
        return tuple(found)

    def read(self, key: Key) -> TaskView:
        """One task. Refused: there is none."""
        record = self._store.read(key)
        if not record:
            raise _no_task(key)
        return view_of(self._library(), self._registry, key, unpack(record), self._now())

    def create(
        self,
        vendor: str,
        scenario: str,
        id: str | None = None,
        items: Sequence[Mapping[str, Json]] = (),
        notify: str = "",
    ) -> TaskView:
        """A new task, born now, that plays `scenario` whatever its id claims. Without an id it gets a vendor's own.

        Refused: no such vendor or scenario, the scenario does not serve the vendor, the id is taken, there is no room.
        """
        played = self._playable(vendor, scenario)
        key = Key(vendor, id if id is not None else self._minted(vendor))

        def decide(record: Record | None, control: Control) -> Change:
            if record:
                raise Refused(Kind.CONFLICT, f"a task {key.id!r} exists already", hint="drop it, or choose another id")
            task = birth(played, self._seed, control.clock.now(self._real()))
            given = json.dumps(list(items)) if items else ""
            crossed = ((played.version, Crossing(BIRTH, 0, task.born)),)
            return Change(record=task._replace(given=given, notify=notify).pack(), crossed=crossed)

        try:
            self._store.transact(key, decide)
        except Full:
            raise Refused(Kind.FULL, "there is no room for another task", hint="raise --max-tasks, or reset") from None
        return self.read(key)

    def drop(self, wanted: Wanted) -> int:
        """Forgets the wanted tasks, as if they had never been; how many."""
        dropped = [Key(view.vendor, view.id) for view in self.list(wanted, most=10**9)]
        for key in dropped:
            self._store.transact(key, lambda *_: Change(drop=True))
        return len(dropped)

    def forget_minted(self) -> None:
        """Mints the same ids anew, as a fresh server would."""
        self._created = 0

    def next(self, key: Key, to: str | None = None) -> TaskView:
        """Moves the task along an edge of its step. Refused: no way out, more than one and none chosen, no such way."""

        def move(scenario: Scenario, cursor: Cursor) -> int:
            names = {scenario.steps[edge.to].name: edge.to for edge in scenario.ways_from(cursor.step)}
            here = scenario.steps[cursor.step].name
            if not names:
                raise Refused(Kind.CONFLICT, f'no way leads out of step "{here}"', hint="goto names any step")
            if to is None and len(names) > 1:
                raise Refused(Kind.CONFLICT, f'from step "{here}" lead {", ".join(names)}', hint="say which, as `to`")
            chosen = to if to is not None else next(iter(names))
            if chosen not in names:
                hint = did_you_mean(chosen, names)
                raise Refused(Kind.CONFLICT, f'no way leads from step "{here}" to "{chosen}"', hint=hint)
            return names[chosen]

        return self._move(key, move)

    def goto(self, key: Key, step: str) -> TaskView:
        """Moves the task to a step, whatever leads there. Refused: the scenario has no such step."""

        def move(scenario: Scenario, _: Cursor) -> int:
            to = scenario.step_named(step)
            if to is None:
                names = [each.name for each in scenario.steps]
                raise Refused(Kind.INVALID, f'{scenario.name} has no step "{step}"', hint=did_you_mean(step, names))
            return to

        return self._move(key, move)

    def shift(self, key: Key, by: int) -> TaskView:
        """Makes `by` milliseconds pass for this task alone: its whole past lies that much further back.

        Refused: its birth would lie before 1970, and dates in responses have an end.
        """

        def decide(record: Record | None, control: Control) -> Change:
            task, scenario = self._held(key, record)
            if task.born < by:
                raise Refused(Kind.INVALID, "a task cannot be born before 1970", hint="shift it by less")
            now = control.clock.now(self._real())
            rates = [scenario.faults[k].when.rate for k in scenario.rates]
            moments = shifted([rate for rate in rates if rate is not None], task.moments, by)
            draws = task.draws(key.id)
            cursor, crossed = engine.advance(scenario, draws, engine.shift(task.cursor, by), now)
            return self._changed(key, scenario, task.at(cursor, moments), now, crossed)

        self._store.transact(key, decide)
        return self.read(key)

    def _move(self, key: Key, move: Move) -> TaskView:
        def decide(record: Record | None, control: Control) -> Change:
            task, scenario = self._held(key, record)
            now = control.clock.now(self._real())
            draws = task.draws(key.id)
            cursor, crossed = engine.advance(scenario, draws, task.cursor, now)
            moved, crossing = engine.hop(cursor, move(scenario, cursor), max(now, cursor.since))
            return self._changed(key, scenario, task.at(moved, task.moments), now, (*crossed, crossing))

        self._store.transact(key, decide)
        return self.read(key)

    def _changed(self, key: Key, scenario: Scenario, task: Task, now: int, crossed: tuple[Crossing, ...]) -> Change:
        items = scenario.items_of(key.vendor, task.items())
        over = engine.ended(scenario, items, task.draws(key.id), task.cursor, now)
        told = tuple((scenario.version, crossing) for crossing in crossed)
        return Change(record=task.pack(), ended=over, crossed=told)

    def _held(self, key: Key, record: Record | None) -> tuple[Task, Scenario]:
        if not record:
            raise _no_task(key)
        task = unpack(record)
        return task, self._library().versions[task.scenario]

    def _playable(self, vendor: str, name: str) -> Scenario:
        if vendor not in self._registry:
            problem = unknown_vendor("$.vendor", vendor, self._registry.names)
            raise Refused(Kind.INVALID, "the task cannot be created", [problem])
        scenario = self._library().scenarios.get(name)
        if scenario is None:
            problem = unknown_scenario("$.scenario", name, self._library().scenarios)
            raise Refused(Kind.INVALID, "the task cannot be created", [problem])
        if vendor not in scenario.vendors:
            what = f"{name} does not serve {vendor}, only {', '.join(scenario.vendors)}"
            raise Refused(Kind.INVALID, "the task cannot be created", [Problem("$.scenario", what)])
        return scenario

    def _minted(self, vendor: str) -> str:
        """An id in the vendor's form that no task has; the same on every run that creates the same tasks."""
        dialect = self._registry.dialect(vendor)
        while True:
            self._created += 1
            id = dialect.new_id(Draws(self._seed, f"task {self._created}"))
            if self._store.read(Key(vendor, id)) is None:
                return id

    def _now(self) -> int:
        return self._store.control().clock.now(self._real())


def _no_task(key: Key) -> Refused:
    hint = "a task is born at its first poll, or created"
    return Refused(Kind.NOT_FOUND, f"no {key.vendor} task {key.id!r}", hint=hint)
