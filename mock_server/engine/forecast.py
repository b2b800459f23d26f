"""What time alone will do with a task: its draws are known, so its future is, as long as nobody polls or moves it."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import merge
from itertools import pairwise, takewhile
from typing import Literal, NamedTuple

from mock_server.engine.cursor import advance, due
from mock_server.engine.run import Run
from mock_server.engine.scenario import EXPIRED


class Coming(NamedTuple):
    """Something that time will do, at the virtual moment `at`: the task, or one of its `item`s, enters the step `to`,
    or the vendor forgets the task.
    """

    at: int
    what: Literal["step", "item", "expiry"]
    to: str
    item: int | None = None


def forecast(run: Run) -> Iterator[Coming]:
    """All that is to come, soonest first, up to the moment at which the vendor forgets the task. It has an end.

    What is due at that moment itself is told before it.
    """
    if run.expired:
        return
    expires = run.scenario.expires
    until = None if expires is None else run.cursor.born + expires
    yield from takewhile(lambda each: until is None or each.at <= until, merge(_steps(run), _items(run)))
    if until is not None:
        yield Coming(until, "expiry", EXPIRED)


def _steps(run: Run) -> Iterator[Coming]:
    scenario, cursor = run.scenario, run.cursor
    while (end := due(scenario, run.draws, cursor)) is not None:
        cursor, crossed = advance(scenario, run.draws, cursor, end)
        for crossing in crossed:
            yield Coming(crossing.at, "step", scenario.steps[crossing.to].name)


def _items(run: Run) -> Iterator[Coming]:
    if not run.scenario.by_items:
        return iter(())
    return merge(*[_item(run, k) for k in range(len(run.items))])


def _item(run: Run, k: int) -> Iterator[Coming]:
    """The steps that one item will enter by time. Where polls end a step, nobody knows what comes after it."""
    for here, then in pairwise(run.stays(k)):
        if here.due is not None and here.due > run.now:
            yield Coming(here.due, "item", then.step.name, k)
