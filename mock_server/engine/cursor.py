"""A task's place in its scenario, moved by pure functions only: by time, by polls, by people.

A cursor is six integers. It says in which step a task is and since when, and how many polls that step has taken. All
else follows from it, the scenario and the task's draws, so nothing has a timer and nothing is lost between two looks.

**Time** moves a cursor when somebody looks, not when it is due. A step with `for` ends `lasts` after its entry, and the
next one begins at that very moment, however late anyone looks: `advance` hops from due time to due time until it comes
to a step that time does not end yet. So looking often or seldom makes no difference:
`advance(advance(c, a), b) == advance(c, b)`. A step holds from its entry (included) to its end (excluded).

**A poll** first lets time move the cursor, then sees the step, and counts only after that: `polls: 2` takes up exactly
two polls, and the step ends with the second, at the moment of that poll. What follows begins there. With both `polls`
and `for`, whichever comes first ends the step.

**A person** may `hop` to any step at any time; the step begins at that moment, as if anything else had led there.

Lengths and choices are drawn from (seed, id, what, hops). The number of hops makes each visit of a loop draw anew, and
makes a draw the same whenever it is asked for: `due` may be called a thousand times. A loop needs a step that time
alone does not end (the loader sees to that), so `advance` makes at most as many hops as there are steps.

Items with steps of their own have no cursor: `engine.walk` says where they stand.
"""

from __future__ import annotations

from typing import NamedTuple

from mock_server.engine.draws import Draws
from mock_server.engine.scenario import Edge, Scenario, Shown, State, Step


class Cursor(NamedTuple):
    """`born` and `since` are virtual milliseconds; `polls` counted since the step was entered; `hops` are changes of
    step; `asked` is every status request that named the task."""

    born: int
    since: int
    step: int = 0
    polls: int = 0
    hops: int = 0
    asked: int = 0


class Crossing(NamedTuple):
    """One change of step, for the journal and coverage: `at` is the virtual moment it happened.

    A birth, which is counted but no change of step, comes from `BIRTH`.
    """

    origin: int
    to: int
    at: int


BIRTH = -1
"""The origin of the crossing into the first step of a new task."""


def born(now: int) -> Cursor:
    """The cursor of a task whose first step begins now."""
    return Cursor(now, now)


def due(scenario: Scenario, draws: Draws, cursor: Cursor) -> int | None:
    """The virtual moment at which the present step ends by time, or None if it waits for polls or a hand."""
    step = scenario.steps[cursor.step]
    if step.lasts is None or not step.moves:
        return None
    return cursor.since + step.lasts.draw(draws, "for", cursor.hops)


def advance(scenario: Scenario, draws: Draws, cursor: Cursor, now: int) -> tuple[Cursor, tuple[Crossing, ...]]:
    """Where the task stands at `now`, and what it crossed on the way.

    A step holds from its entry (included) to its end (excluded), and what follows begins at the due moment, however
    late anyone looks: `advance(advance(c, a), b) == advance(c, b)`. A `now` before `since` changes nothing.
    """
    end = due(scenario, draws, cursor)
    if end is None:
        return cursor, ()
    crossed: list[Crossing] = []
    while end is not None and now >= end:
        cursor, crossing = hop(cursor, _drawn(scenario, draws, cursor), end)
        crossed.append(crossing)
        end = due(scenario, draws, cursor)
    return cursor, tuple(crossed)


def poll(
    scenario: Scenario, draws: Draws, cursor: Cursor, now: int, *, counts: bool = True
) -> tuple[Cursor, Crossing | None]:
    """The cursor after one poll of a task that stands at `now`; the poll itself still saw the step before.

    `polls: n` takes up exactly n counted polls: the step ends with the n-th, at its moment.
    """
    began, since, number, polls, hops, asked = cursor
    # Every poll makes one: past the constructor of a NamedTuple, which is one more call.
    cursor = tuple.__new__(Cursor, (began, since, number, polls + counts, hops, asked + 1))
    if not counts:
        return cursor, None
    step = scenario.steps[number]
    if step.polls is None or cursor.polls < step.polls or not step.moves:
        return cursor, None
    return hop(cursor, _drawn(scenario, draws, cursor), max(now, cursor.since))


def hop(cursor: Cursor, to: int, at: int) -> tuple[Cursor, Crossing]:
    """The cursor at the start of step `to`, entered at `at`, and the edge it took."""
    began, _, step, _, hops, asked = cursor
    # Most fresh polls make both: past the constructors of NamedTuples, which are one more call each.
    moved = tuple.__new__(Cursor, (began, at, to, 0, hops + 1, asked))
    return moved, tuple.__new__(Crossing, (step, to, at))


def shift(cursor: Cursor, by: int) -> Cursor:
    """The cursor as if everything of this task had begun `by` milliseconds earlier."""
    return cursor._replace(born=cursor.born - by, since=cursor.since - by)


def expired(scenario: Scenario, cursor: Cursor, now: int) -> bool:
    """Whether the vendor has forgotten the task by `now`; the record itself stays."""
    return scenario.expires is not None and now >= cursor.born + scenario.expires


def step_items(step: Step, count: int) -> tuple[Shown, ...]:
    """What the items of a step with a state show: as its list says, else all take the step's state."""
    state = step.state or State.SUCCEEDED
    if step.items is None:
        return (Shown(state, step.reason),) * count
    if step.reason is None:
        return step.items
    return tuple(shown if shown.reason else shown._replace(reason=step.reason) for shown in step.items)


def _drawn(scenario: Scenario, draws: Draws, cursor: Cursor) -> int:
    return weighted(scenario.steps[cursor.step].edges, draws, "next", cursor.hops)


def weighted(edges: tuple[Edge, ...], draws: Draws, *what: str | int) -> int:
    """The step drawn among the edges by weight; a single way out costs no draw."""
    if len(edges) == 1:
        return edges[0].to
    open_ = [edge for edge in edges if edge.weight]
    if len(open_) == 1:
        return open_[0].to
    mark = draws.unit(*what) * sum(edge.weight for edge in open_)
    for edge in open_:
        mark -= edge.weight
        if mark < 0:
            return edge.to
    return open_[-1].to
