"""An exchange as the API shows it: its bytes, its headers, and its one line."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from mock_server.api.codec import decode
from mock_server.api.exchange import Exchange

RESPONSE: dict[str, Any] = {
    "status": 200,
    "reason": "OK",
    "headers": [{"name": "X-Reqid", "value": "a"}, {"name": "x-reqid", "value": "b"}],
    "body": '{"code":3}',
    "base64": False,
    "delay_ms": 250,
    "delivery": None,
}
STRUCK = [
    {"name": "headers", "by": "scenario", "number": 1},
    {"name": "599", "by": "scenario", "number": 1},
    {"name": "delay", "by": "armed", "number": 1},
]
EXCHANGE: dict[str, Any] = {
    **dict.fromkeys(("vendor", "id", "scenario", "step", "state", "original")),
    "number": 7,
    "at": "2026-01-01T00:00:01.500Z",
    "real": "2026-01-01T00:00:00.000Z",
    "kind": "request",
    "asked": 1,
    "poll": True,
    "verdict": "fits",
    "faults": [],
    "crossed": [{"from": None, "to": "waiting", "at": "2026-01-01T00:00:00.000Z"}],
    "note": "",
    "request": {"method": "GET", "target": "/x", "headers": [], "body": "//4=", "base64": True},
    "response": RESPONSE,
    "saw": "error",
    "gap_ms": None,
    "real_gap_ms": None,
    "breach": None,
    "struck": [],
    "profile": None,
    "told": None,
}
TOLD = {
    "notice": 0,
    "item": None,
    "attempt": 2,
    "key": "ak",
    "signed": "right",
    "outcome": "again",
    "next": "2026-01-01T00:00:09.000Z",
}


def exchange(**more: Any) -> Exchange:
    """An exchange as a server would send it."""
    return decode(json.dumps(EXCHANGE | more).encode(), Exchange)


def test_a_body_is_bytes_whichever_way_it_came() -> None:
    assert exchange().request.body == b"\xff\xfe"
    assert exchange().response.body == b'{"code":3}'
    assert exchange().response.json() == {"code": 3}


def test_a_header_is_found_without_regard_to_case_the_first_of_several() -> None:
    response = exchange().response
    assert (response.header("X-REQID"), response.header("Server")) == ("a", None)


def test_a_delay_is_a_length_of_time() -> None:
    assert exchange().response.delay == timedelta(milliseconds=250)


def test_a_change_of_step_says_from_where() -> None:
    (crossing,) = exchange().crossed
    assert (crossing.origin, crossing.to) == (None, "waiting")


@pytest.mark.parametrize(
    ("more", "line"),
    [
        ({}, '#7 00:00:01.500 GET /x -> 200 {"code":3}'),
        ({"step": "done", "faults": ["html", "599"]}, '#7 00:00:01.500 GET /x -> 200 (done) [html, 599] {"code":3}'),
        (
            {"step": "done", "faults": ["headers", "599", "delay"], "struck": STRUCK},
            '#7 00:00:01.500 GET /x -> 200 (done) [headers + 599, delay] {"code":3}',
        ),
        ({"response": RESPONSE | {"delivery": "hang"}}, "#7 00:00:01.500 GET /x -> no status"),
        (
            {"kind": "submit", "scenario": "slow@1", "asked": 0},
            '#7 00:00:01.500 GET /x -> 200 (submit of slow) {"code":3}',
        ),
        (
            {"kind": "submit", "scenario": "slow@1", "asked": 0}
            | {
                "response": RESPONSE
                | {"headers": [{"name": "X-Mock-Server", "value": "plays slow; 2 items of 5; the"}]}
            },
            '#7 00:00:01.500 GET /x -> 200 (submit of slow, 2 items of 5) {"code":3}',
        ),
        ({"step": "done", "saw": "cut"}, '#7 00:00:01.500 GET /x -> 200 (done, cut) {"code":3}'),
        (
            {"kind": "told", "told": TOLD, "vendor": "acme", "id": "a"},
            '#7 00:00:01.500 GET /x -> 200 (acme a, notification 0, attempt 2: again) {"code":3}',
        ),
        (
            {
                "kind": "told",
                "told": TOLD | {"item": 1},
                "response": RESPONSE | {"status": 0, "body": ""},
                "note": "timed out",
            }
            | {"vendor": "acme", "id": "a"},
            "#7 00:00:01.500 GET /x -> no response (acme a item 1, notification 0, attempt 2: again) timed out",
        ),
        ({"response": RESPONSE | {"body": ""}}, "#7 00:00:01.500 GET /x -> 200"),
        ({"response": RESPONSE | {"body": "x" * 201}}, f"#7 00:00:01.500 GET /x -> 200 {'x' * 200}…"),
    ],
)
def test_an_exchange_is_one_line(more: dict[str, Any], line: str) -> None:
    assert str(exchange(**more)) == line


def test_a_verdict_that_nobody_knows_is_no_exchange() -> None:
    with pytest.raises(ValueError, match="verdict"):
        exchange(verdict="perhaps")
