"""Faults: how they add up, what they do to the response, what they leave of the task, and those armed by hand."""

from __future__ import annotations

import dataclasses
import statistics
import threading
from collections.abc import Callable
from typing import Any

import pytest

from mock_server.engine.cursor import Cursor
from mock_server.engine.draws import Draws
from mock_server.engine.run import sample
from mock_server.engine.scenario import DAY, Ahead, Daily, Effect, Fault, Lognormal, Span, State, Step, When
from mock_server.faults.armed import Armed, ArmedFaults
from mock_server.faults.choose import Chosen, choose
from mock_server.faults.kinds import FAULTS
from mock_server.http.message import Delivery, Response
from mock_server.vendors.registry import Registry
from tests.engine.test_cursor import independent_unit
from tests.support.emulators import VENDORS, World, body, scenario
from tests.support.strategies import VENDOR, scenario_of

DRAWS = Draws(7, "made-up.1")
DOWN = Effect(error=599)
RESPONSE = Response(200, "OK", (("Content-Type", "application/json"), ("Content-Length", "9")), b'{"a":"b"}')
WIRE = sorted(name for name, kind in FAULTS.items() if kind.deliver is not None)
REPLACING = ("error", "fault", "delivery", "over", "status", "body", "type", "length", "redirect")
HELD = "steps: [{state: processing, hold: true}]\n"
POLLED = "steps: [{state: waiting, polls: 3}, {state: processing, polls: 4}, {state: succeeded}]\n"


def chosen(*faults: Fault, asked: int = 1, born: int = 0, now: int = 0, step: str = "any", armed: Any = ()) -> Chosen:
    """What applies to one poll of a task that has no history of rates."""
    scenario = dataclasses.replace(scenario_of(Step(step, State.PROCESSING, hold=True)), faults=faults)
    run = sample(scenario, VENDOR)._replace(cursor=Cursor(born, born, asked=asked - 1), now=now, draws=DRAWS)
    return choose(run, armed, run.step.name)[0]


class TestMerging:
    def test_delays_add_up(self) -> None:
        faults = [Fault(When(), Effect(delay=Span(ms, ms))) for ms in (250, 40)]
        assert chosen(*faults, armed=(Armed(1, Effect(delay=Span(1_000, 1_000))),)).delay == 1_290

    def test_headers_merge_and_the_first_of_a_name_wins_in_any_case(self) -> None:
        first, second = Effect(headers=(("a", "1"), ("B", None))), Effect(headers=(("A", "2"), ("b", "3"), ("C", "4")))
        assert chosen(Fault(When(), first), Fault(When(), second)).headers == (("a", "1"), ("B", None), ("C", "4"))

    @pytest.mark.parametrize(
        ("effects", "expected"),
        [
            ((Effect(error=599), Effect(error=500)), {"error": 599}),
            ((Effect(error=599), Effect(fault="reset")), {"error": 599}),
            ((Effect(error=599), Effect(status=203)), {"error": 599}),
            ((Effect(fault="reset"), Effect(error=599)), {"delivery": "reset"}),
            ((Effect(delay=Span(1, 1)), Effect(fault="html"), Effect(error=599)), {"fault": "html"}),
            ((Effect(error=599, fault="html"), Effect(fault="reset")), {"error": 599, "fault": "html"}),
            (
                (Effect(fault="html"), Effect(fault="dribble", over=7)),
                {"fault": "html", "delivery": "dribble", "over": 7},
            ),
            ((Effect(fault="reset_mid"), Effect(fault="malformed")), {"fault": "malformed", "delivery": "reset_mid"}),
            ((Effect(fault="html"), Effect(fault="malformed")), {"fault": "html"}),
            ((Effect(fault="html"), Effect(body="[]")), {"fault": "html"}),
            ((Effect(body="[]", type="a/b"), Effect(fault="html")), {"body": "[]", "type": "a/b"}),
            ((Effect(redirect="self"), Effect(body="[]"), Effect(fault="html")), {"redirect": "self"}),
            ((Effect(fault="hang"), Effect(length=5)), {"delivery": "hang"}),
            ((Effect(length=5), Effect(fault="hang", over=9)), {"delivery": "bad_length", "length": 5}),
            ((Effect(fault="html", length=-5),), {"fault": "html", "delivery": "bad_length", "length": -5}),
            ((Effect(fault="html"), Effect(status=200)), {"fault": "html", "status": 200}),
            ((Effect(status=201), Effect(fault="html", status=200)), {"fault": "html", "status": 201}),
        ],
        ids=lambda value: "" if isinstance(value, dict) else str(value)[:60],
    )
    def test_of_body_delivery_and_status_the_first_of_each_wins_and_an_error_wins_whole(
        self, effects: tuple[Effect, ...], expected: dict[str, Any]
    ) -> None:
        found = chosen(*(Fault(When(), effect) for effect in effects))._asdict()
        told = {key: value for key, value in found.items() if value is not None and key in REPLACING}
        assert told == expected

    def test_armed_faults_come_before_scripted_ones(self) -> None:
        assert chosen(Fault(When(), DOWN), armed=(Armed(1, Effect(error=500)),)).error == 500

    def test_how_long_it_takes_comes_with_the_fault_that_won(self) -> None:
        first, second = Effect(fault="hang"), Effect(fault="dribble", over=3)
        assert chosen(Fault(When(), first), Fault(When(), second)).over is None

    def test_what_did_not_win_still_delays_and_is_not_named(self) -> None:
        second = Effect(error=500, delay=Span(5, 5), headers=(("Retry-After", "3"),))
        found = chosen(Fault(When(), DOWN), Fault(When(), second))
        assert (found.names, found.delay) == (("599", "delay", "headers"), 5)

    def test_an_armed_fault_that_had_no_effect_is_not_used_up(self) -> None:
        armed = (Armed(1, DOWN, times=1), Armed(2, Effect(error=500), times=1))
        assert chosen(armed=armed).spent == (1,)

    def test_headers_are_set_in_their_place_added_or_removed(self) -> None:
        headers = (("content-type", "text/plain"), ("Content-Length", None), ("Retry-After", "3"))
        assert Chosen(headers=headers).apply(RESPONSE).headers == (("Content-Type", "text/plain"), ("Retry-After", "3"))


class TestDelay:
    @pytest.mark.parametrize(("median", "p99"), [(100, 1_000), (20, 25), (50, 50)])
    def test_a_lognormal_delay_has_the_median_and_the_99th_percentile_it_is_given_by(
        self, median: int, p99: int
    ) -> None:
        fault = Fault(When(), Effect(delay=Lognormal(median, p99)))
        delays = [chosen(fault, asked=asked).delay for asked in range(1, 20_001)]
        assert statistics.median(delays) == pytest.approx(median, rel=0.05)
        assert statistics.quantiles(delays, n=100)[98] == pytest.approx(p99, rel=0.12)

    def test_a_spread_delay_stays_between_its_ends_and_reaches_them(self) -> None:
        fault = Fault(When(), Effect(delay=Span(3, 7)))
        assert {chosen(fault, asked=asked).delay for asked in range(1, 200)} == {3, 4, 5, 6, 7}

    def test_a_delay_is_drawn_anew_at_each_poll_and_the_same_on_each_run(self) -> None:
        fault = Fault(When(), Effect(delay=Span(0, 10**6)))
        runs = [[chosen(fault, asked=asked).delay for asked in range(1, 50)] for _ in range(2)]
        assert runs[0] == runs[1]
        assert len(set(runs[0])) > 40

    def test_a_delay_is_real_time_and_leaves_the_virtual_clock_alone(self) -> None:
        world = World(scenario(HELD + "faults: [{delay: 10m}]"))
        before = world.virtual()
        assert (world.poll().delay, world.virtual()) == (600_000, before)


class TestApplying:
    def faulty(self, fault: str, response: Response = RESPONSE) -> Response:
        return chosen(Fault(When(), Effect(fault=fault))).apply(response)

    def test_malformed_json_is_cut_in_half_and_its_length_told_truly(self) -> None:
        response = self.faulty("malformed")
        assert (response.body, response.header("Content-Length"), response.status) == (b'{"a"', "4", 200)

    @pytest.mark.parametrize(("status", "left"), [(200, 502), (404, 404), (599, 599)])
    def test_a_gateways_page_is_a_502_unless_an_error_came_first(self, status: int, left: int) -> None:
        response = self.faulty("html", RESPONSE._replace(status=status))
        assert (response.status, response.header("Content-Type")) == (left, "text/html")
        assert response.header("Content-Length") == str(len(response.body))
        assert response.body.startswith(b"<html>")

    def test_a_gateways_page_has_no_header_of_the_vendor(self) -> None:
        reply = RESPONSE._replace(headers=(*RESPONSE.headers, ("X-Reqid", "1"), ("X-Log", "x")))
        assert [name for name, _ in self.faulty("html", reply).headers] == ["Content-Type", "Content-Length"]

    @pytest.mark.parametrize(("status", "reason"), [(200, "OK"), (503, "Service Unavailable"), (302, "Found")])
    def test_the_status_of_a_gateways_page_can_be_said(self, status: int, reason: str) -> None:
        response = Chosen(fault="html", status=status).apply(RESPONSE)
        assert (response.status, response.reason, response.body[:6]) == (status, reason, b"<html>")

    @pytest.mark.parametrize("status", [204, 205, 304])
    def test_a_status_without_a_body_has_none(self, status: int) -> None:
        response = Chosen(status=status).apply(RESPONSE)
        assert (response.status, response.body, response.header("Content-Length")) == (status, b"", "0")

    @pytest.mark.parametrize("written", ["", "[]", "null", "plain", "\ufeff{}", '{"a":1}\r\n\0trailing', "é日本"])
    def test_a_body_by_hand_is_sent_as_it_is_written(self, written: str) -> None:
        response = Chosen(body=written, type="text/plain; charset=utf-8").apply(RESPONSE)
        expected = written.encode()
        assert (response.body, response.header("Content-Length")) == (expected, str(len(expected)))
        assert response.header("Content-Type") == "text/plain; charset=utf-8"
        assert Chosen(body=written).apply(RESPONSE).header("Content-Type") == "application/json"

    @pytest.mark.parametrize(("off", "length"), [(5, "14"), (-3, "6"), (-100, "0")])
    def test_a_content_length_can_be_off_in_either_direction(self, off: int, length: str) -> None:
        response = chosen(Fault(When(), Effect(length=off))).apply(RESPONSE)
        assert (response.header("Content-Length"), response.body) == (length, RESPONSE.body)
        assert response.delivery == Delivery("bad_length")

    def test_a_content_length_is_off_from_the_body_that_is_sent(self) -> None:
        response = chosen(Fault(When(), Effect(body="[]", length=5))).apply(RESPONSE)
        assert (response.header("Content-Length"), response.body) == ("7", b"[]")

    @pytest.mark.parametrize(
        ("ms", "date"), [(0, "Tue, 01 Jan 2030 00:00:00 GMT"), (30_000, "Tue, 01 Jan 2030 00:00:30 GMT")]
    )
    @pytest.mark.parametrize("early", [0, 999])
    def test_a_header_can_be_a_date_ahead_rounded_up_to_seconds(self, ms: int, date: str, early: int) -> None:
        found = Chosen(headers=(("Retry-After", Ahead(ms)),)).apply(RESPONSE, real=1_893_456_000_000 - early)
        assert found.header("Retry-After") == date

    @pytest.mark.parametrize("vendor", VENDORS)
    def test_a_redirect_leads_to_itself_to_another_scenario_or_away(self, vendor: str) -> None:
        world = World(
            scenario(
                HELD
                + "faults:\n"
                + "  - {when: {polls: [1]}, redirect: self}\n"
                + "  - {when: {polls: [2]}, redirect: happy-path, status: 307}\n"
                + "  - {when: {polls: [3]}, redirect: 'https://example.com/login?a=b', status: 301}\n"
            )
        )
        told = [world.poll(vendor=vendor) for _ in range(3)]
        asked = world.last().request.target
        other = Registry().dialect(vendor).example("happy-path.1")
        assert [(each.status, each.header("Location"), each.body) for each in told] == [
            (302, asked, b""),
            (307, other, b""),
            (301, "https://example.com/login?a=b", b""),
        ]
        assert [each.header("Content-Length") for each in told] == ["0"] * 3

    def test_an_empty_body_keeps_status_and_type(self) -> None:
        response = self.faulty("empty_body")
        assert (response.status, response.body, response.header("Content-Length")) == (200, b"", "0")
        assert response.header("Content-Type") == "application/json"

    @pytest.mark.parametrize(
        ("fault", "type"), [("no_content_type", None), ("charset", "application/json; charset=utf-8")]
    )
    def test_the_content_type_alone_is_changed(self, fault: str, type: str | None) -> None:
        response = self.faulty(fault)
        assert response.header("Content-Type") == type
        assert response.with_header("Content-Type", None) == RESPONSE.with_header("Content-Type", None)

    @pytest.mark.parametrize("fault", WIRE)
    def test_a_fault_of_the_wire_leaves_the_response_and_names_its_delivery(self, fault: str) -> None:
        expected = {"hang": 30_000, "dribble": 5_000}.get(fault)
        assert self.faulty(fault) == RESPONSE._replace(delivery=Delivery(fault, expected))

    @pytest.mark.parametrize("fault", ["hang", "dribble"])
    def test_how_long_it_takes_can_be_told(self, fault: str) -> None:
        assert Chosen(delivery=fault, over=7).apply(RESPONSE).delivery == Delivery(fault, 7)

    @pytest.mark.parametrize("vendor", VENDORS)
    @pytest.mark.parametrize("fault", sorted(FAULTS))
    def test_every_fault_can_be_scripted_for_every_vendor(self, fault: str, vendor: str) -> None:
        world = World(scenario(HELD + f"faults: [{{when: {{polls: [2..2]}}, fault: {fault}}}]"))
        clean, faulty = world.poll(vendor=vendor), world.poll(vendor=vendor)
        entry = world.last()
        assert entry.original is not None
        assert (entry.response, entry.faults) == (faulty, (fault,))
        assert (entry.original.body, entry.original.status) == (clean.body, 200)

    def test_an_error_takes_the_responses_place_before_the_fault_applies(self) -> None:
        text = HELD + "faults: [{error: 599, fault: no_content_type, delay: 1s, headers: {Retry-After: '3'}}]"
        world = World(scenario(text))
        response = world.poll(vendor="wangsu")
        assert (response.status, body(response)["code"], response.delay) == (599, "599", 1_000)
        assert (response.header("Content-Type"), response.header("Retry-After")) == (None, "3")


SEEN = ("charset", "no_content_type", "dribble", "close", "stale")
"""The faults that leave a client with a body it can read."""


class TestCounting:
    def test_exactly_the_faults_that_destroy_body_or_connection_are_unseen(self) -> None:
        assert {name for name in FAULTS if not chosen(Fault(When(), Effect(fault=name))).unseen} == set(SEEN)

    @pytest.mark.parametrize(
        ("effect", "seen"),
        [
            *((f"fault: {name}", name in SEEN) for name in sorted(FAULTS)),
            ("error: 599", False),
            ("error: unknown", False),
            ("delay: 1s", True),
            ("headers: {X-Reqid: null}", True),
            ("status: 203", True),
            ("status: 204", False),
            ("status: 500", False),
            ("body: '[]'", False),
            ("length: +5", False),
            ("redirect: self", False),
        ],
    )
    @pytest.mark.parametrize("count", ["all", "seen"])
    def test_count_seen_leaves_out_the_polls_whose_response_was_replaced(
        self, count: str, effect: str, seen: bool
    ) -> None:
        text = f"count: {count}\n{POLLED}faults: [{{when: {{polls: [1..2]}}, {effect}}}]"
        world = World(scenario(text))
        for _ in range(3):
            world.poll()
        assert world.step() == ("processing" if seen or count == "all" else "waiting")

    def test_faults_number_all_polls_even_where_steps_do_not(self) -> None:
        world = World(scenario(f"count: seen\n{POLLED}faults: [{{when: {{polls: [1..4]}}, error: 599}}]"))
        assert (world.statuses(5), world.task().polls, world.task().asked) == ([599] * 4 + [200], 1, 5)


class TestArmed:
    @pytest.mark.parametrize(
        ("aim", "hit"),
        [
            ({}, ["qiniu a.1", "qiniu a.2", "wangsu a.1"]),
            ({"vendor": "qiniu"}, ["qiniu a.1", "qiniu a.2"]),
            ({"id": "a.1"}, ["qiniu a.1", "wangsu a.1"]),
            ({"id": "a.*"}, ["qiniu a.1", "qiniu a.2", "wangsu a.1"]),
            ({"id": "*"}, ["qiniu a.1", "qiniu a.2", "wangsu a.1"]),
            ({"vendor": "qiniu", "id": "a.2"}, ["qiniu a.2"]),
            ({"vendor": "huawei"}, []),
            ({"id": "a"}, []),
        ],
        ids=str,
    )
    def test_it_is_for_a_vendor_an_id_or_a_prefix(self, aim: dict[str, str], hit: list[str]) -> None:
        world = World(scenario(HELD, "a"))
        world.arm(DOWN, **aim)
        tasks = [("qiniu", "a.1"), ("qiniu", "a.2"), ("wangsu", "a.1")]
        assert [f"{vendor} {id}" for vendor, id in tasks if world.poll(id, vendor).status == 599] == hit

    def test_it_applies_to_so_many_polls_as_it_was_armed_for(self) -> None:
        world = World(scenario(HELD))
        world.arm(DOWN, times=2)
        assert (world.statuses(4), tuple(world.store.control().armed)) == ([599, 599, 200, 200], ())

    def test_one_that_is_for_another_task_is_not_used_up(self) -> None:
        world = World(scenario(HELD))
        for id in ("made-up.1", "made-up.2"):
            world.arm(DOWN, id=id, times=1)
        assert [world.poll(f"made-up.{k}").status for k in (1, 2, 1, 2)] == [599, 599, 200, 200]

    def test_it_applies_until_a_virtual_moment(self) -> None:
        world = World(scenario(HELD))
        world.arm(DOWN, until=world.virtual() + 1_000)
        before = world.poll().status
        world.advance(999)
        last = world.poll().status
        world.advance(1)
        assert (before, last, world.poll().status) == (599, 599, 200)

    def test_a_peek_neither_sees_it_nor_uses_it_up(self) -> None:
        world = World(scenario(HELD))
        world.arm(DOWN, times=1)
        assert [world.poll(method="HEAD").status, world.poll().status] == [200, 599]

    def test_a_request_for_an_unknown_id_does_not_use_it_up(self) -> None:
        world = World(scenario(HELD))
        world.arm(DOWN, times=1)
        assert [world.poll("nothing").status, world.poll().status] == [404, 599]

    def test_it_applies_at_a_time_of_day_every_day(self) -> None:
        world = World(scenario(HELD))
        fault = Armed(1, DOWN, daily=Daily((world.virtual() + 1_000) % DAY, 500))
        world.store.control(lambda control: control._replace(armed=ArmedFaults([fault])))
        found = []
        for passed in (999, 1, 499, 1, DAY - 501, 1):
            world.advance(passed)
            found.append(world.poll().status)
        assert found == [200, 599, 599, 200, 200, 599]

    def test_it_delays_by_a_draw_of_its_own(self) -> None:
        world = World(scenario(HELD))
        for _ in range(2):
            world.arm(Effect(delay=Span(0, 10**9)))
        whole = [int(independent_unit(Draws(0, "made-up.1"), "armed", k, 1) * (10**9 + 1)) for k in (1, 2)]
        assert world.poll().delay == sum(whole)

    def test_its_uses_are_counted_exactly_however_many_threads_poll(self) -> None:
        world = World(scenario(HELD))
        world.arm(DOWN, times=50)
        found = _in_threads(8, lambda k: world.statuses(25, f"made-up.{k}"))
        assert sum(statuses.count(599) for statuses in found) == 50
        assert tuple(world.store.control().armed) == ()


def _in_threads(count: int, work: Callable[[int], list[int]]) -> list[list[int]]:
    """What `work` gave in each of so many threads that began together."""
    begin = threading.Barrier(count)
    found: list[list[int]] = []

    def run(k: int) -> None:
        begin.wait()
        found.append(work(k))

    threads = [threading.Thread(target=run, args=(k,)) for k in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found
