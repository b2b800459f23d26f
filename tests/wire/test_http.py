"""HTTP as the wire server speaks it: what it takes, in which order it answers, and what it refuses."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from mock_server.http.message import Request, Response
from tests.support.wire_kit import GET, LAST, Wire, bodies, echoing, hear, hear_head, statuses

POST = b"POST /a HTTP/1.1\r\nHost: x\r\n"
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture(scope="module")
def wire() -> Iterator[Wire]:
    with echoing() as server:
        yield server


REFUSED = {
    "both lengths": POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "both lengths, turned": POST + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "two lengths": POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef" + SMUGGLED,
    "the same length twice": POST + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nabcde" + SMUGGLED,
    "a list of lengths": POST + b"Content-Length: 5, 5\r\n\r\nabcde" + SMUGGLED,
    "a signed length": POST + b"Content-Length: +5\r\n\r\nabcde",
    "a negative length": POST + b"Content-Length: -1\r\n\r\n" + SMUGGLED,
    "a length in hex": POST + b"Content-Length: 0x5\r\n\r\nabcde",
    "a length without end": POST + b"Content-Length: " + b"9" * 40 + b"\r\n\r\n",
    "an empty length": POST + b"Content-Length:\r\n\r\n" + SMUGGLED,
    "another coding": POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "another coding first": POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "a coding twice": POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a coding and identity": POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    "a coding in HTTP/1.0": b"POST /a HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "a huge chunk": POST + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nabc",
    "a chunk that is no number": POST + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\nabc\r\n0\r\n\r\n",
    "a negative chunk": POST + b"Transfer-Encoding: chunked\r\n\r\n-1\r\nabc\r\n0\r\n\r\n",
    "a chunk longer than it says": POST + b"Transfer-Encoding: chunked\r\n\r\n2\r\nabcdef\r\n0\r\n\r\n",
    "a chunk that ends in LF": POST + b"Transfer-Encoding: chunked\r\n\r\n3\nabc\r\n0\r\n\r\n",
    "bare LF": b"GET /a HTTP/1.1\nHost: x\n\n",
    "bare LF after a header": b"GET /a HTTP/1.1\r\nHost: x\nA: b\r\n\r\n",
    "bare CR": b"GET /a HTTP/1.1\r\nHost: x\rA: b\r\n\r\n",
    "a folded header": b"GET /a HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n",
    "a space before the colon": b"GET /a HTTP/1.1\r\nHost : x\r\n\r\n",
    "a space before the name": b"GET /a HTTP/1.1\r\n Host: x\r\n\r\n",
    "a header without a colon": b"GET /a HTTP/1.1\r\nHost x\r\n\r\n",
    "a header without a name": b"GET /a HTTP/1.1\r\nHost: x\r\n: b\r\n\r\n",
    "NUL in a header": b"GET /a HTTP/1.1\r\nHost: x\r\nA: b\0c\r\n\r\n",
    "NUL in a name": b"GET /a HTTP/1.1\r\nHost: x\r\nA\0: b\r\n\r\n",
    "NUL in the target": b"GET /a\0b HTTP/1.1\r\nHost: x\r\n\r\n",
    "a space in the target": b"GET /a b HTTP/1.1\r\nHost: x\r\n\r\n",
    "no target": b"GET HTTP/1.1\r\nHost: x\r\n\r\n",
    "a target that is no path": b"GET a HTTP/1.1\r\nHost: x\r\n\r\n",
    "no host": b"GET /a HTTP/1.1\r\n\r\n",
    "two hosts": b"GET /a HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
    "the same host twice": b"GET /a HTTP/1.1\r\nHost: x\r\nhost: x\r\n\r\n",
    "two hosts in HTTP/1.0": b"GET /a HTTP/1.0\r\nHost: x\r\nHost: y\r\n\r\n",
    "HTTP/0.9": b"GET /a\r\n\r\n",
    "HTTP/2 in words": b"GET /a HTTP/2.0\r\nHost: x\r\n\r\n",
    "HTTP/1.2": b"GET /a HTTP/1.2\r\nHost: x\r\n\r\n",
    "the greeting of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "no HTTP": b"GET /a XTTP/1.1\r\nHost: x\r\n\r\n",
    "a method in small letters": b"get /a HTTP/1.1\r\nHost: x\r\n\r\n",
    "a TLS hello": bytes.fromhex("16030100") + b"\xc4\x01\x00\x00\xc0\x03\x03" + bytes(range(180)),
    "anything": b"\x00\x01\x02\xff" * 10 + b"\r\n\r\n",
}


@pytest.mark.parametrize("data", REFUSED.values(), ids=REFUSED)
@pytest.mark.parametrize("bytewise", [False, True], ids=["at once", "byte by byte"])
def test_what_is_no_request_is_refused_once_and_nothing_after_it_is_read(
    wire: Wire, data: bytes, bytewise: bool
) -> None:
    with wire.connect() as client:
        if bytewise:
            for k in range(len(data)):
                try:
                    client.sendall(data[k : k + 1])
                except OSError:
                    break  # refused before the last byte
        else:
            client.sendall(data + LAST)
        heard = hear(client)
    assert statuses(heard.data) == [400]
    (body,) = bodies(heard.data)
    assert set(body) == {"error", "message", "problems"}
    assert f"X-Mock-Server-Error: {body['error']}".encode() in heard.data
    assert b"smuggled" not in heard.data


def test_what_came_whole_before_a_bad_request_is_answered_first(wire: Wire) -> None:
    assert statuses(wire.say(GET + GET + b"nonsense\r\n\r\n").data) == [200, 200, 400]


TAKEN = {
    "absolute target": (b"GET http://api.example.com/a?b=c HTTP/1.1\r\nHost: x\r\n\r\n", "/a"),
    "double slashes": (b"GET //a///b// HTTP/1.1\r\nHost: x\r\n\r\n", "/a/b"),
    "asterisk": (b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", "/*"),
    "escapes": (b"GET /%61%2Fb HTTP/1.1\r\nHost: x\r\n\r\n", "/a/b"),
    "bad escapes": (b"GET /%zz%ff HTTP/1.1\r\nHost: x\r\n\r\n", "/%zz\ufffd"),
    "leading blank lines": (b"\r\n\r\n" + GET, "/a"),
    "no host in HTTP/1.0": (b"GET /a HTTP/1.0\r\n\r\n", "/a"),
    "an empty host": (b"GET /a HTTP/1.1\r\nHost:\r\n\r\n", "/a"),
    "an odd host": (b"GET /a HTTP/1.1\r\nHost: \xe4_b:x\r\n\r\n", "/a"),
    "an empty header": (b"GET /a HTTP/1.1\r\nHost: x\r\nA:\r\nB: c\r\n\r\n", "/a"),
    "an offer of HTTP/2": (
        b"GET /a HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n",
        "/a",
    ),
    "a web socket": (b"GET /a HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", "/a"),
}


@pytest.mark.parametrize(("data", "path"), TAKEN.values(), ids=TAKEN)
@pytest.mark.parametrize("bytewise", [False, True], ids=["at once", "byte by byte"])
def test_what_is_odd_but_right_is_answered(wire: Wire, data: bytes, path: str, bytewise: bool) -> None:
    with wire.connect() as client:
        for k in range(len(data)) if bytewise else ():
            client.sendall(data[k : k + 1])
        client.sendall(LAST if bytewise else data + LAST)
        seen = bodies(hear(client).data)
    first, *rest = [body["path"] for body in seen]
    assert first == path
    assert rest in (["/last"], [])  # HTTP/1.0 ends with its response


SENT = {
    "sized": b"Content-Length: 11\r\n\r\nid=a&b=c d\xff",
    "in one chunk": b"Transfer-Encoding: chunked\r\n\r\nb\r\nid=a&b=c d\xff\r\n0\r\n\r\n",
    "in many chunks": b"Transfer-Encoding: Chunked\r\n\r\n"
    + b"".join(b"1\r\n%c\r\n" % byte for byte in b"id=a&b=c d\xff")
    + b"000\r\n\r\n",
    "in chunks that say more": b"Transfer-Encoding: chunked\r\n\r\n00b;a=b\r\n"
    b"id=a&b=c d\xff\r\n0\r\nTrailer: x\r\n\r\n",
    "with an offer of HTTP/2": b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nContent-Length: 11\r\n\r\n"
    b"id=a&b=c d\xff",
    "in chunks with that offer": b"Connection: Upgrade\r\nUpgrade: h2c\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"b\r\nid=a&b=c d\xff\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("sent", SENT.values(), ids=SENT)
@pytest.mark.parametrize("method", [b"POST", b"GET", b"DELETE"])
@pytest.mark.parametrize("bytewise", [False, True], ids=["at once", "byte by byte"])
def test_a_body_is_read_however_it_is_sent(wire: Wire, method: bytes, sent: bytes, bytewise: bool) -> None:
    data = method + b" /a HTTP/1.1\r\nHost: x\r\n" + sent
    with wire.connect() as client:
        for k in range(len(data)) if bytewise else ():
            client.sendall(data[k : k + 1])
        client.sendall(LAST if bytewise else data + LAST)
        first, last = bodies(hear(client).data)
    assert (first["body"], first["size"], first["method"]) == ("id=a&b=c d\xff", 11, method.decode())
    assert last["path"] == "/last"
    assert "Trailer" not in dict(first["headers"])


def test_headers_come_to_the_emulator_as_they_were_sent(wire: Wire) -> None:
    data = (
        b"GET /a HTTP/1.1\r\nhOST: x\r\nX-b:  1 \t\r\nx-B: \xe9\r\nUpgrade: h2c\r\nConnection: close, Upgrade\r\n\r\n"
    )
    (body,) = bodies(wire.say(data).data)
    sent = [["hOST", "x"], ["X-b", "1"], ["x-B", "\xe9"], ["Upgrade", "h2c"], ["Connection", "close, Upgrade"]]
    assert body["headers"] == sent


def test_headers_leave_in_the_vendors_order_and_spelling(wire: Wire) -> None:
    head = wire.say(LAST).data.partition(b"\r\n\r\n")[0].decode()
    names = [line.partition(":")[0] for line in head.split("\r\n")[1:]]
    assert names == ["Date", "Server", "Content-Type", "x-oDD-Case", "Content-Length", "Connection"]


def test_a_hundred_requests_at_once_are_answered_in_order_whatever_each_takes(wire: Wire) -> None:
    asked = [f"/{k}?ms={(k * 7) % 5}" for k in range(100)]
    data = b"".join(f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode() for target in asked)
    assert [body["target"] for body in bodies(wire.say(data + LAST).data)] == [*asked, "/last"]


def test_what_a_thread_answers_and_what_the_loop_does_come_in_order(wire: Wire) -> None:
    asked = ["/slow", "/a", "/slow/b"] * 5
    data = b"".join(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode() for path in asked)
    assert [body["path"] for body in bodies(wire.say(data + LAST).data)] == [*asked, "/last"]


@pytest.mark.parametrize("count", [1, 3])
def test_a_half_closed_client_is_answered_what_it_asked_for_whole(wire: Wire, count: int) -> None:
    heard = wire.say(b"GET /a?ms=20 HTTP/1.1\r\nHost: x\r\n\r\n" * count + b"GET /half HT", half=True)
    assert [body["path"] for body in bodies(heard.data)] == ["/a"] * count
    assert not heard.reset


@pytest.mark.parametrize("data", [b"", b"GET", LAST[:-2], POST + b"Content-Length: 9\r\n\r\nab"])
def test_a_client_that_stops_in_the_middle_is_let_go_without_a_word(wire: Wire, data: bytes) -> None:
    assert wire.say(data, half=True) == (b"", False)


@pytest.mark.parametrize(
    ("line", "connection", "said", "goes_on"),
    [
        (b"HTTP/1.1", b"", None, True),
        (b"HTTP/1.1", b"keep-alive", None, True),
        (b"HTTP/1.1", b"close", b"close", False),
        (b"HTTP/1.1", b"Close, TE", b"close", False),
        (b"HTTP/1.0", b"", b"close", False),
        (b"HTTP/1.0", b"Keep-Alive", b"keep-alive", True),
    ],
)
def test_a_connection_is_kept_as_its_client_asks(
    wire: Wire, line: bytes, connection: bytes, said: bytes | None, goes_on: bool
) -> None:
    given = b"Connection: " + connection + b"\r\n" if connection else b""
    with wire.connect() as client:
        client.sendall(b"GET /a " + line + b"\r\nHost: x\r\n" + given + b"\r\n")
        head = hear_head(client)
        assert head.startswith(b"HTTP/1.1 200 OK\r\n")
        assert (b"Connection: " + said in head) if said else (b"Connection:" not in head)
        client.sendall(LAST)
        assert (b"/last" in hear(client).data) is goes_on


def test_the_response_to_a_head_has_the_head_of_a_get_and_no_body() -> None:
    with echoing(lambda request: _fixed(request.peeks)) as server:
        data = server.say(b"HEAD /a HTTP/1.1\r\nHost: x\r\n\r\n" + LAST).data
    assert data.count(b"Content-Length: 4") == 2
    assert data.count(b"body") == 1


def _fixed(to_head: bool) -> Response:
    return Response(200, "OK", (("Content-Length", "4"),), b"" if to_head else b"body")


@pytest.mark.parametrize("status", [204, 304])
def test_a_status_that_has_no_body_is_sent_without_one(wire: Wire, status: int) -> None:
    data = wire.say(f"GET /a?status={status} HTTP/1.1\r\nHost: x\r\n\r\n".encode() + LAST).data
    first, _, rest = data.partition(b"\r\n\r\n")
    assert b"Content-Length" not in first
    assert rest.startswith(b"HTTP/1.1 200")


def test_a_client_that_waits_before_its_body_is_told_to_go_on(wire: Wire) -> None:
    with wire.connect() as client:
        client.sendall(POST + b"Expect: 100-continue\r\nContent-Length: 3\r\n\r\n")
        assert hear_head(client) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"abc" + LAST)
        assert [body["body"] for body in bodies(hear(client).data)] == ["abc", ""]


def test_a_client_that_does_not_wait_is_not_told_so(wire: Wire) -> None:
    data = POST + b"Expect: 100-continue\r\nContent-Length: 3\r\n\r\nabc" + LAST
    assert statuses(wire.say(data).data) == [200, 200]


def test_a_tunnel_is_not_dug(wire: Wire) -> None:
    heard = wire.say(b"CONNECT api.example.com:443 HTTP/1.1\r\nHost: x\r\n\r\n" + GET)
    (body,) = bodies(heard.data)
    assert body["method"] == "CONNECT"


def test_only_what_may_wait_is_answered_by_a_thread() -> None:
    def who(request: Request) -> Response:
        name = threading.current_thread().name.partition("_")[0].encode()
        return Response(200, "OK", (("Content-Length", str(len(name))),), name)

    with echoing(who, slow=who) as wire:
        heard = wire.say(GET.replace(b"/a", b"/slow") + LAST).data
    first, second = (part.partition(b"HTTP/1.1")[0] for part in heard.split(b"\r\n\r\n")[1:])
    assert first == b"slow"
    assert second != first


def test_a_defect_behind_the_server_is_our_own_500_and_harms_no_other() -> None:
    def answer(request: Request) -> Response:
        raise RuntimeError("defect")

    with echoing(answer, slow=answer) as wire:
        (first, second) = bodies(wire.say(GET + LAST.replace(b"/last", b"/slow")).data)
    assert first == second
    assert (first["error"], first["message"]) == ("internal", "a defect of mock-server; the log has the details")
