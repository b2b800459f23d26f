"""Two runs are compared exchange by exchange, and what differs on every run is left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from mock_server.api.exchange import Exchange
from mock_server.client import Client
from mock_server.client.compare import Compared, Ignored, TaskId, compare
from mock_server.http.message import request_of
from mock_server.server.in_process import InProcess
from mock_server.server.own_paths import OwnPaths
from tests.support.harness import Now, started


def polled(*targets: str, headers: Mapping[str, str] | None = None, now: int = 0) -> tuple[Exchange, ...]:
    """The exchanges of a new server to which these requests came, a second apart."""
    clock = Now()
    clock.ms += now
    server = started(clock)
    for target in targets:
        server.emulator.answer(request_of("GET", target, tuple((headers or {}).items()), b""))
        clock.ms += 1000
    return Client.within(InProcess(OwnPaths(server), server)).requests()


def poll(id: str) -> str:
    """The target of a poll."""
    return f"/status/get/prefop?id={id}"


def only(a: Sequence[Exchange], b: Sequence[Exchange], ignored: Ignored | None = None) -> Compared:
    """The one task of two runs."""
    (compared,) = compare(a, b, ignored)
    return compared


def differences(compared: Compared) -> list[tuple[str, ...]]:
    """What differs, pair by pair."""
    return [pair.differs for pair in compared.pairs if not pair.same]


IDS = st.lists(st.sampled_from(["fails-late.1", "flaky.2", "throttled.3", "nobody"]).map(poll), max_size=8)


@settings(max_examples=15)
@given(IDS)
def test_a_run_is_the_same_as_one_with_the_same_requests_at_another_time(targets: list[str]) -> None:
    assert all(task.same for task in compare(polled(*targets), polled(*targets, now=86_400_000)))


@settings(max_examples=15)
@given(IDS, st.data())
def test_every_exchange_of_both_runs_is_in_one_pair_and_in_its_order(a: list[str], data: st.DataObject) -> None:
    first, second = polled(*a), polled(*data.draw(IDS))
    pairs = [pair for task in compare(first, second) for pair in task.pairs]
    for run, mine in ((first, [pair.a for pair in pairs]), (second, [pair.b for pair in pairs])):
        numbers = [each.number for each in mine if each is not None]
        assert sorted(numbers) == [each.number for each in run]
    assert all(pair.a is not None or pair.b is not None for pair in pairs)


def test_one_more_poll_is_one_line_more() -> None:
    a, b = polled(*[poll("fails-late.1")] * 2), polled(*[poll("fails-late.1")] * 3)
    compared = only(a, b)
    assert [pair.same for pair in compared.pairs] == [True, True, False]
    assert compared.pairs[2].a is None


def test_a_task_of_one_run_alone_says_which() -> None:
    found = compare(polled(poll("flaky.1")), polled(poll("flaky.2")))
    assert [(task.task, task.only) for task in found] == [
        (TaskId("qiniu", "flaky.1"), "a"),
        (TaskId("qiniu", "flaky.2"), "b"),
    ]


def test_requests_that_met_no_task_are_compared_together() -> None:
    (found,) = compare(polled(poll("nobody")), polled(poll("somebody")))
    assert found.task == TaskId(None, None)
    assert differences(found)[0][0] == "target: /status/get/prefop?id=nobody -> /status/get/prefop?id=somebody"


def test_a_header_of_the_request_that_differs_is_named() -> None:
    a = polled(poll("happy-path.1"), headers={"Accept": "*/*", "User-Agent": "sdk/1"})
    b = polled(poll("happy-path.1"), headers={"accept": "text/html", "User-Agent": "sdk/2"})
    assert differences(only(a, b)) == [("request header accept: */* -> text/html",)]
    assert only(a, b, Ignored({"accept", "user-agent"})).same


def test_fields_of_a_body_are_told_by_their_paths() -> None:
    a, b = polled(poll("x.1")), polled(poll("x.1"))
    (changed,) = b
    text = changed.response.text.replace('"error"', '"wrong"')
    other = _with_text(changed, text)
    (lines,) = differences(only(a, (other,)))
    assert sorted(line.split(":")[0] for line in lines) == ["body $.error", "body $.wrong"]
    assert only(a, (other,), Ignored(fields={"error", "wrong"})).same


@pytest.mark.parametrize("body", ["", "no json", "[" * 3000, '{"a": 1e400}', "null"])
def test_a_body_of_any_kind_can_be_compared(body: str) -> None:
    (each,) = polled(poll("happy-path.1"))
    assert only((_with_text(each, body),), (_with_text(each, body),)).same
    assert not only((_with_text(each, body),), (_with_text(each, "other"),)).same


def test_what_a_fault_did_to_the_connection_is_a_difference() -> None:
    (each,) = polled(poll("happy-path.1"))
    cut = replace(each, faults=("reset",), saw="cut", response=replace(each.response, delivery="reset"))
    (found,) = differences(only((each,), (cut,)))
    assert found[:3] == ("saw: waiting -> cut", "status: 200 -> none", "delivery: none -> reset")


def _with_text(exchange: Exchange, text: str) -> Exchange:
    return replace(exchange, response=replace(exchange.response, text=text))
