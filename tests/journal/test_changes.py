"""What faults made of a response, line by line."""

from __future__ import annotations

import pytest

from mock_server.engine.scenario import Adjust, Effect, Span
from mock_server.faults.kinds import FAULTS
from mock_server.journal.changes import COMPARED, Line, changes_of, pretty_body
from tests.support.emulators import World, adjusted, scenario

HELD = "steps: [{state: processing, hold: true}]"


def changed(effect: Effect) -> list[Line]:
    """The lines that differ, of a poll with this fault."""
    world = World(scenario(HELD))
    world.arm(effect)
    world.poll()
    return [line for line in changes_of(world.last()) if line.sign != " "]


def size() -> int:
    world = World(scenario(HELD))
    return len(world.poll().body)


def test_without_a_fault_there_are_none() -> None:
    world = World(scenario(HELD))
    world.poll()
    assert changes_of(world.last()) == ()


def test_both_responses_can_be_read_from_the_lines() -> None:
    world = World(scenario(HELD))
    world.arm(Effect(error=599, headers=(("A", "b"),)))
    world.poll()
    lines, last = changes_of(world.last()), world.last()
    assert last.original is not None
    for sign, response in (("-", last.original), ("+", last.response)):
        body = [line.text for line in lines if line.part == "body" and line.sign in (sign, " ")]
        assert body == pretty_body(response.body).splitlines()
        headers = [line.text for line in lines if line.part == "header" and line.sign in (sign, " ")]
        assert headers == [f"{name}: {value}" for name, value in response.headers]


def test_a_header_a_delay_and_a_status_are_a_line_each() -> None:
    assert changed(Effect(headers=(("A", "b"),), delay=Span(7, 7), status=201)) == [
        ("status", "-", "200 OK"),
        ("status", "+", "201 Created"),
        ("header", "+", "A: b"),
        ("delay", "+", "7 ms"),
    ]


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("reset", 0),
        ("empty", 0),
        ("hang", 0),
        ("garbage", 0),
        ("reset_mid", 0.5),
        ("truncate", 0.5),
        ("bad_chunk", 0.5),
    ],
)
def test_a_cut_connection_says_how_much_the_client_got(name: str, part: float) -> None:
    (line,) = changed(Effect(fault=name))
    whole = size()
    assert line == (
        "delivery",
        "+",
        f"{name}: {FAULTS[name].about}; the client got {int(whole * part)} of {whole} bytes of the body",
    )


@pytest.mark.parametrize("name", ["dribble", "close", "stale"])
def test_a_whole_delivery_says_what_it_is(name: str) -> None:
    assert changed(Effect(fault=name)) == [("delivery", "+", f"{name}: {FAULTS[name].about}")]


def test_a_length_that_is_too_short_says_so() -> None:
    assert changed(Effect(length=-5))[-1].text.endswith(f"the client got {size() - 5} of {size()} bytes of the body")


def test_a_response_that_broke_its_contract_stands_beside_ours() -> None:
    world = World(adjusted(scenario(HELD), Adjust(put={"qiniu": ((("code",), "one"),)})))
    world.poll()
    lines = changes_of(world.last())
    assert Line("body", "-", '  "code": "one",') in lines
    assert Line("status", "+", "500 Internal Server Error") in lines


def test_bodies_of_very_many_lines_are_not_compared() -> None:
    long = "\n".join(map(str, range(COMPARED.value + 1)))
    lines = [line for line in changed(Effect(body=long)) if line.part == "body" and line.sign == "+"]
    assert len(lines) == COMPARED.value + 1


def test_a_body_is_pretty_where_it_is_json() -> None:
    assert pretty_body('{"b":[1],"a":"é"}'.encode()) == '{\n  "b": [\n    1\n  ],\n  "a": "é"\n}'
    assert pretty_body(b"<html>\xff") == "<html>\ufffd"
    assert pretty_body(b"") == ""
