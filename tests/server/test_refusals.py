"""What a server refuses before it is a request is kept where people look for it."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from mock_server.http.errors import OwnError
from mock_server.journal.refusals import NEWEST, Refusals
from mock_server.server.app import create_app
from mock_server.settings import Settings
from tests.support.live import LiveServer, serving_app
from tests.support.raw import request_bytes, send
from tests.support.wire_kit import echoing, statuses, until


@pytest.fixture(params=["wire", "waitress"])
def live(request: pytest.FixtureRequest) -> Iterator[LiveServer]:
    app = create_app(Settings(no_reload=True))
    with serving_app(app, flask=request.param == "waitress") as server:
        yield server


OTHERS = {
    "RTSP": (b"OPTIONS rtsp://x/a RTSP/1.0\r\nHost: x\r\n\r\n", "RTSP/1.0 is not spoken here"),
    "ICE": (b"SOURCE /a ICE/1.0\r\nHost: x\r\n\r\n", "ICE/1.0 is not spoken here"),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "this is the start of HTTP/2"),
    "HTTP/2 in words": (b"GET /a HTTP/2.0\r\nHost: x\r\n\r\n", "HTTP/2.0 is not spoken here"),
    "TLS": (b"\x16\x03\x01\x00\x05hello", "this is the start of TLS"),
}


@pytest.mark.parametrize(("data", "words"), OTHERS.values(), ids=OTHERS)
def test_either_server_refuses_other_protocols_in_the_same_words(live: LiveServer, data: bytes, words: str) -> None:
    raw = send(live.port, data)
    assert raw.partition(b" ")[2].startswith(b"400 ")
    assert words in raw.decode()
    (newest,) = live.parts.refusals.read()[1]
    assert newest.message.startswith(words)


@pytest.mark.parametrize("lines", ["Connection: close, TE", "Connection: keep-alive\r\nConnection: close"])
@pytest.mark.parametrize("version", ["1.1", "1.0"])
def test_either_server_ends_a_connection_whose_client_says_close_among_others(
    live: LiveServer, lines: str, version: str
) -> None:
    request = f"GET /__admin/version HTTP/{version}\r\nHost: localhost\r\n{lines}\r\n\r\n".encode()
    assert len(send(live.port, request + request).split(b" 200 OK\r\n")) == 2


REFUSED = {
    "no HTTP": (b"GET /a XTTP/1.1\r\nHost: x\r\n\r\n", 400, "GET /a XTTP/1.1"),
    "a space in a target": (b"GET /a b HTTP/1.1\r\nHost: x\r\n\r\n", 400, "GET /a b HTTP/1.1"),
    "two lengths": (
        b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        400,
        "POST /a HTTP/1.1",
    ),
    "a head too large": (b"GET /b HTTP/1.1\r\nHost: x\r\nA: ".ljust(1 << 16, b"b"), 431, "GET /b HTTP/1.1"),
    "odd bytes": (b"G\xff\x00\x1b[31mT /\xe4\xbb\xbb\r\n\r\n", 400, r"G\xff\x00\x1b[31mT /任"),
    "a body too large": (request_bytes("POST", "/c?d=e", {}, b"x" * ((1 << 20) + 1)), 413, "POST /c?d=e"),
}


@pytest.mark.parametrize(("data", "status", "start"), REFUSED.values(), ids=REFUSED)
def test_a_refusal_is_shown_among_the_unmatched(live: LiveServer, data: bytes, status: int, start: str) -> None:
    send(live.port, data)
    raw = send(live.port, request_bytes("GET", "/__admin/requests/unmatched"))
    said = json.loads(raw.partition(b"\r\n\r\n")[2])
    (newest,) = said["refused"]["newest"]
    assert said["refused"]["count"] == newest["number"] == 1
    assert newest["status"] == status
    assert newest["start"].startswith(start)
    assert newest["message"]
    metrics = send(live.port, request_bytes("GET", "/__admin/metrics"))
    assert b"\nmock_server_refused_total 1.0\n" in metrics


def test_a_reset_of_the_journal_forgets_them(live: LiveServer) -> None:
    send(live.port, REFUSED["no HTTP"][0])
    assert live.parts.refusals.read()[0] == 1
    headers, body = {"Content-Type": "application/json"}, b'{"only": ["journal"]}'
    assert b" 200 " in send(live.port, request_bytes("POST", "/__admin/reset", headers, body))
    assert live.parts.refusals.read() == (0, ())


def test_the_newest_are_kept_and_all_are_counted() -> None:
    refusals = Refusals(lambda: 7)
    for k in range(NEWEST + 5):
        refusals.add(OwnError.REQUEST, "no", b"%d" % k + b"x" * 10_000)
    count, newest = refusals.read()
    assert count == NEWEST + 5
    assert [each.number for each in newest] == list(range(6, NEWEST + 6))
    assert max(len(each.start) for each in newest) <= 200


def test_a_client_that_is_too_slow_or_one_too_many_is_told_of_too() -> None:
    told: list[tuple[OwnError, bytes]] = []
    with echoing(head_time=0.05, refused=lambda error, _, start: told.append((error, start))) as wire:
        assert statuses(wire.say(b"GET /late HT").data) == [408]
    with echoing(connections=1, refused=lambda error, _, start: told.append((error, start))) as wire, wire.connect():
        until(lambda: wire.server.connections == 1, "the first is connected")
        assert statuses(wire.say(b"").data) == [503]
    assert told == [(OwnError.TIMEOUT, b"GET /late HT"), (OwnError.CONNECTIONS, b"")]
