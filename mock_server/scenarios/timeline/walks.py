"""When an item may enter and leave each of its steps, whatever is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from mock_server.api.timeline import Axis, Range
from mock_server.engine.scenario import ItemStep

START = Range(0, 0)


class Walk(NamedTuple):
    """What moves an item, and for each of its steps when it is entered, and when it is left (None: never).

    `drawn` are the steps that it comes to by itself.
    """

    axis: Axis | None
    ranges: tuple[tuple[Range, Range | None], ...]
    drawn: frozenset[int]


def walk_of(steps: Sequence[ItemStep]) -> Walk:
    """The walk of items with these steps, which lead forward."""
    entered: dict[int, Range] = {0: START}
    # A step that only a person leads to is entered at any time from then on.
    earliest: dict[int, Range] = {}
    drawn = {0}
    ranges: list[tuple[Range, Range | None]] = []
    for k, step in enumerate(steps):
        begins = entered.get(k) or earliest.get(k, START)
        low, high = _lasts(step)
        moves = high > 0 and any(edge.weight for edge in step.edges)
        ends = Range(begins.low + low, begins.high + high) if moves else None
        ranges.append((begins, ends))
        for edge in step.edges:
            earliest.setdefault(edge.to, begins)
            if edge.weight and ends is not None and k in drawn:
                entered[edge.to] = _hull(entered.get(edge.to, ends), ends)
                drawn.add(edge.to)
    axis: Axis | None = "polls" if any(step.polls for step in steps) else "time" if any(map(_is_timed, steps)) else None
    return Walk(axis, tuple(ranges), frozenset(drawn))


def possible(walk: Walk, steps: Sequence[ItemStep], at: int) -> tuple[ItemStep, ...]:
    """The steps that an item may be in so much after it began: one, unless something is drawn."""
    return tuple(
        step
        for k, (step, (begins, ends)) in enumerate(zip(steps, walk.ranges, strict=True))
        if k in walk.drawn and begins.low <= at and (ends is None or at < ends.high)
    )


def _lasts(step: ItemStep) -> tuple[int, int]:
    if step.polls is not None:
        return step.polls, step.polls
    return (0, 0) if step.lasts is None else (step.lasts.low, step.lasts.high)


def _is_timed(step: ItemStep) -> bool:
    return step.lasts is not None


def _hull(first: Range, second: Range) -> Range:
    return Range(min(first.low, second.low), max(first.high, second.high))
