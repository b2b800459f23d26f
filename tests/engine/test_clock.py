"""The virtual clock: it runs, stands, jumps and changes its pace, and never goes back."""

from __future__ import annotations

from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.engine.clock import Clock
from mock_server.engine.timestamps import LATEST

Verb = Literal["freeze", "resume", "advance", "speed", "look"]
NOON = 1_700_000_000_000
turns = st.tuples(
    st.integers(0, 100_000), st.sampled_from(["freeze", "resume", "advance", "speed", "look"]), st.integers(1, 90)
)


def turned(clock: Clock, real: int, verb: Verb, amount: int) -> Clock:
    """The clock after one hand's turn."""
    match verb:
        case "freeze":
            return clock.freeze(real)
        case "resume":
            return clock.resume(real)
        case "advance":
            return clock.advance(real, amount)
        case "speed":
            return clock.at_speed(real, amount / 8)
        case "look":
            return clock


@pytest.mark.parametrize(("speed", "virtual"), [(1.0, 800), (60.0, 48_000), (0.5, 400), (0.001, 0)])
def test_a_clock_starts_at_the_real_time_and_runs_at_its_speed(speed: float, virtual: int) -> None:
    clock = Clock.starting(NOON, speed)
    assert clock.now(NOON) == NOON
    assert Clock.starting(NOON).now(NOON + 1) == NOON + 1
    assert clock.now(NOON + 800) == NOON + virtual


def test_a_frozen_clock_stands_where_it_was_stopped() -> None:
    clock = Clock.starting(NOON).freeze(NOON + 300)
    assert clock == Clock(NOON + 300, NOON + 300, 1.0, frozen=True)
    assert {clock.now(NOON + real) for real in (0, 300, 301, 10**9)} == {NOON + 300}


def test_a_clock_frozen_twice_stands_where_it_was_stopped_first() -> None:
    assert Clock.starting(NOON).freeze(NOON + 300).freeze(NOON + 900).now(NOON + 1_000) == NOON + 300


def test_a_resumed_clock_runs_on_and_does_not_catch_up() -> None:
    clock = Clock.starting(NOON, 2.0).freeze(NOON + 300).resume(NOON + 5_000)
    assert clock.now(NOON + 5_000) == NOON + 600
    assert clock.now(NOON + 5_100) == NOON + 800


def test_resuming_a_clock_that_runs_changes_nothing() -> None:
    assert Clock.starting(NOON).resume(NOON + 300).now(NOON + 700) == NOON + 700


def test_an_advanced_clock_is_later_by_that_much_and_runs_on() -> None:
    clock = Clock.starting(NOON).advance(NOON + 100, 60_000)
    assert clock.now(NOON + 100) == NOON + 60_100
    assert clock.now(NOON + 250) == NOON + 60_250


@pytest.mark.parametrize("by", [0, 1])
def test_a_clock_may_be_advanced_by_little_or_nothing(by: int) -> None:
    assert Clock.starting(NOON).advance(NOON, by).now(NOON) == NOON + by


def test_an_advanced_frozen_clock_stays_frozen() -> None:
    clock = Clock.starting(NOON).freeze(NOON).advance(NOON + 100, 60_000)
    assert clock.now(NOON + 10**6) == NOON + 60_000


def test_a_change_of_speed_counts_from_now_on() -> None:
    clock = Clock.starting(NOON).at_speed(NOON + 1_000, 10)
    assert clock.now(NOON + 1_000) == NOON + 1_000
    assert clock.now(NOON + 1_500) == NOON + 6_000


def test_a_speed_given_while_frozen_holds_from_the_resume() -> None:
    clock = Clock.starting(NOON).freeze(NOON).at_speed(NOON + 500, 10)
    assert clock.now(NOON + 900) == NOON
    assert clock.resume(NOON + 1_000).now(NOON + 1_010) == NOON + 100


def test_a_clock_is_never_taken_back() -> None:
    with pytest.raises(ValueError, match=r"^a clock that tasks live by never goes back$"):
        Clock.starting(NOON).advance(NOON, -1)


@pytest.mark.parametrize("speed", [0.0, -1.0, float("nan"), float("inf")])
def test_a_speed_that_is_none_is_refused(speed: float) -> None:
    with pytest.raises(ValueError, match=r"^a clock's speed is a finite number above 0; freeze it to stop it$"):
        Clock.starting(NOON).at_speed(NOON, speed)


@pytest.mark.parametrize("clock", [Clock.starting(NOON), Clock.starting(NOON, 60).advance(NOON, 5_000)])
def test_a_machine_whose_clock_steps_back_does_not_take_ours_below_where_it_was_set(clock: Clock) -> None:
    assert clock.now(NOON - 3_600_000) == clock.virtual
    assert clock.freeze(NOON - 3_600_000).now(NOON) == clock.virtual


@pytest.mark.parametrize("speed", [1.0, 1_000_000.0])
def test_a_clock_stands_where_dates_have_their_end(speed: float) -> None:
    clock = Clock.starting(NOON).advance(NOON, LATEST - NOON - 5).at_speed(NOON, speed)
    assert clock.now(NOON + 4) == min(LATEST, LATEST - 5 + 4 * int(speed))
    assert clock.now(NOON + 10**12) == clock.freeze(NOON + 10**12).virtual == LATEST


@given(st.lists(turns, max_size=20))
def test_virtual_time_never_goes_back_whatever_hands_do(hands: list[tuple[int, Verb, int]]) -> None:
    clock, real = Clock.starting(NOON), NOON
    shown = [NOON]
    for gap, verb, amount in hands:
        real += gap
        shown.append(clock.now(real))
        clock = turned(clock, real, verb, amount)
        shown.append(clock.now(real))
    assert shown == sorted(shown)


@given(st.lists(turns, max_size=20))
def test_only_an_advance_moves_the_time_that_a_hand_finds(hands: list[tuple[int, Verb, int]]) -> None:
    clock, real = Clock.starting(NOON), NOON
    for gap, verb, amount in hands:
        real += gap
        after = turned(clock, real, verb, amount)
        assert after.now(real) - clock.now(real) == (amount if verb == "advance" else 0)
        clock = after


@given(st.lists(turns, max_size=20))
def test_a_clock_stands_exactly_while_it_is_frozen(hands: list[tuple[int, Verb, int]]) -> None:
    clock, real = Clock.starting(NOON), NOON
    for gap, verb, amount in hands:
        real += gap
        clock = turned(clock, real, verb, amount)
        assert (clock.now(real + 10**6) == clock.now(real)) is clock.frozen
