"""Items with steps of their own: where each one stands, and what it went through.

Such an item has no cursor. It walks its steps anew at each look, from its *start*: from its first step, entered with
the task's, as far as the polls and the time since then lead. So where it stands is a pure function of (seed, id,
position, start, polls, now), and nothing is stored for it. That is why all steps of one item count polls, or all count
time: neither tells at what moment a poll ended a step. Where a scenario is played at a pace (see `pace`), steps that
count polls also count the time since the start: so many as there were polls, or paces, whichever is more.

**A person** who moves one item gives it another start: this step, from this moment and this poll on. Only that is
stored, for that item alone, and the walk goes on from there. `hops` counts on, so that a step which an item enters
twice draws anew. The times of a start are told from the task's birth on, so a task that is shifted, or a clock that is
reset, moves them along.

**Each change of step is counted once**, for coverage, though nobody stores where the items stood: a task's record says
how many polls it has had, and `walked`, the moment of the last change of step by time that was counted. What a walk
crosses beyond these two is new.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from mock_server.engine.cursor import BIRTH, Cursor, weighted
from mock_server.engine.draws import Draws
from mock_server.engine.scenario import FAILURES, Item, ItemStep, State


class Start(NamedTuple):
    """Where a person put an item. `since`: milliseconds after the task's birth; `polls`: those it had counted by then.

    `hops` are the item's changes of step by then, `reason` is shown in place of the step's own.
    """

    step: int
    since: int
    polls: int
    hops: int
    reason: str | None = None


class Walkers(NamedTuple):
    """The items of one task, its draws, and the starts of those that people moved."""

    items: Sequence[Item]
    draws: Draws
    starts: Mapping[int, Start] = {}


class Crossed(NamedTuple):
    """One change of step of an item; from `BIRTH` into its first one."""

    item: int
    origin: int
    to: int


class Walked(NamedTuple):
    """Where all items stand. `places` are their steps and `numbers` the positions of these.

    `crossed` are the changes of step that were not counted yet, `until` the moment of the last one by time that is
    known, in milliseconds after the birth.
    """

    places: tuple[ItemStep, ...] = ()
    numbers: tuple[int, ...] = ()
    crossed: tuple[Crossed, ...] = ()
    until: int = 0


NOT_WALKED = Walked()
"""For a task whose steps are its own."""


class Counted(NamedTuple):
    """Up to which poll and which moment after the birth the changes of step are counted."""

    polls: int
    until: int


class Stay(NamedTuple):
    """An item's stay in one step. Times are virtual milliseconds.

    `since` is None where a poll led there, for nobody knows when; `due` is None where time does not end the step.
    """

    number: int
    step: ItemStep
    since: int | None
    due: int | None
    hops: int
    polls: int
    """The polls that a step which counts them has taken."""


def walk(walkers: Walkers, cursor: Cursor, now: int, counted: Counted | None = None) -> Walked:
    """Where the items of a task stand at `now`; an item without steps has succeeded.

    Items that share fixed steps, where nothing is drawn, stand at the same place and are walked once. `counted` None:
    every change of step was.
    """
    if counted is None:
        counted = Counted(cursor.polls, max(0, now - cursor.born))
    look = _Look(walkers.draws, _first(cursor), now - cursor.born, cursor.polls, counted)
    known: dict[int, _Place] = {}
    places, numbers, crossed, until = [], [], [], counted.until
    for k, item in enumerate(walkers.items):
        start = walkers.starts.get(k)
        if start is None and item.is_fixed:
            place = known.get(id(item.steps))
            if place is None:
                place = known[id(item.steps)] = _walk(item.steps, k, look.first, look)
        else:
            place = _walk(item.steps, k, start or look.first, look)
        step, number, new, last = place
        # Steps lead forward: an item at the step where it starts has not moved on.
        places.append(step if start is None or number != start.step else step_at_start(item, start))
        numbers.append(number)
        if new:
            crossed.extend([Crossed(k, *edge) for edge in new])
            until = max(until, last)
    return Walked(tuple(places), tuple(numbers), tuple(crossed), until)


def stays(walkers: Walkers, k: int, cursor: Cursor) -> Iterator[Stay]:
    """The steps of item `k` from its start on, in order, the coming ones included as far as time alone leads.

    The last one given is where it stays until polls or a person move it, or for ever.
    """
    item, draws = walkers.items[k], walkers.draws
    number, since, base, m, _ = walkers.starts.get(k) or _first(cursor)
    entered: int | None = cursor.born + since
    start = at = cursor.born + since
    left = cursor.polls - base
    paces = 0
    while item.steps:
        step = item.steps[number]
        if step.polls is not None:
            polled = bool(step.edges) and left >= step.polls
            paces += step.polls
            due = None if polled or step.pace is None or not step.edges else start + paces * step.pace
            ends = polled or due is not None
            yield Stay(number, step, entered, due, m, min(step.polls, max(0, left)) if step.edges else left)
            left, entered = left - step.polls, due
        else:
            ends = step.lasts is not None and bool(step.edges)
            at += step.lasts.draw(draws, "for", k, m) if step.lasts is not None and ends else 0
            yield Stay(number, step, entered, at if ends else None, m, 0)
            entered = at
        if not ends:
            return
        number = weighted(step.edges, draws, "next", k, m)
        m += 1


def step_at_start(item: Item, start: Start) -> ItemStep:
    """The step where an item starts, with the reason that was given for it if it failed."""
    step = item.steps[start.step]
    return replace(step, reason=start.reason) if start.reason is not None and step.state in FAILURES else step


def begun(items: Sequence[Item]) -> tuple[Crossed, ...]:
    """What is counted when all items enter their first steps."""
    return tuple([Crossed(k, BIRTH, 0) for k, item in enumerate(items) if item.steps])


_Place = tuple[ItemStep, int, Sequence[tuple[int, int]], int]
"""A step, its position, the edges to it that are new, and the moment of the last one, after the birth."""


class _Look(NamedTuple):
    """What the walks of all items of a task share: where they start that nobody moved, and how far they lead."""

    draws: Draws
    first: Start
    age: int
    polls: int
    counted: Counted


def _first(cursor: Cursor) -> Start:
    """Where every item starts that nobody moved: with the task's step."""
    return Start(0, cursor.since - cursor.born, 0, 0)


def _walk(steps: tuple[ItemStep, ...], k: int, start: Start, look: _Look) -> _Place:
    """Where these steps of item `k` have led."""
    if not steps:
        return _SUCCEEDED
    draws, _, age, polls, counted = look
    number, at, base, m, _ = start
    left, old, pace, taken = polls - base, counted.polls - base, steps[0].pace, 0
    if pace is not None:
        left, old = max(left, (age - at) // pace), max(old, (counted.until - at) // pace)
    crossed: list[tuple[int, int]] = []
    last = 0
    place = steps[number]
    while place.edges:
        if place.polls is not None:
            if left < place.polls:
                break
            left -= place.polls
            old -= place.polls
            new = old < 0
            taken += place.polls
            if pace is not None and taken > polls - base:
                at = start.since + taken * pace
        elif place.lasts is not None:
            at += place.lasts.draw(draws, "for", k, m)
            if age < at:
                break
            new = at > counted.until
        else:
            break
        to = weighted(place.edges, draws, "next", k, m)
        if new:
            crossed.append((number, to))
            last = at
        number, place = to, steps[to]
        m += 1
    return place, number, crossed, last


_SUCCEEDED: _Place = (ItemStep("", State.SUCCEEDED), 0, (), 0)
"""The place of an item without steps."""
