"""Which faults apply to a poll, figure by figure: draws, buckets, names and what an armed one aims at."""

from __future__ import annotations

import dataclasses
from statistics import NormalDist
from typing import Any

import pytest

from mock_server.engine.cursor import Cursor
from mock_server.engine.draws import Draws
from mock_server.engine.run import sample
from mock_server.engine.scenario import Effect, Fault, Lognormal, Rate, Span, State, Step, When
from mock_server.faults.armed import Armed, ArmedFaults
from mock_server.faults.choose import UNHARMED, Chosen, choose, exceeds, shifted
from mock_server.http.message import Delivery, Response
from tests.engine.test_cursor import independent_unit
from tests.faults.test_faults import DOWN, DRAWS, chosen
from tests.support.strategies import VENDOR, scenario_of

RESPONSE = Response(200, "OK", (("A", "1"),), b"body", delay=5)


def buckets(*faults: Fault, before: tuple[int, ...], asked: int = 1, now: int = 10_000) -> tuple[int, ...]:
    """The rate buckets after one poll."""
    step = Step("any", State.PROCESSING, hold=True)
    run = sample(dataclasses.replace(scenario_of(step), faults=faults), VENDOR)
    run = run._replace(cursor=Cursor(0, 0, asked=asked - 1), now=now, draws=DRAWS)
    return choose(run._replace(task=run.task._replace(buckets=before)), (), run.step.name)[1]


@pytest.mark.parametrize(
    ("aim", "applies"),
    [
        ({}, True),
        ({"vendor": "qiniu"}, True),
        ({"vendor": "wangsu"}, False),
        ({"id": "a.1"}, True),
        ({"id": "a.2"}, False),
        ({"id": "a.*"}, True),
        ({"until": 1_001}, True),
        ({"until": 1_000}, False),
        ({"until": 999}, False),
        ({"vendor": "wangsu", "until": 1_001}, False),
        ({"vendor": "qiniu", "id": "a.1", "until": 1_001}, True),
        ({"vendor": "qiniu", "id": "b", "until": 1_001}, False),
    ],
    ids=str,
)
def test_an_armed_fault_aims_at_a_task_if_all_that_it_names_fits(aim: dict[str, Any], applies: bool) -> None:
    assert bool(ArmedFaults([Armed(1, DOWN, **aim)]).aimed_at("qiniu", "a.1", 1_000)) is applies


class TestMerged:
    def test_everything_of_one_fault_is_taken_and_named(self) -> None:
        effect = Effect(error=599, fault="hang", delay=Span(4, 4), headers=(("A", "1"), ("B", None)), over=9)
        names = ("delay", "headers", "599", "hang")
        whole = Chosen(599, None, "hang", 9, 4, (("A", "1"), ("B", None)), names=names, sources=(-1,) * 4)
        assert chosen(Fault(When(), effect)) == whole
        assert chosen(armed=(Armed(3, effect),)) == whole._replace(spent=(3,), sources=(3,) * 4)

    def test_names_and_numbers_are_those_of_all_that_applied_in_their_order(self) -> None:
        armed = (Armed(3, Effect(delay=Span(1, 1))), Armed(5, Effect(error="unknown")), Armed(6, Effect()))
        faults = [Fault(When(), Effect(headers=(("A", "1"),))), Fault(When(), Effect(fault="reset"))]
        found = chosen(*faults, armed=armed)
        names = ("delay", "unknown", "headers")
        sources = (3, 5, -1)
        assert found == Chosen("unknown", delay=1, headers=(("A", "1"),), names=names, spent=(3, 5), sources=sources)

    def test_a_delay_of_nothing_is_named_too(self) -> None:
        assert chosen(Fault(When(), Effect(delay=Span(0, 0)))) == Chosen(names=("delay",), sources=(-1,))

    def test_a_fault_that_lost_is_spent_for_what_else_it_did(self) -> None:
        armed = (Armed(1, DOWN), Armed(2, Effect(error=500, delay=Span(2, 2))))
        assert chosen(armed=armed) == Chosen(599, delay=2, names=("599", "delay"), spent=(1, 2), sources=(1, 2))

    def test_no_fault_is_no_harm(self) -> None:
        assert chosen() == UNHARMED == Chosen(delay=0, headers=(), names=(), spent=())
        assert not UNHARMED.unseen


class TestDraws:
    def test_a_spread_delay_is_the_documented_draw_of_the_faults_place_and_the_poll(self) -> None:
        fault = Fault(When(), Effect(delay=Span(0, 10**9)))
        for asked in (1, 2, 7):
            whole = [int(independent_unit(DRAWS, "delay", k, asked) * (10**9 + 1)) for k in (0, 1)]
            assert chosen(fault, fault, asked=asked).delay == sum(whole)

    def test_a_spread_delay_of_an_armed_fault_is_drawn_by_its_number_and_the_poll(self) -> None:
        armed = (Armed(4, Effect(delay=Span(0, 10**9))),)
        for asked in (1, 2, 7):
            unit = independent_unit(DRAWS, "armed", 4, asked)
            assert chosen(armed=armed, asked=asked).delay == int(unit * (10**9 + 1))

    def test_the_chance_of_a_fault_is_drawn_by_its_place_and_the_poll(self) -> None:
        nothing, half = Fault(When(step="never"), DOWN), Fault(When(chance=0.5), DOWN)
        expected = [asked for asked in range(1, 100) if independent_unit(DRAWS, "fault", 1, asked) < 0.5]
        assert [asked for asked in range(1, 100) if chosen(nothing, half, asked=asked).names] == expected

    @pytest.mark.parametrize(("unit", "applies"), [(0.0, True), (0.25, True), (0.5, False), (0.75, False)])
    def test_a_chance_applies_to_the_draws_below_it(
        self, unit: float, applies: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Draws, "unit", lambda *_: unit)
        assert bool(chosen(Fault(When(chance=0.5), DOWN)).names) is applies
        assert chosen(Fault(When(chance=0.0), DOWN)) == UNHARMED

    @pytest.mark.parametrize(
        ("unit", "quantile"), [(0.0, 1e-9), (1e-9, 1e-9), (0.01, 0.01), (0.5, 0.5), (0.99, 0.99), (1.0, 1 - 1e-9)]
    )
    def test_a_lognormal_delay_is_that_quantile_of_it_and_never_endless(
        self, unit: float, quantile: float, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Draws, "unit", lambda *_: unit)
        median, p99, normal = 100_000, 1_000_000, NormalDist()
        expected = median * (p99 / median) ** (normal.inv_cdf(quantile) / normal.inv_cdf(0.99))
        found = chosen(Fault(When(), Effect(delay=Lognormal(median, p99)))).delay
        assert found == pytest.approx(expected, rel=1e-6, abs=1)


class TestBuckets:
    SECOND, MINUTE = Fault(When(rate=Rate(3, 1_000)), DOWN), Fault(When(rate=Rate(2, 60_000)), DOWN)
    NONE = Fault(When(), Effect(delay=Span(1, 1)))
    LATER = Fault(When(every=2, rate=Rate(5, 1_000)), DOWN)

    def test_each_rate_that_a_poll_is_held_to_loses_a_token_of_its_own(self) -> None:
        assert buckets(self.NONE, self.SECOND, self.NONE, self.MINUTE, before=(0, 0)) == (31_000, 80_000)
        assert buckets(self.MINUTE, self.SECOND, self.MINUTE, before=(0, 0, 0)) == (80_000, 31_000, 80_000)

    def test_a_bucket_that_is_not_full_goes_on_from_where_it_stands(self) -> None:
        assert buckets(self.SECOND, before=(30_500,)) == (31_500,)

    def test_an_empty_bucket_stays_as_it_is(self) -> None:
        assert buckets(self.SECOND, before=(32_000,)) == (33_000,)
        assert buckets(self.SECOND, before=(32_001,)) == (32_001,)

    def test_a_rate_whose_other_conditions_do_not_hold_keeps_its_bucket_and_its_place(self) -> None:
        assert buckets(self.LATER, self.SECOND, before=(7, 0)) == (7, 31_000)
        assert buckets(self.LATER, self.SECOND, before=(7, 0), asked=2) == (51_000, 31_000)

    def test_no_rate_has_no_bucket(self) -> None:
        assert buckets(self.NONE, before=()) == ()

    def test_a_poll_that_exceeds_its_rate_is_faulty_and_one_that_passes_is_not(self) -> None:
        rate = Rate(3, 1_000)
        assert exceeds(rate, 32_000, 10_000) == (False, 33_000)
        assert exceeds(rate, 32_001, 10_000) == (True, 32_001)
        assert exceeds(rate, 0, 10_000) == (False, 31_000)

    def test_buckets_go_back_with_the_past_of_their_task_and_are_full_at_0(self) -> None:
        rates = (Rate(3, 1_000), Rate(2, 60_000))
        assert shifted(rates, (31_000, 80_000), 250) == (30_250, 79_500)
        assert shifted(rates, (31_000, 80_000), -250) == (31_750, 80_500)
        assert shifted(rates, (751, 80_000), 250) == (1, 79_500)
        assert shifted(rates, (749, 499), 250) == (0, 0)

    def test_a_bucket_for_each_rate_there_must_be(self) -> None:
        with pytest.raises(ValueError, match="shorter"):
            shifted((Rate(3, 1_000), Rate(2, 60_000)), (31_000,), 250)


class TestApplied:
    def test_delays_add_up_and_headers_are_set(self) -> None:
        applied = Chosen(delay=7, headers=(("A", None), ("B", "2"))).apply(RESPONSE)
        assert applied == RESPONSE._replace(delay=12, headers=(("B", "2"),))

    @pytest.mark.parametrize(("over", "told"), [(None, 30_000), (0, 0), (7, 7)])
    def test_a_delivery_takes_its_own_time_unless_the_scenario_says_how_long(self, over: int | None, told: int) -> None:
        assert Chosen(delivery="hang", over=over).apply(RESPONSE).delivery == Delivery("hang", told)

    def test_a_header_that_was_asked_for_is_sent_whatever_the_fault_did_to_it(self) -> None:
        headers = (("Content-Type", "text/plain"),)
        applied = Chosen(fault="no_content_type", delay=7, headers=headers).apply(RESPONSE)
        assert applied == RESPONSE._replace(delay=12, headers=(*RESPONSE.headers, *headers))

    @pytest.mark.parametrize(
        ("chosen", "unseen"),
        [
            (Chosen(), False),
            (Chosen(error=0), True),
            (Chosen(fault="charset"), False),
            (Chosen(fault="malformed"), True),
            (Chosen(error=599, fault="charset"), True),
        ],
    )
    def test_a_client_has_not_seen_what_an_error_or_a_destroying_fault_replaced(
        self, chosen: Chosen, unseen: bool
    ) -> None:
        assert chosen.unseen is unseen
