"""The ways a task can go through its steps: whether any goes back on an end, or contradicts the items beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from typing import NamedTuple

from mock_server.engine.scenario import FAILURES, RANK, Edge, State, is_end


class Visit(NamedTuple):
    """A step on some way to it: the highest rank shown before, and whether the last end shown was a failure.

    A finite number of these tells all that any way through any loop can bring.
    """

    step: int
    highest: int = 0
    failed: bool | None = None


class Stop(NamedTuple):
    """One visit, with what the step breaks by coming then: "" if nothing. `failed` is as the step itself leaves it."""

    step: int
    failed: bool | None
    breach: str


def visits(states: Sequence[State | None], edges: Sequence[Sequence[Edge]]) -> Iterator[Stop]:
    """Every visit there can be. A state None is an error response: it shows no state and changes none."""
    ahead = [Visit(0)]
    seen = {ahead[0]}
    while ahead:
        visit = ahead.pop()
        after, breach = _entered(visit, states[visit.step])
        yield Stop(visit.step, after.failed, breach)
        for edge in edges[visit.step]:
            found = after._replace(step=edge.to)
            if found not in seen:
                seen.add(found)
                ahead.append(found)


def _entered(visit: Visit, state: State | None) -> tuple[Visit, str]:
    """The visit with what its step shows, and what is wrong with showing that now."""
    if state is None:
        return visit, ""
    breach = ""
    failed = visit.failed
    if not is_end(state):
        if visit.highest >= 2:
            breach = f'goes back to "{state}" after the work was over'
    elif (told := _tells_failure(state)) is not None:
        if failed is not None and told is not failed:
            breach = "turns success into failure" if told else "turns failure into success"
        failed = told
    return visit._replace(highest=max(visit.highest, RANK[state]), failed=failed), breach


def _tells_failure(state: State) -> bool | None:
    """Whether an end state is a failure; the notify words keep what was before them, so they do not tell."""
    if state in FAILURES:
        return True
    return False if state is State.SUCCEEDED else None


def disagreement(state: State, failed: bool | None, items: Set[State]) -> str:
    """How a whole contradicts its items; "" if it does not. `failed`: whether the last end shown was a failure."""
    unfinished = any(not is_end(item) for item in items)
    if state is State.WAITING:
        return "" if items == {State.WAITING} else "the whole waits while an item does not"
    if state is State.PROCESSING:
        return "" if unfinished else "the whole is being processed while every item is finished"
    if unfinished:
        return f'the whole says "{state}" while an item is unfinished'
    if failed and not FAILURES.intersection(items):
        return "the work failed while no item did"
    return ""
