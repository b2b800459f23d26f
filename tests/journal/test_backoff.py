"""The back-off rule: no correct client is convicted because some of its polls were late, and others are."""

from __future__ import annotations

import time
from itertools import accumulate, pairwise
from typing import NamedTuple

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mock_server.journal.backoff import backoff_fault

SLACK = 0.1


class Client(NamedTuple):
    """What a client meant to do, jitter included, and by how much each of its polls was late."""

    gaps: list[float]
    late: list[float]


@st.composite
def schedules(draw: st.DrawFn, *, polls: int = 4) -> list[float]:
    """An exponential back-off, capped or not, jittered within the slack. Its gaps grow twice before a cap."""
    first, factor = draw(st.floats(20, 2_000)), draw(st.floats(1.6, 3))
    count, cap = draw(st.integers(polls - 1, 12)), first * factor ** draw(st.integers(2, 12))
    jitter = st.floats(1 - SLACK, 1 + SLACK)
    return [min(cap, first * factor**k) * draw(jitter) for k in range(count)]


@st.composite
def delays(draw: st.DrawFn, count: int, most: int) -> list[float]:
    """How late each of these polls is: at most so many are, by any time."""
    late = draw(st.sets(st.integers(0, count - 1), max_size=most))
    return [draw(st.floats(0, 5_000)) if k in late else 0.0 for k in range(count)]


def observed(moments: list[float]) -> list[int]:
    return [after - before for before, after in pairwise(map(round, moments))]


@settings(max_examples=500)
@given(st.data())
def test_late_polls_convict_no_client_that_waits_after_each_response(data: st.DataObject) -> None:
    gaps = data.draw(schedules())
    late = data.draw(delays(len(gaps), (len(gaps) - 1) // 2))
    assert backoff_fault([round(gap + more) for gap, more in zip(gaps, late, strict=True)], SLACK) is None


@settings(max_examples=500)
@given(st.data())
def test_a_late_poll_convicts_no_client_that_keeps_to_its_own_clock(data: st.DataObject) -> None:
    moments = list(accumulate(data.draw(schedules()), initial=0.0))
    k = data.draw(st.integers(1, len(moments) - 2))
    moments[k] += data.draw(st.floats(0, 0.99)) * (moments[k + 1] - moments[k])
    assert backoff_fault(observed(moments), SLACK) is None


@settings(max_examples=500)
@given(st.floats(20, 10_000), st.lists(st.floats(1 - SLACK, 1 + SLACK), min_size=2, max_size=12))
def test_a_constant_cadence_is_convicted(gap: float, jitter: list[float]) -> None:
    # A millisecond is the journal's unit: rounded, the two extremes of the jitter may be just more than that apart.
    found = [round(gap * each) for each in jitter]
    assume(max(found) * (1 - SLACK) <= min(found) * (1 + SLACK))
    assert backoff_fault(found, SLACK) == "the gaps do not grow"


@settings(max_examples=500)
@given(st.floats(200, 10_000), st.lists(st.floats(0.2, 0.8), min_size=1, max_size=6))
def test_a_shrinking_cadence_is_convicted(first: float, factors: list[float]) -> None:
    gaps = list(accumulate(factors, lambda gap, factor: gap * factor, initial=first))
    assume(gaps[-1] >= 20)
    assert backoff_fault(list(map(round, gaps)), SLACK) == "the gaps shrink"


@settings(max_examples=200)
@given(schedules())
def test_a_back_off_run_backwards_is_convicted(gaps: list[float]) -> None:
    assert backoff_fault([round(gap) for gap in reversed(gaps)], SLACK) is not None


@pytest.mark.parametrize(
    ("gaps", "fault"),
    [
        ([46, 82, 88, 82, 244, 84], None),
        ([46, 244, 84, 82, 82, 88], None),
        ([244, 84, 82, 82, 88], None),
        ([40, 80, 80, 140, 20, 80], None),
        ([40, 80, 140, 20], None),
        ([40, 80, 140, 100, 5, 80], None),
        ([100, 120, 144], None),
        ([1_000], None),
        ([], None),
        ([80, 80, 244, 80, 80], "the gaps do not grow"),
        ([80, 80, 80, 80, 244], "the gaps do not grow"),
        ([244, 84], "the gaps shrink"),
        ([1_000, 950, 902, 857, 814, 774], "the gaps do not grow"),
        ([50, 100, 200, 400, 200, 100, 50], "the gaps shrink"),
        ([100, 200, 400, 100, 100, 100], "the gaps do not grow"),
        ([100, 200, 50, 200, 50, 200, 50], "the gaps shrink"),
        ([0, 0, 0], "the gaps do not grow"),
    ],
)
def test_what_convicts_gaps(gaps: list[int], fault: str | None) -> None:
    assert backoff_fault(gaps, SLACK) == fault


def test_slack_is_how_far_gaps_may_be_from_the_schedule() -> None:
    assert backoff_fault([100, 80], 0.1) == "the gaps shrink"
    assert backoff_fault([100, 80], 0.2) == "the gaps do not grow"
    assert backoff_fault([100, 110, 100, 100], 0.0) == "the gaps do not grow"
    assert backoff_fault([100, 101, 102], 0.0) is None


def test_the_rule_costs_in_proportion_to_the_gaps() -> None:
    def cost(count: int) -> float:
        begun = time.process_time()
        backoff_fault([100 + k % 7 * 40 for k in range(count)], SLACK)
        return time.process_time() - begun

    cost(1_000)
    assert cost(80_000) < 40 * max(min(cost(10_000) for _ in range(3)), 0.001)
