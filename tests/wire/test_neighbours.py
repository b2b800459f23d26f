"""A request is judged as if it had come alone, whatever stands before and after it and however the bytes are cut."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.server.wire.limits import Limits
from mock_server.server.wire.reader import Expected, Incoming, Known, Reader, Refused
from tests.support.framing import LIMITS, cut, each_alone, read
from tests.support.wire_kit import GET, LAST, Wire, bodies, echoing, statuses

HOST = b"Host: x\r\n"


def get(size: int) -> bytes:
    """A GET whose head has so many bytes."""
    start = b"GET /a HTTP/1.1\r\nHost: x\r\nA: "
    return start + b"b" * (size - len(start) - 4) + b"\r\n\r\n"


def post(body: bytes, *, more: bytes = b"") -> bytes:
    return b"POST /a HTTP/1.1\r\nHost: x\r\n%sContent-Length: %d\r\n\r\n%s" % (more, len(body), body)


def chunks(*parts: bytes, more: bytes = b"", trailer: bytes = b"") -> bytes:
    framed = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts)
    head = b"POST /a HTTP/1.1\r\nHost: x\r\n%sTransfer-Encoding: chunked\r\n\r\n" % more
    return head + framed + b"0\r\n" + trailer + b"\r\n"


MESSAGES = [
    GET,
    LAST,
    get(299),
    get(300),
    get(301),
    get(900),
    b"\r\n\r\n" + get(300),
    b"GET /a HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 5 + b"\r\n",
    b"GET /a HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 6 + b"\r\n",
    b"GET /a HTTP/1.1\r\nHost: x\r\nA: " + b" " * 250 + b"b\r\n\r\n",
    b"GET /" + b"a" * 400 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    b"GET /a HTTP/1.0\r\n\r\n",
    b"GET /a HTTP/1.1\r\n\r\n",
    b"GET /a HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
    b"GET /a HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: Upgrade\r\nA: " + b"b" * 232 + b"\r\n\r\n",
    post(b""),
    post(b"abc"),
    post(b"\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n"),
    post(b"x" * 60),
    post(b"x" * 61),
    post(b"abc", more=b"Upgrade: h2c\r\nConnection: Upgrade\r\n"),
    post(b"abc", more=b"Expect: 100-continue\r\n"),
    chunks(),
    chunks(b"abc", b"\r\n\r\n", b"\r\n"),
    chunks(b"abc", trailer=b"A: b\r\n"),
    chunks(b"abc", trailer=b"A: " + b"b" * 500 + b"\r\n"),
    chunks(*[b"x"] * 60),
    chunks(*[b"x"] * 61),
    chunks(b"abc", more=b"Upgrade: h2c\r\nConnection: Upgrade\r\n"),
    chunks(b"abc", more=b"Transfer-Encoding: gzip\r\n"),
    b"GET /a RTSP/1.0\r\nHost: x\r\n\r\n",
    b"GET /a ICE/1.0\r\nHost: x\r\n\r\n",
    b"GET /a HTTP/2.0\r\nHost: x\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"\x16\x03\x01\x00\x05hello\r\n\r\n",
    b"GET /a HTTP/1.1\r\nHost : x\r\n\r\n",
    b"CONNECT a:1 HTTP/1.1\r\nHost: x\r\n\r\n",
]


@given(
    st.lists(st.sampled_from(MESSAGES), min_size=1, max_size=6),
    st.lists(st.integers(0, 5_000), max_size=12),
)
def test_a_request_means_what_it_means_alone(messages: list[bytes], places: list[int]) -> None:
    assert read(cut(b"".join(messages), places)) == each_alone(messages)


@pytest.mark.parametrize("message", MESSAGES, ids=range(len(MESSAGES)))
@pytest.mark.parametrize("before", [b"", GET, post(b"x" * 60), chunks(b"abc")], ids=["first", "get", "post", "chunks"])
def test_a_request_means_what_it_means_alone_byte_by_byte_and_behind_others(message: bytes, before: bytes) -> None:
    expected = each_alone([before, message] if before else [message])
    data = before + message + GET
    one_by_one = read([data[k : k + 1] for k in range(len(data))])
    assert one_by_one[: len(expected)] == expected
    assert one_by_one == read([data])


def test_what_a_head_may_have_is_its_own_bytes_to_the_last() -> None:
    (fits,), (large,) = read([get(300)]), read([get(301)])
    assert isinstance(fits, Incoming)
    assert isinstance(large, Refused)
    assert large.response.status == 431


def test_a_head_that_never_ends_is_refused_at_its_limit_and_costs_no_more_than_its_bytes() -> None:
    one, chance = Reader(LIMITS, Known()), random.Random(0)
    sent = 0
    while one.stage != "over":
        piece = b"a" * chance.randint(1, 40)
        one.feed((b"GET /" if sent == 0 else b"") + piece)
        sent += len(piece)
    assert sent <= LIMITS.head + 40


PIPELINES = {
    "requests": lambda count: GET * count,
    "a body of ends": lambda count: chunks(b"a\r\n\r\n" * count),
    "empty lines": lambda count: b"\r\n" * count,
}


@pytest.mark.parametrize("made", PIPELINES.values(), ids=PIPELINES)
def test_what_is_read_at_once_costs_in_proportion_to_its_size(made: Callable[[int], bytes]) -> None:
    def cost(count: int) -> float:
        one = Reader(Limits(), Known())
        began = time.process_time()
        one.feed(made(count))
        return time.process_time() - began

    cost(10)
    assert cost(64_000) < 64 * max(cost(8_000), 0.002)


def test_large_neighbours_cost_a_small_request_nothing() -> None:
    large = b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\n\r\n" + b"x" * 900_000
    heads = (b"GET /a HTTP/1.1\r\nHost: x\r\nA: " + b"b" * 58_000 + b"\r\n\r\n") * 20
    with echoing() as wire:
        assert statuses(wire.say(large + GET + large + heads + LAST).data) == [200] * 24


LISTS = {
    "codings": (b"Transfer-Encoding", b"gzip", b"chunked", 400),
    "codings, turned": (b"Transfer-Encoding", b"chunked", b"gzip", 400),
    "a coding twice": (b"Transfer-Encoding", b"chunked", b"chunked", 400),
    "a coding and identity": (b"Transfer-Encoding", b"identity", b"chunked", 400),
    "a coding and nothing": (b"Transfer-Encoding", b"chunked", b"", 400),
    "nothing and a coding": (b"Transfer-Encoding", b"", b"chunked", 400),
    "lengths": (b"Content-Length", b"5", b"5", 400),
    "hosts": (b"Host", b"x", b"y", 400),
    "the same host": (b"Host", b"x", b"x", 400),
    "connection": (b"Connection", b"keep-alive", b"close", 200),
    "connection, turned": (b"Connection", b"close", b"keep-alive", 200),
    "connection and more": (b"Connection", b"x", b"close", 200),
    "upgrades": (b"Connection", b"Upgrade", b"close", 200),
    "an expectation twice": (b"Expect", b"100-continue", b"100-continue", 200),
    "an expectation and another": (b"Expect", b"100-continue", b"x", 200),
    "another and an expectation": (b"Expect", b"x", b"100-continue", 200),
}


@pytest.mark.parametrize("version", [b"1.1", b"1.0"])
@pytest.mark.parametrize(("name", "first", "second", "status"), LISTS.values(), ids=LISTS)
def test_a_repeated_header_is_a_list_on_one_line(
    name: bytes, first: bytes, second: bytes, status: int, version: bytes
) -> None:
    start = b"POST /a HTTP/%s\r\n" % version + (b"" if name == b"Host" else HOST)
    rest = (b"" if name == b"Content-Length" else b"Upgrade: h2c\r\n") + b"\r\n"
    body = b"" if status == 200 else b"0\r\n\r\n"
    lines = start + b"%s: %s\r\n%s: %s\r\n" % (name, first, name.lower(), second) + rest + body
    line = start + b"%s: %s, %s\r\n" % (name, first, second) + rest + body

    def meaning(data: bytes) -> list[object]:
        one = Reader(Limits(), Known())
        found = [
            each._replace(request=each.request._replace(headers=())) if isinstance(each, Incoming) else each
            for each in one.feed(data)
        ]
        return [each if isinstance(each, Incoming | Expected) else each.response.status for each in found]

    assert meaning(lines) == meaning(line)
    (last,) = meaning(lines)[-1:]
    assert (last.__class__ is Incoming) == (status == 200)


def test_the_last_word_on_a_connection_is_close(wire: Wire) -> None:
    data = b"GET /a HTTP/1.0\r\nConnection: keep-alive\r\nConnection: close\r\n\r\n"
    assert statuses(wire.say(data + LAST).data) == [200]


@pytest.fixture(scope="module", name="wire")
def _wire() -> Iterator[Wire]:
    with echoing() as server:
        yield server


OTHER_PROTOCOLS = {
    "RTSP": (b"OPTIONS rtsp://x/a RTSP/1.0\r\nCSeq: 1\r\n\r\n", "RTSP/1.0 is not spoken here: ask with HTTP/1.1"),
    "RTSP with a host": (b"GET /a RTSP/1.0\r\nHost: x\r\n\r\n", "RTSP/1.0 is not spoken here: ask with HTTP/1.1"),
    "RTSP of its own": (b"DESCRIBE /a RTSP/1.0\r\n\r\n", "RTSP/1.0 is not spoken here: ask with HTTP/1.1"),
    "ICE": (b"SOURCE /a ICE/1.0\r\n\r\n", "ICE/1.0 is not spoken here: ask with HTTP/1.1"),
    "ICE by GET": (b"GET /a ICE/1.0\r\n\r\n", "the request line does not end in HTTP/1.1"),
    "nothing known": (b"GET /a XTTP/1.1\r\n\r\n", "the request line does not end in HTTP/1.1"),
    "small letters": (b"GET /a http/1.1\r\n\r\n", "the request line does not end in HTTP/1.1"),
    "HTTP/1.2": (b"GET /a HTTP/1.2\r\n\r\n", "the request line does not end in HTTP/1.1"),
    "HTTP/0.9": (b"GET /a HTTP/0.9\r\n\r\n", "HTTP/0.9 is not spoken here: ask with HTTP/1.1"),
    "HTTP/2 in words": (b"GET /a HTTP/2.0\r\n\r\n", "HTTP/2.0 is not spoken here: ask with HTTP/1.1"),
    "HTTP/2": (
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "the start of HTTP/2, which is not spoken here: let",
    ),
    "TLS": (
        b"\x16\x03\x01\x00\x05hello",
        "the start of TLS, and plain HTTP is spoken here: use",
    ),
}


@pytest.mark.parametrize(("data", "words"), OTHER_PROTOCOLS.values(), ids=OTHER_PROTOCOLS)
@pytest.mark.parametrize("bytewise", [False, True], ids=["at once", "byte by byte"])
def test_another_protocol_is_named_with_what_to_do(data: bytes, words: str, bytewise: bool) -> None:
    pieces = [data[k : k + 1] for k in range(len(data))] if bytewise else [data]
    (found,) = read(pieces)
    assert isinstance(found, Refused)
    (body,) = bodies(b"HTTP/1.1 400 x\r\nContent-Length: %d\r\n\r\n" % len(found.response.body) + found.response.body)
    assert words in body["message"]
