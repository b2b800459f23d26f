"""Tasks: listed, created, moved and dropped. Each move touches one task alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

from mock_server.control import moves
from mock_server.control.listing import Paging, page
from mock_server.control.refused import Kind, Refused
from mock_server.control.seen import polls_of, seen_of
from mock_server.control.shift import Shifts
from mock_server.control.task_view import TaskView, Wanted, view_of
from mock_server.emulator.commit import Instant, Ledger, earlier, moved, outbox_at_birth
from mock_server.emulator.evict import Evictor
from mock_server.engine.cursor import born
from mock_server.engine.draws import Draws
from mock_server.engine.owing import noted
from mock_server.engine.run import Run, birth, run_of
from mock_server.engine.scenario import Scenario
from mock_server.engine.task import MOST_SET, Key, given_text, new_task
from mock_server.errors import Problem, unknown_scenario, unknown_vendor
from mock_server.scenarios.library import Library
from mock_server.store.store import Change, Full
from mock_server.types import Json
from mock_server.vendors.registry import Registry

_EACH, _ALL = 48, 4_000
"""Exchanges that are looked at for what a client saw: of each task of a page, and of all of them together, whichever is
more."""

Move = Callable[[Run], Run]
"""The run after a person moved it. It may raise Refused."""


class Page(NamedTuple):
    """Some tasks. `looked` of all the `kept` ones were looked at; `next` is where the next page begins, None at the
    end.
    """

    views: tuple[TaskView, ...]
    looked: int
    kept: int
    next: str | None


class Tasks:
    """The tasks of one server. What a change returns is the task as it stood in that very transaction."""

    def __init__(
        self,
        ledger: Ledger,
        evictor: Evictor,
        registry: Registry,
        seed: int = 0,
        deliver_of: Callable[[Key, float], None] = lambda *_: None,
    ) -> None:
        """`deliver_of` is that of the shifts."""
        self._ledger = ledger
        self._evictor = evictor
        self._registry = registry
        self._seed = seed
        self._shifts = Shifts(ledger, deliver_of)

    def list(self, wanted: Wanted | None = None, most: int = 1_000) -> tuple[TaskView, ...]:
        """The wanted tasks, at most `most`, in the order of their births per vendor. Looking moves nothing."""
        return tuple([self._seen(run, _EACH) for run in islice(self._wanted(wanted or Wanted()), most)])

    def page(self, wanted: Wanted, paging: Paging) -> Page:
        """One page of the wanted tasks, each with what its client saw of it. Looking moves nothing.

        Refused: it begins at no place of its order.
        """
        runs, looked, kept, next = page(self._ledger, self._registry, wanted, paging)
        most = max(_EACH, _ALL // max(1, len(runs)))
        return Page(tuple([self._seen(run, most) for run in runs]), looked, kept, next)

    def read(self, key: Key) -> TaskView:
        """One task. Refused: there is none."""
        run = self._ledger.read(key)
        if run is None:
            raise _no_task(key)
        return self._seen(run, _ALL)

    def create(
        self,
        vendor: str,
        scenario: str,
        id: str | None = None,
        items: Sequence[Mapping[str, Json]] = (),
        notify: str = "",
    ) -> TaskView:
        """A new task, born now, that plays `scenario` whatever its id claims. Without an id it gets a vendor's own.

        Refused: no such vendor or scenario, the scenario does not serve the vendor, the id is taken, there is no room,
        the vendor notifies nobody and `notify` is an address.
        """
        self._playable(vendor, scenario, self._ledger.library())
        if notify and self._registry.dialect(vendor).terms is None:
            problem = Problem("$.notify_url", f"{vendor} notifies nobody", "leave notify_url out")
            raise Refused(Kind.INVALID, "the task cannot be created", [problem])
        key = Key(vendor, id if id is not None else self._new_id(vendor))
        given = given_text(items)

        def decide(run: Run | None, at: Instant) -> Change:
            if run is not None:
                raise Refused(Kind.CONFLICT, f"a task {key.id!r} exists already", hint="drop it, or choose another id")
            played = self._playable(vendor, scenario, at.library)
            outbox = outbox_at_birth(self._registry.dialect(vendor, played.options), {}, notify)
            task = new_task(played, self._seed, born(at.now), given=given, notify=notify, outbox=outbox)
            return moved(birth(at.library.played(task), key, task))

        try:
            return self._seen(self._evictor.with_room(lambda: self._ledger.move(key, decide)))
        except Full as full:
            what = f"{full}, and none is known to have ended"
            raise Refused(Kind.FULL, what, hint="raise --max-tasks, drop tasks or reset") from None

    def drop(self, wanted: Wanted) -> int:
        """Forgets the wanted tasks, as if they had never been; how many."""
        dropped = [run.key for run in self._wanted(wanted)]
        for key in dropped:
            self._ledger.transact(key, lambda *_: Change(drop=True))
        return len(dropped)

    def next(self, key: Key, to: str | None = None, item: int | None = None) -> TaskView:
        """Moves the task, or one of its items, along a transition of its step. Refused: as `moves.moved_on`."""
        return self._move(key, lambda run: moves.moved_on(run, to, item))

    def goto(self, key: Key, step: str, item: int | None = None) -> TaskView:
        """Moves the task, or one of its items, to a step, whatever leads there. Refused: as `moves.moved_to`."""
        return self._move(key, lambda run: moves.moved_to(run, step, item))

    def fail(self, key: Key, item: int | None = None, reason: str | None = None) -> TaskView:
        """Moves the task, or one of its items, to an end in which it failed. Refused: as `moves.failed`."""
        return self._move(key, lambda run: moves.failed(run, item, reason))

    def finish(self, key: Key) -> TaskView:
        """Moves the task to an end in which it succeeded. Refused: as `moves.finished`."""
        return self._move(key, moves.finished)

    def shift(self, key: Key, by: int) -> TaskView:
        """Makes `by` milliseconds pass for this task alone: its whole past lies that much further back.

        What it owes on the way is sent and settled, in order. Refused: its birth would lie before 1970, and dates in
        responses have an end.
        """
        run = self._ledger.read(key)
        if run is not None and run.task.born < by:
            raise Refused(Kind.INVALID, "a task cannot be born before 1970", hint="shift it by less")
        return self._seen(self._shifts.walk(key, by, lambda step: self._pass(key, step)))

    def _pass(self, key: Key, by: int) -> Run:
        """Makes `by` milliseconds pass for this task alone, and sends nothing."""

        def decide(run: Run | None, at: Instant) -> Change:
            held = _held(run, key)
            if held.task.born < by:
                raise Refused(Kind.INVALID, "a task cannot be born before 1970", hint="shift it by less")
            # What it owes by then tells the birth as it was shown until now.
            task = earlier(held.scenario, noted(held).run.task, by)
            return moved(run_of(held.scenario, key, task, at.now))

        return self._ledger.move(key, decide)

    def _move(self, key: Key, move: Move) -> TaskView:
        def decide(run: Run | None, _: Instant) -> Change:
            # What time did before the move is noted before it, since a move may take the task back.
            after = move(noted(_held(run, key)).run)
            if len(after.task.manual) > MOST_SET.value:
                what = f"moves and reasons of task {key.id!r} would take more than {MOST_SET.value} bytes"
                raise Refused(Kind.CONFLICT, what, hint="give shorter reasons, or move the task as a whole")
            return moved(after, by_hand=True)

        return self._seen(self._ledger.move(key, decide))

    def _wanted(self, wanted: Wanted) -> Iterator[Run]:
        """All of the wanted tasks."""
        return (run for run in self._ledger.scan(wanted.key_fits) if wanted.fits(run, self._registry))

    def _seen(self, run: Run, most: int = _ALL) -> TaskView:
        """A task with what its client saw, looked for in at most so many exchanges."""
        seen = seen_of(self._registry, run, lambda: polls_of(self._ledger.store, run, most))
        return view_of(run, self._registry)._replace(seen=seen)

    def _playable(self, vendor: str, name: str, library: Library) -> Scenario:
        if vendor not in self._registry:
            problem = unknown_vendor("$.vendor", vendor, self._registry.names)
            raise Refused(Kind.INVALID, "the task cannot be created", [problem])
        scenario = library.scenarios.get(name)
        if scenario is None:
            problem = unknown_scenario("$.scenario", name, library.scenarios)
            raise Refused(Kind.INVALID, "the task cannot be created", [problem])
        if vendor not in scenario.vendors:
            what = f"{name} does not serve {vendor}, only {', '.join(scenario.vendors)}"
            raise Refused(Kind.INVALID, "the task cannot be created", [Problem("$.scenario", what)])
        return scenario

    def _new_id(self, vendor: str) -> str:
        """An id in the vendor's form that no task has; the same on every run that creates the same tasks."""
        dialect = self._registry.dialect(vendor)
        while True:
            made = self._ledger.store.control(lambda control: control._replace(made=control.made + 1)).made
            id = dialect.new_id(Draws(self._seed, f"task {made}"))
            if not self._ledger.exists(Key(vendor, id)):
                return id


def _held(run: Run | None, key: Key) -> Run:
    if run is None:
        raise _no_task(key)
    return run


def _no_task(key: Key) -> Refused:
    hint = "a task is born at its first poll, or created"
    return Refused(Kind.NOT_FOUND, f"no {key.vendor} task {key.id!r}", hint=hint)
