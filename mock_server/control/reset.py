"""Back to what a fresh server has: all of it, or some scopes of it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal, get_args

from mock_server.assembly import Server
from mock_server.control.armed import ArmedFaults
from mock_server.control.refused import Kind, Refused
from mock_server.control.tasks import Tasks
from mock_server.engine import cursor as engine
from mock_server.engine.clock import Clock
from mock_server.engine.task import Record, unpack
from mock_server.errors import Problem, did_you_mean
from mock_server.faults.choose import Armed, shifted
from mock_server.journal.journal import Counters
from mock_server.scenarios.library import Library
from mock_server.store.store import Control, Whole

Scope = Literal["tasks", "faults", "journal", "clock", "scenarios", "coverage"]
SCOPES: tuple[Scope, ...] = get_args(Scope)


class Reset:
    """The resets of one server."""

    def __init__(self, server: Server, tasks: Tasks, faults: ArmedFaults) -> None:
        self._server = server
        self._tasks = tasks
        self._faults = faults

    def reset(self, only: Collection[str] = SCOPES) -> None:
        """Gives these scopes, in one atomic step, what a fresh server has. Refused: there is no such scope.

        The clock goes back together with all tasks: those that stay are as old as they were.
        """
        problems = [
            Problem("$.only", f"{scope!r} cannot be reset", did_you_mean(scope, SCOPES))
            for scope in only
            if scope not in SCOPES
        ]
        if problems:
            raise Refused(Kind.INVALID, "expected scopes to reset", problems)
        if "scenarios" in only:
            # Before the tasks, so that no task is born to an upload after it.
            self._server.catalogue.clear_uploads()
        self._server.store.whole(lambda held: self._fresh(held, only))
        if "tasks" in only:
            self._tasks.forget_minted()
        if "faults" in only:
            self._faults.forget_numbers()

    def _fresh(self, held: Whole, only: Collection[str]) -> Whole:
        if "tasks" in only:
            held = held._replace(tasks=(), ended=(), dropped=frozenset())
        if "faults" in only:
            held = held._replace(control=held.control._replace(armed=self._server.armed))
        if "clock" in only:
            held = self._clock_reset(held, keep_armed="faults" not in only)
        return held._replace(
            entries=() if "journal" in only else held.entries,
            counters=_counters(held.counters, only),
        )

    def _clock_reset(self, held: Whole, *, keep_armed: bool) -> Whole:
        real = self._server.real()
        clock = Clock.starting(real, self._server.settings.speed)
        back = held.control.clock.now(real) - clock.now(real)
        library = self._server.catalogue.library
        armed = tuple(_earlier(fault, back) for fault in held.control.armed) if keep_armed else held.control.armed
        tasks = tuple((key, _moved(library, record, back)) for key, record in held.tasks)
        return held._replace(control=Control(clock, armed), tasks=tasks)


def _earlier(fault: Armed, by: int) -> Armed:
    return fault if fault.until is None else fault._replace(until=fault.until - by)


def _moved(library: Library, record: Record, by: int) -> Record:
    task = unpack(record)
    scenario = library.versions[task.scenario]
    rates = [scenario.faults[k].when.rate for k in scenario.rates]
    moments = shifted([rate for rate in rates if rate is not None], task.moments, by)
    return task.at(engine.shift(task.cursor, by), moments).pack()


def _counters(counters: Counters, only: Collection[str]) -> Counters:
    if "journal" in only:
        counters = Counters(seen=counters.seen, crossed=counters.crossed)
    return counters._replace(seen={}, crossed={}) if "coverage" in only else counters
