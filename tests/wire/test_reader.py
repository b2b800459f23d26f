"""What bytes mean does not depend on whether they were read before."""

from __future__ import annotations

import tracemalloc
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_server.server.wire import reader
from mock_server.server.wire.limits import Limits
from mock_server.server.wire.reader import Found, Incoming, Known, Reader, Refused
from tests.support.wire_kit import GET, LAST

PIECES = [
    GET,
    LAST,
    GET + GET,
    GET + b"\r\n",
    b"\r\n",
    GET[:10],
    GET[10:],
    GET + GET[:10],
    b"GET /a HTTP/1.0\r\n\r\n",
    b"GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    b"GET /a HTTP/1.1\r\n\r\n",
    b"GET /a HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
    b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc",
    b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n",
    b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n",
    b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\nabc",
    b"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    b"abc",
    b"x" * 70_000,
]


def read(pieces: Sequence[bytes], known: Known) -> list[Found]:
    """What one connection's pieces mean."""
    one = Reader(Limits(), known)
    return [found for piece in pieces for found in one.feed(piece)]


def read_afresh(pieces: Sequence[bytes]) -> list[Found]:
    """What they mean to a reader that remembers nothing."""
    one = Reader(Limits(), Known())
    found: list[Found] = []
    for piece in pieces:
        one._known = Known()
        found.extend(one.feed(piece))
    return found


@given(st.lists(st.lists(st.sampled_from(PIECES), max_size=6), max_size=6))
def test_the_same_bytes_mean_the_same_whatever_was_read_before(connections: list[list[bytes]]) -> None:
    known = Known()
    for pieces in connections:
        assert read(pieces, known) == read_afresh(pieces)


def test_a_request_that_came_before_is_not_read_again() -> None:
    known = Known()
    (first,), (again,) = read([GET], known), read([GET], known)
    assert again is first


@pytest.mark.parametrize("piece", [GET + GET, GET[:10], LAST, GET + GET[:10], b"\r\n"], ids=repr)
def test_what_is_not_one_whole_request_alone_is_read_anew(piece: bytes) -> None:
    known = Known()
    read([piece], known)
    assert known.requests.find(piece) is None


def test_no_more_is_remembered_than_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "REQUESTS", reader.REQUESTS._replace(value=10))
    known = Known()
    asked = [GET.replace(b"/a", b"/%d" % k) for k in range(25)]
    read(asked, known)
    assert sum(known.requests.find(data) is not None for data in asked) <= 10


def test_no_more_heads_are_known_than_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "HEADS", reader.HEADS._replace(value=10))
    known = Known()
    read([GET.replace(b"\r\n\r\n", b"\r\nA: %d\r\n\r\n" % k) for k in range(25)], known)
    assert len(known.heads) == 10


HEADERS_OF = [
    b"Host: x",
    b"Host: x\r\nAccept: */*\r\nUser-Agent: a",
    b"Host: x\r\nHost: y",
    b"Host: x\r\nConnection: close",
    b"Host: x\r\nConnection: keep-alive",
    b"Host: x\r\nUpgrade: h2c\r\nConnection: Upgrade",
    b"Host: x\r\nContent-Length: 0",
    b"Host: x\r\nContent-Length: 3",
    b"Host: x\r\nTransfer-Encoding: chunked",
    b"Host: x\r\nExpect: 100-continue",
    b"Host: x\r\nA: \xff\t b ",
    b"Host: x\r\nA : b",
    b"Host: x\nA: b",
    b"A: b",
    b"",
]
ENDS = [b"\r\n\r\n", b"\r\n\r\n\r\n", b"\r\n\r\nabc", b"\r\n\r\n0\r\n\r\n", b"\n\n", b"\r\n"]
LINES = [b"GET /a?id=%s HTTP/1.1", b"GET /%s HTTP/1.1", b"GET /a/?%s&b=1 HTTP/1.1"]
PARTS = [
    b"\0",
    b"%",
    b"%41",
    b"%zz",
    b" ",
    b"\t",
    b"\r",
    b"\n",
    b"\r\n",
    b"#",
    b"?",
    b"//",
    b"\xe4\xbb",
    b"+",
    b"\x7f",
    b"z.1",
]
MUTATIONS = [
    lambda line: line.replace(b"HTTP/1.1", b"HTTP/1.0"),
    lambda line: line.replace(b"HTTP/1.1", b"HTTP/2.0"),
    lambda line: line.replace(b"GET", b"POST"),
    lambda line: line.replace(b"GET", b"HEAD"),
    lambda line: line.replace(b"GET", b"get"),
    lambda line: line.replace(b"GET /", b"CONNECT "),
    lambda line: line.replace(b"GET /", b"GET http://h/"),
    lambda line: line.replace(b"GET ", b"GET  "),
    lambda line: line.replace(b" HTTP", b"  HTTP"),
    lambda line: b" " + line,
    lambda line: b"\r\n" + line,
    lambda line: line + b" ",
    lambda line: line.replace(b"?", b"?" + b"x" * 10_000),
]
words = st.lists(st.sampled_from(PARTS) | st.binary(max_size=2), max_size=4).map(b"".join)
lines = st.builds(lambda line, word: line % word, st.sampled_from(LINES), st.just(b"z.1") | words)
mutated = st.builds(lambda line, change: change(line), lines, st.sampled_from(MUTATIONS)) | lines
asked = st.builds(
    lambda line, headers, end: line + (b"\r\n" + headers if headers else b"") + end,
    mutated,
    st.sampled_from(HEADERS_OF),
    st.just(ENDS[0]) | st.sampled_from(ENDS),
)


@settings(max_examples=1_000)
@given(st.lists(asked, max_size=12))
def test_a_request_known_in_parts_is_what_the_parser_makes_of_its_bytes(requests: list[bytes]) -> None:
    known = Known()
    for headers in HEADERS_OF:
        read([b"GET /first HTTP/1.1\r\n" + headers + ENDS[0]], known)
    for data in requests:
        assert read([data], known) == read_afresh([data])


def test_a_block_of_headers_is_known_behind_every_plain_line_once_it_was_read(monkeypatch: pytest.MonkeyPatch) -> None:
    known = Known()
    first = GET.replace(b"/a", b"/?id=%41")
    read([first], known)
    assert len(known.blocks) == 1
    monkeypatch.setattr(Reader, "_read", None)
    (found,) = read([GET], known)
    assert isinstance(found, Incoming)
    assert (found.request.target, found.request.headers) == ("/a", (("Host", "x"),))


def test_headers_of_other_requests_are_not_known_as_a_block() -> None:
    known = Known()
    other = [GET.replace(b"GET", b"PUT"), GET.replace(b"1.1", b"1.0"), LAST, GET + GET, b"\r\n" + GET]
    for data in [*other, *PIECES[8:]]:
        read([data], known)
    assert len(known.blocks) == 0


def test_a_block_behind_a_line_that_makes_the_head_too_long_is_left_to_the_parser() -> None:
    known, limits = Known(), Limits(head=100)
    long = GET.replace(b"/a", b"/" + b"a" * 100)
    Reader(limits, known).feed(GET)
    assert [type(found) for found in Reader(limits, known).feed(long)] == [Refused]


def test_no_more_blocks_are_known_than_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "BLOCKS", reader.BLOCKS._replace(value=10))
    known = Known()
    read([GET.replace(b"\r\n\r\n", b"\r\nA: %d\r\n\r\n" % k) for k in range(25)], known)
    assert len(known.blocks) == 10


PLAIN = b"GET /status/get/prefop?id=%d HTTP/1.1\r\nHost: localhost:8080\r\nUser-Agent: curl/8.0\r\nAccept: */*\r\n\r\n"
HEADERS = b"".join(b"X-Header-%d: %s\r\n" % (k, b"v" * 40) for k in range(20))
SHAPES = {
    "plain": PLAIN,
    "headers": PLAIN.replace(b"\r\n\r\n", b"\r\nX-Id: %d\r\n" + HEADERS + b"\r\n"),
    "fields": PLAIN.replace(b"?id=%d", b"?id=%d&" + b"&".join(b"f%02d=v" % k for k in range(90))),
    "encoded": PLAIN.replace(b"?id=%d", b"?id=%d&a=" + b"%%e4%%bd%%a0" * 90),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_known_requests_take_no_more_memory_than_is_allowed(shape: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "REQUEST_SIZE", reader.REQUEST_SIZE._replace(value=2 << 20))
    monkeypatch.setattr(reader, "HEAD_SIZE", reader.HEAD_SIZE._replace(value=1 << 20))
    monkeypatch.setattr(reader, "BLOCK_SIZE", reader.BLOCK_SIZE._replace(value=1 << 20))
    text = SHAPES[shape]
    known = Known()
    tracemalloc.start()
    try:
        for k in range(2_500):
            read([text % ((k,) * text.count(b"%d"))], known)
        held = tracemalloc.get_traced_memory()[0]
        known.clear()
        left = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert 400_000 < held - left < 4 << 20


def test_what_has_many_headers_is_not_remembered() -> None:
    known, many = Known(), GET.replace(b"\r\n\r\n", b"\r\n" + b"A: b\r\n" * 30 + b"\r\n")
    read([many], known)
    assert known.requests.find(many) is None
    assert len(known.heads) == 0


def test_what_is_long_is_not_remembered() -> None:
    known, long = Known(), GET.replace(b"/a", b"/" + b"a" * 3000)
    (found,) = read([long], known)
    assert isinstance(found, Incoming)
    assert known.requests.find(long) is None
