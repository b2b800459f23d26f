"""What either server refuses before it is a request: the same bytes, by the same words, and what it takes is the same.

Where one message ends and the next begins must be certain (RFC 9112, section 11.2), by whichever server a test runs.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from waitress.adjustments import Adjustments

from mock_server.assembly import Server, assemble
from mock_server.server.waitress_parts import Parser
from mock_server.settings import Settings
from tests.support.harness import target_of
from tests.support.live import LiveServer, serving_parts
from tests.support.raw import Answer, answers, send

TARGET = target_of("qiniu", "instant.1")
HOST = "Host: x\r\nConnection: close\r\n"
CHUNKS = b"3\r\na=b\r\n0\r\n\r\n"
Pair = tuple[LiveServer, LiveServer]


def get(lines: str = "", *, method: str = "GET", target: str = TARGET, version: str = "HTTP/1.1") -> bytes:
    """A request without a body; these lines follow its request line."""
    return f"{method} {target} {version}\r\n{lines}\r\n".encode("latin-1")


def post(lines: str, body: bytes = CHUNKS, *, version: str = "HTTP/1.1") -> bytes:
    """A request with a body, framed by these lines."""
    return get(HOST + lines, method="POST", version=version) + body


def chunked(body: bytes) -> bytes:
    """A request with these bytes as its chunks."""
    return post("Transfer-Encoding: chunked\r\n", body)


REFUSED = {
    "two hosts": get(f"{HOST}Host: y\r\n"),
    "the same host twice": get(f"{HOST}Host: x\r\n"),
    "a list of hosts": get("Host: a, a\r\nConnection: close\r\n"),
    "a host and nothing": get("Host: a,\r\nConnection: close\r\n"),
    "no host": get("Connection: close\r\n"),
    "two hosts in HTTP/1.0": get("Host: a\r\nHost: b\r\n", version="HTTP/1.0"),
    "chunked and a length": post("Transfer-Encoding: chunked\r\nContent-Length: 13\r\n"),
    "a length and chunked": post("Content-Length: 13\r\nTransfer-Encoding: chunked\r\n"),
    "chunked twice": post("Transfer-Encoding: chunked, chunked\r\n"),
    "chunked on two lines": post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
    "chunked and nothing": post("Transfer-Encoding: chunked,\r\n"),
    "nothing and chunked": post("Transfer-Encoding: ,chunked\r\n"),
    "no coding": post("Transfer-Encoding:\r\n"),
    "gzip, chunked": post("Transfer-Encoding: gzip, chunked\r\n"),
    "chunked, gzip": post("Transfer-Encoding: chunked, gzip\r\n"),
    "identity": post("Transfer-Encoding: identity\r\n"),
    "chunked in HTTP/1.0": post("Transfer-Encoding: chunked\r\n", version="HTTP/1.0"),
    "chunked and a length in HTTP/1.0": post(
        "Transfer-Encoding: chunked\r\nContent-Length: 13\r\n", version="HTTP/1.0"
    ),
    "a NUL in a query": get(HOST, target=f"{TARGET}\0"),
    "a NUL in a path": get(HOST, target="/status\0/get/prefop?id=instant.1"),
    "a tab in a query": get(HOST, target=f"{TARGET}\ta"),
    "a control in a query": get(HOST, target=f"{TARGET}\x01"),
    "a DEL in a query": get(HOST, target=f"{TARGET}\x7f"),
    "a space in a query": get(HOST, target=f"{TARGET} a"),
    "two spaces before the target": get(HOST, target=f" {TARGET}"),
    "two spaces behind the target": get(HOST, target=f"{TARGET} "),
    "a space behind the version": get(HOST, version="HTTP/1.1 "),
    "no slash": get(HOST, target="status"),
    "a folded line": get(f"{HOST}A: b\r\n c\r\n"),
    "a line folded by a tab": get(f"{HOST}A: b\r\n\tc\r\n"),
    "a folded first line": get(f" a: b\r\n{HOST}"),
    "a space before a colon": get(f"{HOST}A : b\r\n"),
    "no colon": get(f"{HOST}A\r\n"),
    "no name": get(f"{HOST}: b\r\n"),
    "a NUL in a value": get(f"{HOST}A: \0\r\n"),
    "a DEL in a name": get(f"{HOST}A\x7f: b\r\n"),
    "lengths in a list": post("Content-Length: 3, 3\r\n", b"a=b"),
    "the same length twice": post("Content-Length: 3\r\nContent-Length: 3\r\n", b"a=b"),
    "two lengths": post("Content-Length: 3\r\nContent-Length: 4\r\n", b"a=b"),
    "a length with a sign": post("Content-Length: +3\r\n", b"a=b"),
    "no length": post("Content-Length:\r\n", b""),
    "a length beyond all numbers": post(f"Content-Length: {'9' * 30}\r\n", b"a=b"),
    "a length beyond the limit": post("Content-Length: 99999999\r\n", b"a=b"),
    "line feeds alone": get(HOST).replace(b"\r\n", b"\n"),
    "a line feed alone": f"GET {TARGET} HTTP/1.1\r\nHost: x\nConnection: close\r\n\r\n".encode(),
    "a carriage return alone": f"GET {TARGET} HTTP/1.1\r\nHost: x\rConnection: close\r\n\r\n".encode(),
    "a method in lower case": get(HOST, method="get"),
    "a method that is none": get(HOST, method="G(T"),
    "no method": get(HOST, method=""),
    "HTTP/0.9": f"GET {TARGET}\r\n\r\n".encode(),
    "HTTP/1.2": get(HOST, version="HTTP/1.2"),
    "HTTP/2.0": get(HOST, version="HTTP/2.0"),
    "a chunk of no size": chunked(b"x\r\na=b\r\n0\r\n\r\n"),
    "a chunk of a signed size": chunked(b"+3\r\na=b\r\n0\r\n\r\n"),
    "a chunk with a prefix": chunked(b"0x3\r\na=b\r\n0\r\n\r\n"),
    "a chunk with a space": chunked(b"3 \r\na=b\r\n0\r\n\r\n"),
    "chunks by line feeds": chunked(b"3\na=b\n0\n\n"),
    "a chunk without an end": chunked(b"3\r\na=bX0\r\n\r\n"),
    "a trailer that is none": chunked(b"3\r\na=b\r\n0\r\nA b\r\n\r\n"),
    "two hosts, and a body that waits for 100": post("Host: y\r\nExpect: 100-continue\r\nContent-Length: 3\r\n", b""),
    "a large body that waits for 100": post("Expect: 100-continue\r\nContent-Length: 99999999\r\n", b""),
    "one that is a little too large": post("Expect: 100-continue\r\nContent-Length: 1048577\r\n", b""),
    "many headers": get(HOST + "".join(f"A{k}: b\r\n" for k in range(100))),
}
TAKEN = {
    "one host": get(HOST),
    "a host with a port": get("Host: x:80\r\nConnection: close\r\n"),
    "an empty host": get("Host:\r\nConnection: close\r\n"),
    "chunks": chunked(CHUNKS),
    "chunks in capitals": post("Transfer-Encoding: CHUNKED\r\n"),
    "a chunk with an extension": chunked(b"3;a=b\r\na=b\r\n0\r\n\r\n"),
    "a trailer": chunked(b"3\r\na=b\r\n0\r\nA: b\r\n\r\n"),
    "a body behind an expectation of another kind": post("Expect: 200-ok\r\nContent-Length: 3\r\n", b"a=b"),
    "a length": post("Content-Length: 3\r\n", b"a=b"),
    "another method": get(HOST, method="QUERY"),
    "an upgrade": get("Host: x\r\nConnection: close, upgrade\r\nUpgrade: h2c\r\n"),
    "bytes beyond ASCII in a value": get(f"{HOST}A: \xe9\r\n"),
    "empty lines before it": b"\r\n\r\n" + get(HOST),
    "as many headers as may be": get(HOST + "".join(f"A{k}: b\r\n" for k in range(98))),
}


@pytest.fixture(scope="module")
def servers() -> Iterator[Pair]:
    """The wire server and the Flask server, with the same parts."""

    def parts() -> Server:
        return assemble(Settings(no_reload=True), real_clock=lambda: 1_800_000_000_000)

    with serving_parts(parts()) as wire, serving_parts(parts(), flask=True) as flask:
        yield wire, flask


def heard(servers: Pair, data: bytes) -> list[Answer]:
    """What either server answers until it closes the connection."""
    found = [answers(send(server.port, data)) for server in servers]
    assert [len(each) for each in found] == [1, 1]
    return [each[0] for each in found]


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_request_is_refused_by_either_server_in_the_same_words(servers: Pair, name: str) -> None:
    wire, flask = heard(servers, REFUSED[name])
    assert flask == wire
    assert 400 <= wire.status < 500
    assert wire.header("x-mock-server-error") in ("request", "host", "body", "head")
    for server in servers:
        newest = server.parts.refusals.read()[1][-1]
        assert newest.message in wire.body.decode()


@pytest.mark.parametrize("name", REFUSED)
def test_nothing_behind_a_refusal_is_read_as_a_request(servers: Pair, name: str) -> None:
    before = [len(server.parts.store.entries()[0]) for server in servers]
    heard(servers, REFUSED[name] + get(HOST, target="/smuggled"))
    assert [len(server.parts.store.entries()[0]) for server in servers] == before


@pytest.mark.parametrize("name", TAKEN)
def test_what_is_a_request_is_taken_by_either_server(servers: Pair, name: str) -> None:
    wire, flask = heard(servers, TAKEN[name])
    assert (flask.status, flask.body) == (wire.status, wire.body)
    assert wire.status in (200, 405)


def parsed(data: bytes, size: int) -> Parser:
    """What the Flask server's parser makes of bytes that come in pieces of this size."""
    parser = Parser(Adjustments())
    while data and not parser.completed:
        count = parser.received(data[:size])
        data = data[count:]
    return parser


@pytest.mark.parametrize("size", [1, 7, 1 << 20])
@pytest.mark.parametrize("name", [*REFUSED, *TAKEN])
def test_how_the_bytes_are_cut_changes_nothing(name: str, size: int) -> None:
    parser = parsed({**REFUSED, **TAKEN}[name], size)
    assert parser.completed
    if name in REFUSED:
        whole = parsed(REFUSED[name], 1 << 20)
        assert whole.refused is not None
        assert parser.refused == whole.refused
    else:
        assert parser.error is None


def test_a_method_that_no_standard_has_is_taken_by_the_flask_server_alone(servers: Pair) -> None:
    wire, flask = heard(servers, get(HOST, method="BREW"))
    assert (wire.status, flask.status) == (400, 405)
    wire, flask = heard(servers, get(f"{HOST}Host: y\r\n", method="BREW"))
    assert (wire.status, flask.status, flask.header("x-mock-server-error")) == (400, 400, "host")
