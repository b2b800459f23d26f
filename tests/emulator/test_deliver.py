"""Stage 4: a response over a connection, with its fault if it carries one, and what a server without a socket sends."""

from __future__ import annotations

from typing import Any

import pytest

from mock_server.emulator.deliver import deliver, without_socket
from mock_server.http.message import Delivery
from tests.faults.test_kinds import BODY, RESPONSE, WHOLE, Event, Recorder
from tests.support.emulators import body


def events(kind: str | None = None, over: int | None = None, *, keep: bool = True) -> list[Event]:
    """What a connection is asked for."""
    line = Recorder(keep=keep)
    deliver(line, RESPONSE._replace(delivery=None if kind is None else Delivery(kind, over)))
    return line.events


def test_a_response_without_a_fault_is_sent_whole_and_the_connection_goes_on() -> None:
    assert events() == [("write", WHOLE + BODY), ("done", True)]


def test_a_client_that_wants_the_connection_to_end_gets_that() -> None:
    assert events(keep=False)[-1] == ("done", False)


@pytest.mark.parametrize(("over", "told"), [(7, 7), (0, 0), (None, 0)])
def test_a_fault_takes_the_time_that_the_response_carries(over: int | None, told: int) -> None:
    assert events("hang", over) == [("hang", told)]


def test_a_fault_of_the_connection_gets_the_response_it_spoils() -> None:
    assert events("truncate") == [("write", WHOLE + BODY[:13]), ("end", None)]


def test_a_fault_that_is_no_delivery_is_a_defect() -> None:
    with pytest.raises(AssertionError, match=r"\Aonly faults that are deliveries stand in `Response.delivery`"):
        events("charset")


def test_a_fault_of_the_connection_is_our_501_without_a_socket() -> None:
    response = without_socket(RESPONSE._replace(delivery=Delivery("reset_mid")))
    assert (response.status, response.header("X-Mock-Server-Error")) == (501, "delivery")
    assert body(response) == {
        "error": "delivery",
        "message": 'the fault "reset_mid" needs the socket: serve with --server wire',
        "fault": "reset_mid",
    }


@pytest.mark.parametrize("change", [{"delivery": Delivery("reset")}, {"headers": (("X-Reqid", "a"), ("TE", "b"))}])
def test_our_501_takes_over_the_headers_that_sdks_look_for(change: Any) -> None:
    response = RESPONSE.with_header("X-Reqid", "a")._replace(**change)
    ours = without_socket(response, frozenset({"x-reqid"}))
    assert ours.status == 501
    assert [pair for pair in ours.headers if pair[0].lower() in ("x-reqid", "te")] == [("X-Reqid", "a")]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Connection", "close"),
        ("KEEP-ALIVE", "timeout=5"),
        ("Proxy-Authenticate", "Basic"),
        ("Proxy-Authorization", "Basic"),
        ("te", "trailers"),
        ("Trailers", "Expires"),
        ("Transfer-Encoding", "chunked"),
        ("Upgrade", "h2c"),
        ("Content-LENGTH", "a few"),
    ],
)
def test_a_header_that_only_a_socket_can_carry_is_our_501_without_one(name: str, value: str) -> None:
    plain = RESPONSE.with_header("Content-Length", None)
    response = without_socket(plain.with_header(name, value))
    assert (response.status, response.header("X-Mock-Server-Error")) == (501, "delivery")
    assert body(response) == {
        "error": "delivery",
        "message": f"the header {name} needs the socket: serve with --server wire",
        "header": name,
    }


@pytest.mark.parametrize(("name", "value"), [("Content-Length", "3"), ("Trailer", "Expires"), ("X-Length", "a few")])
def test_any_other_header_is_left_as_it_is(name: str, value: str) -> None:
    response = RESPONSE.with_header(name, value)
    assert without_socket(response) is response
