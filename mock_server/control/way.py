"""The way of a task: its birth and its changes of step, each with who made it, as far as the journal keeps them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from mock_server.api.words import MadeBy
from mock_server.control.seen import polls_of
from mock_server.emulator.commit import Ledger
from mock_server.engine.cursor import BIRTH, Crossing
from mock_server.engine.run import Run
from mock_server.journal.journal import Entry

_DEEP = 4_000
"""Exchanges that are looked at."""


class Crossed(NamedTuple):
    """A change of step on the way of a task, and who made it."""

    crossing: Crossing
    by: MadeBy


def way_of(ledger: Ledger, run: Run, polls: Iterable[Entry] | None = None) -> tuple[Crossed, ...]:
    """The changes of step of a task as far as they are kept, oldest first, and its birth.

    `polls` are its kept ones, if somebody has read them already.

    Their times are those of the task as it is now: what a shift or a reset of the clock moved is moved here too.
    """
    found: list[tuple[float, int, Crossed]] = []
    for entry in polls_of(ledger.store, run, _DEEP) if polls is None else polls:
        if entry.crossed:  # few do
            found += [(entry.number, k, crossed) for k, crossed in enumerate(_of_poll(entry, run))]
    for move in ledger.store.moves(run.key):
        if move.by != "birth" and move.scenario == run.scenario.version:
            # It came after that exchange, and before the next one.
            crossing = _moved(run, move.crossing, move.born)
            found.append((move.after + 0.5, move.number, Crossed(crossing, move.by)))
    found.sort(key=lambda each: each[:2])
    born = Crossed(Crossing(BIRTH, 0, run.cursor.born), "birth")
    hops = run.cursor.hops - len(run.crossed)  # a task of this id that was dropped may have left others
    by_time = [Crossed(crossing, "time") for crossing in run.crossed if crossing.origin != BIRTH]
    return (born, *[crossed for _, _, crossed in found][max(0, len(found) - hops) :], *by_time)


def _of_poll(entry: Entry, run: Run) -> Iterator[Crossed]:
    """What a poll tells: what time did before it, and what it did itself, which leads out of the step that it saw."""
    last = len(entry.crossed) - 1
    saw = run.scenario.step_named(entry.step or "")
    for k, crossing in enumerate(entry.crossed):
        by_poll = k == last and crossing.origin == saw and crossing.at >= entry.virtual
        yield Crossed(_moved(run, crossing, entry.born), "poll" if by_poll else "time")


def as_now(run: Run, at: int, born: int | None) -> int:
    """A moment in the life of a task, on the clock as it is now.

    `born` is when the task was born, as the clock showed that at the moment `at`; None where that is not known.
    """
    return at if born is None else at + run.cursor.born - born


def _moved(run: Run, crossing: Crossing, born: int | None) -> Crossing:
    return crossing._replace(at=as_now(run, crossing.at, born))
