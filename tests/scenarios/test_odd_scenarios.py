"""The shipped scenarios that spoil a response leave exactly what their table says."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

import pytest

from mock_server.assembly import Server
from mock_server.emulator.playback import Playback, Polled, polls
from mock_server.engine.task import Key
from mock_server.http.message import Response
from mock_server.http.responses import OFF_CONTRACT_HEADER
from tests.support.controls import bench
from tests.support.odd_scenarios import DRAWN, FIRST, ODD, Left
from tests.support.shipped import VENDORS

START = 1_700_000_000_123
SECOND, HOUR = 1_000, 3_600_000
PLAYS = [(name, vendor) for name, left in ODD.items() for vendor in left.vendors]
NOBODY_ELSE = [(name, vendor) for name, left in ODD.items() for vendor in VENDORS if vendor not in left.vendors]


@pytest.fixture(scope="module")
def server() -> Server:
    return bench().server


def play(server: Server, name: str, vendor: str, *, every: int = SECOND, start: int = START) -> Iterator[Polled]:
    """The polls of a task of a shipped scenario, without end."""
    scenario = server.catalogue.library.scenarios[name]
    return polls(Playback(server.renderer, scenario, Key(vendor, f"{name}.odd"), 0, start), every, 100_000)


def body_of(left: Left, original: Response) -> bytes:
    """The body that leaves, made of the vendor's own."""
    whole = original.body
    return {"task": whole, "error": whole, "half": whole[: len(whole) // 2]}.get(left.body, left.body.encode())


def check_body(left: Left, response: Response, original: Response) -> None:
    if left.body == "page":
        assert response.body.startswith(b"<html>\r\n<head><title>%d " % left.status)
        return
    assert response.body == body_of(left, original)
    if left.body in ("task", "error"):
        assert isinstance(json.loads(response.body), dict)


def location(header: str, name: str, original: str) -> str:
    """Where a redirect leads: to the same task of another scenario, to itself, or to a URL."""
    if header == "self":
        return original
    return header if "/" in header else original.replace(name, header)


def check(name: str, left: Left, polled: Polled) -> None:
    """That what left is what the table says."""
    response, original = polled.entry.response, polled.entry.original or polled.entry.response
    assert (response.status, response.header("Content-Type")) == (left.status, left.type)
    check_body(left, response, original)
    assert (response.delivery.kind if response.delivery else "") == left.fault
    low, high = left.delay
    assert low <= response.delay <= high
    for header, value in left.headers.items():
        if header == "Location" and value is not None:
            value = location(value, name, polled.entry.request.target)
        assert response.header(header) == value, header


@pytest.mark.parametrize(("name", "vendor"), PLAYS)
def test_a_spoiled_response_leaves_as_the_table_says(server: Server, name: str, vendor: str) -> None:
    left = ODD[name]
    for k, polled in enumerate(islice(play(server, name, vendor), 4)):
        if k in FIRST.get(name, range(4)):
            check(name, left, polled)
        else:
            assert (polled.entry.response.status, polled.entry.faults, polled.entry.verdict) == (200, (), "fits")


@pytest.mark.parametrize(("name", "vendor"), [(name, vendor) for name, vendor in PLAYS if ODD[name].off])
def test_what_breaks_the_contract_says_where(server: Server, name: str, vendor: str) -> None:
    off = ODD[name].off
    (polled,) = islice(play(server, name, vendor), 1)
    assert polled.entry.verdict == "off-contract"
    where = (polled.entry.response.header(OFF_CONTRACT_HEADER) or "").partition(":")[0]
    assert where.split(" ")[0] == (off if isinstance(off, str) else off[vendor])


@pytest.mark.parametrize(("name", "vendor"), NOBODY_ELSE)
def test_only_the_vendors_of_the_table_are_served(server: Server, name: str, vendor: str) -> None:
    assert vendor not in server.catalogue.library.scenarios[name].vendors


def values(server: Server, name: str, vendor: str) -> Mapping[str, Any]:
    (polled,) = islice(play(server, name, vendor), 1)
    found: Mapping[str, Any] = json.loads(polled.entry.response.body)
    return found


def test_the_values_that_clients_trip_over_are_those_that_the_sentences_name(server: Server) -> None:
    assert values(server, "code-as-text", "qiniu")["code"] == "0"
    assert values(server, "code-as-text", "wangsu")["code"] == "3"
    assert values(server, "code-as-text", "huawei")["preheating_results"][0]["status"] == 1
    assert "code" not in values(server, "no-code", "qiniu")
    assert values(server, "unknown-code", "qiniu")["code"] == 5
    assert values(server, "items-null", "qiniu")["items"] is None
    assert values(server, "items-empty", "wangsu")["items"] == []
    assert isinstance(values(server, "items-object", "huawei")["preheating_results"], dict)
    assert "preheating_results" not in values(server, "no-items", "huawei")
    assert [item["error"] for item in values(server, "failed-without-reason", "wangsu")["items"]] == [""]
    assert values(server, "date-as-text", "qiniu")["creationDate"] == "2024-08-27 19:02:44"
    assert values(server, "date-null", "qiniu")["creationDate"] is None
    assert values(server, "error-without-code", "qiniu") == {"error": "invalid argument: id"}
    assert values(server, "error-code-as-number", "wangsu")["code"] == 404
    assert values(server, "unknown-fields", "qiniu")["items"][0]["costTime"] == 1234


@pytest.mark.parametrize(("name", "by"), [("length-too-long", 100), ("length-too-short", -20)])
@pytest.mark.parametrize("vendor", VENDORS)
def test_a_wrong_length_is_off_by_so_much(server: Server, name: str, by: int, vendor: str) -> None:
    (polled,) = islice(play(server, name, vendor), 1)
    response = polled.entry.response
    assert response.header("Content-Length") == str(len(response.body) + by)


@pytest.mark.parametrize(
    ("name", "ahead"), [("unavailable-retry-date", "Tue, 14 Nov 2023 22:13:22 GMT"), ("retry-date-years-away", "2033")]
)
def test_a_date_to_come_back_at_is_so_far_ahead(server: Server, name: str, ahead: str) -> None:
    (polled,) = islice(play(server, name, "qiniu"), 1)
    assert ahead in (polled.entry.response.header("Retry-After") or "")


@pytest.mark.parametrize("name", ["throttled-once", "throttled-retry-after", "unavailable-retry-after"])
@pytest.mark.parametrize("vendor", VENDORS)
def test_a_refusal_that_says_when_to_come_back_says_one_second(server: Server, name: str, vendor: str) -> None:
    (polled,) = islice(play(server, name, vendor), 1)
    assert polled.entry.response.header("Retry-After") == "1"


@pytest.mark.parametrize("vendor", VENDORS)
def test_three_connections_in_ten_of_the_flaky_one_are_reset_and_the_task_goes_on(server: Server, vendor: str) -> None:
    scenario = server.catalogue.library.scenarios["flaky-connection"]
    lost = 0
    for n in range(30):
        key = Key(vendor, f"flaky-connection.{n}")
        seen = list(polls(Playback(server.renderer, scenario, key, 0, START), SECOND, 14))
        lost += sum(polled.entry.faults == ("reset",) for polled in seen)
        assert seen[-1].run.ended
    assert 0.25 < lost / (30 * 14) < 0.35
    assert "flaky-connection" in DRAWN


def test_the_long_tail_is_short_for_half_and_long_for_one_in_a_hundred(server: Server) -> None:
    delays = sorted(polled.entry.response.delay for polled in islice(play(server, "long-tail", "qiniu"), 1_000))
    assert 70 < delays[500] < 90
    assert 2_000 < delays[990] < 4_500
    assert "long-tail" in DRAWN


@pytest.mark.parametrize("vendor", VENDORS)
def test_the_maintenance_comes_at_two_in_the_morning_in_china_for_ten_minutes(server: Server, vendor: str) -> None:
    one_in_the_morning = 1_700_067_600_000
    statuses = [
        polled.entry.response.status
        for polled in islice(play(server, "nightly-maintenance", vendor, every=300_000, start=one_in_the_morning), 16)
    ]
    assert statuses == [*[200] * 12, 503, 503, 200, 200]
