"""The checker of histories itself: it takes those of one task, and finds what planted bugs do to them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.linear import Poll, is_linear

TWICE = 2


def shows(count: int) -> object:
    """A task that waits for two polls, works for two, and is done."""
    return ("waiting", "working")[count // TWICE] if count < 2 * TWICE else "done"


ONE_BY_ONE = [Poll(2 * k, 2 * k + 1, shows(k)) for k in range(6)]


def test_a_history_of_one_poll_after_the_other_is_that_of_a_task() -> None:
    assert is_linear(ONE_BY_ONE, shows)


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ([*ONE_BY_ONE[:3], Poll(6, 7, "waiting")], "a poll saw what an earlier one had left behind"),
        ([Poll(0, 1, "waiting")] * 3, "a step was seen more often than it is long"),
        ([Poll(0, 1, "waiting"), Poll(2, 3, "working")], "a step was skipped"),
        ([Poll(0, 9, "working"), Poll(1, 2, "waiting"), Poll(3, 4, "done")], "too few polls for what was seen"),
        ([Poll(5), Poll(0, 1, "waiting"), Poll(2, 3, "working")], "a lost poll has an effect before it was sent"),
    ],
)
def test_a_history_that_no_task_has_is_found(bad: list[Poll], why: str) -> None:
    assert not is_linear(bad, shows), why


def test_polls_at_once_may_take_effect_in_any_order() -> None:
    assert is_linear([Poll(0, 9, "working"), Poll(1, 9, "waiting"), Poll(2, 9, "waiting")], shows)


def test_a_poll_whose_answer_was_lost_may_have_been_made_later_or_never() -> None:
    lost = Poll(0)
    assert is_linear([lost, Poll(1, 2, "waiting"), Poll(3, 4, "working")], shows)
    assert is_linear([lost, Poll(1, 2, "waiting"), Poll(3, 4, "waiting")], shows)
    assert is_linear([lost, Poll(1, 2, "waiting"), Poll(3, 4, "waiting"), Poll(5, 6, "working")], shows)


def test_many_polls_without_an_answer_are_no_burden() -> None:
    """As while the store is away: each may have been counted, or not."""
    lost = [Poll(k) for k in range(200)]
    assert is_linear([*lost, *(Poll(300 + k, 301 + k, "done") for k in range(200))], shows)
    assert not is_linear([*lost, Poll(300, 301, "done"), Poll(302, 303, "working")], shows)


class Exact:
    """A count that is changed in one step."""

    def __init__(self) -> None:
        self.count = 0

    def read(self, client: int) -> int:
        """What a client goes by."""
        return self.count

    def write(self, client: int, seen: int) -> int:
        """What it counts."""
        self.count += 1
        return self.count - 1


class Stale(Exact):
    """The planted bug: a client writes what it read before others wrote, and an update is lost."""

    def write(self, client: int, seen: int) -> int:
        self.count = seen + 1
        return seen


def played(make: Callable[[], Exact], turns: list[int]) -> list[Poll]:
    """The history of clients that read and write in turns: the first turn of each pair reads, the second writes."""
    store, began = make(), {}
    found = []
    for time, client in enumerate(turns):
        if client not in began:
            began[client] = time, store.read(client)
        else:
            start, seen = began.pop(client)
            found.append(Poll(start, time, shows(store.write(client, seen))))
    return found


TURNS = st.lists(st.integers(0, 2), min_size=4, max_size=16)


@given(TURNS)
def test_every_history_of_an_exact_store_is_taken(turns: list[int]) -> None:
    assert is_linear(played(Exact, turns), shows)


def test_the_planted_bug_is_found() -> None:
    assert not is_linear(played(Stale, [0, 1, 0, 1, 2, 2, 0, 0]), shows)
