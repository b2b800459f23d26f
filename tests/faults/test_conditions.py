"""When a fault applies: each condition of `when`, and how they hold together."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.engine.scenario import DAY, Daily, Effect, Fault, Rate, When, Window
from mock_server.faults.choose import exceeds, shifted
from tests.engine.test_cursor import independent_unit
from tests.faults.test_faults import DOWN, DRAWS, HELD, POLLED, chosen
from tests.support.emulators import World, scenario


def hits(when: When, polls: range) -> list[int]:
    """The numbers of the polls to which a fault with this condition applies."""
    return [asked for asked in polls if chosen(Fault(when, DOWN), asked=asked).names]


class TestWhen:
    def test_a_fault_without_a_condition_always_applies(self) -> None:
        assert hits(When(), range(1, 6)) == [1, 2, 3, 4, 5]

    @pytest.mark.parametrize(
        ("windows", "expected"),
        [
            ((Window(4, 4),), [4]),
            ((Window(7, 9),), [7, 8, 9]),
            ((Window(10, None),), [10, 11, 12]),
            ((Window(4, 4), Window(7, 9), Window(12, None)), [4, 7, 8, 9, 12]),
        ],
    )
    def test_polls_are_windows_of_numbers_with_both_ends_in(
        self, windows: tuple[Window, ...], expected: list[int]
    ) -> None:
        assert hits(When(polls=windows), range(1, 13)) == expected

    def test_every_applies_to_the_multiples(self) -> None:
        assert hits(When(every=5), range(1, 21)) == [5, 10, 15, 20]

    def test_a_chance_is_the_documented_draw_of_each_poll(self) -> None:
        expected = [asked for asked in range(1, 200) if independent_unit(DRAWS, "fault", 0, asked) < 0.3]
        assert hits(When(chance=0.3), range(1, 200)) == expected

    @pytest.mark.parametrize("chance", [0.0, 0.1, 0.5, 1.0])
    def test_a_chance_applies_about_as_often_as_it_says(self, chance: float) -> None:
        assert len(hits(When(chance=chance), range(1, 4_001))) / 4_000 == pytest.approx(chance, abs=0.03)

    def test_each_fault_of_a_file_draws_its_own_chance(self) -> None:
        two = [Fault(When(chance=0.5), Effect(headers=((name, "x"),))) for name in ("A", "B")]
        seen = {tuple(name for name, _ in chosen(*two, asked=asked).headers) for asked in range(1, 100)}
        assert seen == {(), ("A",), ("B",), ("A", "B")}

    @pytest.mark.parametrize(("now", "applies"), [(999, False), (1_000, True), (3_999, True), (4_000, False)])
    def test_a_time_window_counts_from_birth_and_leaves_its_end_out(self, now: int, applies: bool) -> None:
        when = When(time=Window(1_000, 4_000))
        assert bool(chosen(Fault(when, DOWN), born=500_000, now=500_000 + now).names) is applies

    def test_a_time_window_may_have_no_end(self) -> None:
        assert chosen(Fault(When(time=Window(0, None)), DOWN), born=5, now=10**12).names == ("599",)

    @pytest.mark.parametrize("day", [0, 1, 19_000])
    @pytest.mark.parametrize(
        ("time", "applies"),
        [(23 * 3_600_000 - 1, False), (23 * 3_600_000, True), (0, True), (3_600_000 - 1, True), (3_600_000, False)],
    )
    def test_a_daily_outage_comes_back_every_day_and_may_span_midnight(
        self, day: int, time: int, applies: bool
    ) -> None:
        when = When(daily=Daily(23 * 3_600_000, 2 * 3_600_000))
        assert bool(chosen(Fault(when, DOWN), now=day * DAY + time).names) is applies

    def test_a_step_is_the_one_the_poll_sees(self) -> None:
        world = World(scenario(POLLED + "faults: [{when: {step: processing}, error: 599}]"))
        assert world.statuses(8) == [200] * 3 + [599] * 4 + [200]

    def test_a_step_is_looked_at_after_time_has_advanced(self) -> None:
        steps = "steps: [{state: waiting, for: 3s}, {state: processing, hold: true}]\n"
        world = World(scenario(steps + "faults: [{when: {step: processing}, error: 599}]"))
        before = world.poll().status
        world.advance(3_000)
        assert (before, world.poll().status) == (200, 599)

    def test_all_conditions_must_hold(self) -> None:
        when = When(polls=(Window(1, 6),), every=2, step="b", time=Window(10, None))
        fault = Fault(when, DOWN)
        hits = [
            (asked, step, now)
            for asked in range(1, 9)
            for step in ("a", "b")
            for now in (9, 10)
            if chosen(fault, asked=asked, step=step, now=now).names
        ]
        assert hits == [(2, "b", 10), (4, "b", 10), (6, "b", 10)]


class TestRate:
    def passed(self, rate: Rate, moments: list[int]) -> list[int]:
        """The moments at which a poll gets through."""
        at, through = 0, []
        for now in moments:
            refused, at = exceeds(rate, at, now)
            through += [] if refused else [now]
        return through

    def test_a_full_bucket_lets_its_count_through_at_once(self) -> None:
        assert len(self.passed(Rate(7, 1_000), [5_000] * 20)) == 7

    def test_it_refills_evenly_and_not_all_at_once(self) -> None:
        assert self.passed(Rate(4, 1_000), [0] * 4 + list(range(1, 1_001))) == [0, 0, 0, 0, 250, 500, 750, 1_000]

    def test_refusals_take_no_token(self) -> None:
        rate = Rate(2, 1_000)
        hammered = self.passed(rate, [0, 0, *[1] * 500, *range(2, 501)])
        assert hammered == self.passed(rate, [0, 0, 500])

    def test_a_rate_that_does_not_divide_the_second_loses_nothing_in_the_long_run(self) -> None:
        assert len(self.passed(Rate(7, 1_000), list(range(100_000)))) == 7 + 7 * 99 + 6

    def test_a_rest_fills_the_bucket_and_never_more(self) -> None:
        assert len(self.passed(Rate(3, 1_000), [0] * 3 + [10**9] * 10)) == 6

    @given(
        count=st.integers(1, 20),
        per=st.sampled_from([1_000, 60_000]),
        gaps=st.lists(st.integers(0, 700), max_size=60),
    )
    def test_no_window_ever_lets_more_through_than_its_length_allows(
        self, count: int, per: int, gaps: list[int]
    ) -> None:
        moments = [sum(gaps[: k + 1]) for k in range(len(gaps))]
        through = self.passed(Rate(count, per), moments)
        for first in range(len(through)):
            for last in range(first, len(through)):
                length = through[last] - through[first]
                assert (last - first + 1 - count) * per <= length * count

    def test_every_task_has_a_bucket_of_its_own(self) -> None:
        world = World(scenario(HELD + "faults: [{when: {rate: 2/s}, error: throttled}]"))
        assert [world.statuses(3, f"made-up.{k}") for k in range(2)] == [[200, 200, 573]] * 2

    def test_two_rates_of_one_task_are_kept_apart(self) -> None:
        text = HELD + "faults: [{when: {rate: 3/min}, error: 403}, {delay: 1ms}, {when: {rate: 2/s}, error: throttled}]"
        world = World(scenario(text))
        first = world.statuses(3)
        world.advance(1_000)
        assert (first, world.statuses(2)) == ([200, 200, 573], [403, 403])

    def test_polls_that_other_conditions_let_by_take_no_token(self) -> None:
        world = World(scenario(HELD + "faults: [{when: {rate: 1/h, every: 2}, error: throttled}]"))
        assert world.statuses(6) == [200, 200, 200, 573, 200, 573]

    def test_the_bucket_refills_by_virtual_time(self) -> None:
        world = World(scenario(HELD + "faults: [{when: {rate: 1/min}, error: throttled}]"))
        first = world.statuses(2)
        world.advance(60_000)
        assert (first, world.statuses(2)) == ([200, 573], [200, 573])

    @given(count=st.integers(1, 9), by=st.integers(0, 5_000), used=st.integers(1, 9))
    def test_a_task_whose_past_is_shifted_has_the_tokens_it_would_have_then(
        self, count: int, by: int, used: int
    ) -> None:
        rate, at = Rate(count, 1_000), 0
        for _ in range(used):
            _, at = exceeds(rate, at, 10_000)
        (moved,) = shifted((rate,), (at,), by)
        assert exceeds(rate, moved, 10_000)[0] == exceeds(rate, at, 10_000 + by)[0]
