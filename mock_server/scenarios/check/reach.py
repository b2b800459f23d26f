"""The ways a task can go through its steps: whether any of them goes back on an end that was shown.

Steps may lead back, so a scenario can have endlessly many ways. Two ways that stand at the same step need not be told
apart, though, as long as the same can go wrong from there on; and what can go wrong depends on two things alone: how
far along the highest state was that a client has seen (its rank), and whether the last end seen was a success or a
failure. So the search goes over *arrivals* (step, highest rank, last end): it begins at the first step with nothing
seen, and from each new arrival follows every edge, weight 0 included, for a person may take those.

It ends because arrivals are few: a step is one of n, a rank one of four, the last end a failure, a success or none,
and an arrival met before is not followed again. That makes at most 12 n arrivals, each followed once over every edge of
its step, whatever the loops.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from typing import NamedTuple

from mock_server.engine.scenario import FAILURES, RANK, Edge, State, is_end


class _Arrival(NamedTuple):
    """A step on some way to it: the highest rank shown before, and whether the last end shown was a failure."""

    step: int
    highest: int = 0
    failed: bool | None = None


class Reached(NamedTuple):
    """One arrival at a step, with what the step breaks by being shown then: "" if nothing.

    `failed` is whether the last end was a failure once the step itself was shown; None: no end was shown.
    """

    step: int
    failed: bool | None
    breach: str


def reach(states: Sequence[State | None], edges: Sequence[Sequence[Edge]]) -> Iterator[Reached]:
    """Every arrival there can be. A state None is an error response: it shows no state and changes none."""
    ahead = [_Arrival(0)]
    seen = set(ahead)
    while ahead:
        arrival = ahead.pop()
        after, breach = _show(arrival, states[arrival.step])
        yield Reached(arrival.step, after.failed, breach)
        for edge in edges[arrival.step]:
            found = after._replace(step=edge.to)
            if found not in seen:
                seen.add(found)
                ahead.append(found)


def _show(arrival: _Arrival, state: State | None) -> tuple[_Arrival, str]:
    """The arrival once its step was shown, and what is wrong with showing that now."""
    if state is None:
        return arrival, ""
    breach = ""
    failed = arrival.failed
    if not is_end(state):
        if arrival.highest >= 2:
            breach = f'goes back to "{state}" after the work was over'
    elif (failure := _is_failure(state)) is not None:
        if failed is not None and failure is not failed:
            breach = "turns success into failure" if failure else "turns failure into success"
        failed = failure
    return arrival._replace(highest=max(arrival.highest, RANK[state]), failed=failed), breach


def _is_failure(state: State) -> bool | None:
    """Whether an end state is a failure; None for the notify words, which leave what was before them."""
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
