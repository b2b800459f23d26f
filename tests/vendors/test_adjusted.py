"""Responses that a scenario adjusts: what it puts, drops and sets, on the wire as in the journal, task after task."""

from __future__ import annotations

import json

import pytest

from mock_server.engine.scenario import Adjust
from mock_server.errors import InvalidInput
from tests.support.emulators import VENDORS, World, adjusted, body, scenario

HELD = "steps: [{state: processing, hold: true}]\n"
NESTED = {"kept": 1, "dropped": [1, {"deep": 2}], "list": [{"a": 1, "b": 2}, {"a": 3, "b": 4}]}
DROPPED = (("extra", "dropped"), ("extra", "list", "*", "a"))


def test_what_is_dropped_from_a_value_that_was_put_is_there_for_the_next_task() -> None:
    put = {"qiniu": ((("extra",), NESTED),)}
    world = World(adjusted(scenario(HELD), Adjust(put=put, drop={"qiniu": DROPPED}, off_contract=True)))
    seen = [body(world.poll(f"made-up.{k}")).get("extra") for k in range(3)]
    assert seen == [{"kept": 1, "list": [{"b": 2}, {"b": 4}]}] * 3
    assert put["qiniu"][0][1]["dropped"] == [1, {"deep": 2}]


def test_what_is_put_into_a_value_that_was_put_is_new_for_each_task() -> None:
    value: dict[str, object] = {"list": []}
    put = {"qiniu": ((("extra",), value), (("extra", "more"), "text"))}
    world = World(adjusted(scenario(HELD), Adjust(put=put, off_contract=True)))
    assert [body(world.poll(f"made-up.{k}"))["extra"] for k in range(2)] == [{"list": [], "more": "text"}] * 2
    assert value == {"list": []}


@pytest.mark.parametrize("number", [1e-7, 2.5e-12, 0.1, 1e16, 100.0])
def test_a_fraction_is_served_in_the_same_letters_whichever_encoder_is_installed(number: float) -> None:
    world = World(adjusted(scenario(HELD), Adjust(put={"qiniu": ((("extra",), number),)}, off_contract=True)))
    assert world.poll().body.endswith(f',"extra":{json.dumps(number)}}}'.encode())


@pytest.mark.parametrize(
    ("status", "line"), [(203, (203, "Non-Authoritative Information")), (500, (500, "Internal Server Error"))]
)
@pytest.mark.parametrize("vendor", VENDORS)
def test_a_steps_status_is_that_of_the_response_served(vendor: str, status: int, line: tuple[int, str]) -> None:
    text = f"steps: [{{state: waiting, polls: 1, status: {status}}}, {{state: succeeded}}]\n"
    world = World(scenario(text))
    first, second = (world.poll(vendor=vendor) for _ in range(2))
    assert (first.status, first.reason) == line
    assert (second.status, second.reason) == (200, "OK")
    assert (
        body(first).keys() == body(World(scenario(text.replace(f", status: {status}", ""))).poll(vendor=vendor)).keys()
    )
    assert [(entry.response.status, entry.verdict) for entry in world.entries()] == [(status, "fits"), (200, "fits")]


def test_a_peek_shows_the_status_of_the_step_too() -> None:
    world = World(scenario("steps: [{state: succeeded, status: 203}]\n"))
    assert [world.poll(method=method).status for method in ("HEAD", "GET", "HEAD")] == [203] * 3


def test_an_error_step_may_have_another_status_than_its_error() -> None:
    world = World(scenario("steps: [{error: 599, status: 503}]\n"))
    response = world.poll()
    assert (response.status, response.reason) == (503, "Service Unavailable")


@pytest.mark.parametrize(
    ("vendor", "place", "value"),
    [
        ("qiniu", "code: 0.0", "the number 0.0"),
        ("qiniu", "items.*.code: 0.0", "the number 0.0"),
        ("wangsu", "code: 3.0", "the number 3.0"),
        ("wangsu", "items.*.fsize: 12.0", "the number 12.0"),
    ],
)
def test_a_whole_number_with_a_fraction_part_breaks_the_contract(vendor: str, place: str, value: str) -> None:
    text = f"vendors: [{vendor}]\nsteps: [{{state: succeeded, with: {{{vendor}: {{{place}}}}}}}]\n"
    with pytest.raises(InvalidInput, match=rf"expected an integer.*, found {value}"):
        scenario(text)
    declared = World(scenario(text.replace("state: succeeded", "state: succeeded, off_contract: true")))
    response = declared.poll(vendor=vendor)
    assert (response.status, response.header("X-Mock-Server-Off-Contract") is not None) == (200, True)
    assert value.split()[-1].encode() in response.body


def test_a_count_in_a_scenario_has_no_fraction_part() -> None:
    with pytest.raises(InvalidInput, match=r"expected a whole number|expected a number of polls"):
        scenario("steps: [{state: waiting, polls: 2.0}, {state: succeeded}]\n")
    with pytest.raises(InvalidInput, match=r":3:17: expected a whole number or text, found 12\.0"):
        scenario("vendors: [wangsu]\nitems: [{fsize: 12.0}]\nsteps: [{state: succeeded}]\n")
