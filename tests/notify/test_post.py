"""One attempt: what is sent, what is read, and that no receiver and no setting of the machine can stretch it."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import trustme

from mock_server.notify.guard import Guard
from mock_server.notify.look_up import LOOK_UPS, Names
from mock_server.notify.metered import RECEIVED, Meter
from mock_server.notify.post import READ, LookUp, Sender
from mock_server.settings import Settings
from mock_server.vendors.notices import Post, target_and_host
from tests.support.receivers import Line, Received, Temper, answers, hangs, receiving, says
from tests.support.wire_kit import PATIENCE

BODY = b'{"id": "a", "code": 0}'


def known(*addresses: str) -> LookUp:
    """A look-up that finds these addresses for every name."""

    async def look_up(name: str, port: int) -> Sequence[str]:
        return addresses

    return look_up


def post_of(url: str) -> Post:
    return Post(url, (("Host", target_and_host(url)[1]), ("X-Sign", "Right")), BODY, "ak")


def send(
    url: str, look_up: LookUp | None = None, limit: int = int(PATIENCE * 1_000), page: str = "", **settings: Any
) -> Any:
    async def attempt() -> Any:
        return await Sender(Guard(Settings(**settings)), limit, look_up or Names().find).send(post_of(url), page)

    return asyncio.run(attempt())


def test_a_request_is_sent_as_it_was_made_with_nothing_of_the_clients_own() -> None:
    with receiving(answers(200, headers="X-Got: It\r\nX-got: again\r\n")) as receiver:
        result = send(receiver.url("/c%20b//x?a=%2F&b=+#part"))
    (request,) = receiver.received
    assert request.head.decode().split("\r\n") == [
        "POST /c%20b//x?a=%2F&b=+ HTTP/1.1",
        f"Host: 127.0.0.1:{receiver.port}",
        "X-Sign: Right",
        f"Content-Length: {len(BODY)}",
        "Connection: close",
    ]
    assert request.body == BODY
    assert (result.status, result.reason, result.body, result.why, result.refused) == (200, "Made Up", b"ok", "", False)
    assert result.headers == (("X-Got", "It"), ("X-got", "again"), ("Content-Length", "2"))


@pytest.mark.parametrize("status", [204, 301, 302, 404, 500, 599])
def test_any_status_is_what_came_and_no_redirect_is_followed(status: int) -> None:
    with receiving() as other:
        headers = f"Location: {other.url()}\r\nSet-Cookie: a=b\r\n"
        with receiving(answers(status, headers=headers, body=b"")) as receiver:
            assert send(receiver.url()).status == status
    assert (receiver.connections, other.connections) == (1, 0)


def test_nothing_of_the_environment_has_a_part_in_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login user password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    with receiving() as proxy, receiving() as receiver:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert send(receiver.url()).status == 200
    assert (proxy.connections, receiver.connections) == (0, 1)
    assert receiver.received[0].header("Authorization") is None


def test_a_compressed_body_is_kept_as_it_came() -> None:
    with receiving(answers(200, headers="Content-Encoding: gzip\r\n", body=b"no gzip at all")) as receiver:
        assert send(receiver.url()).body == b"no gzip at all"


def drips_head(line: Line, _: Received) -> None:
    line.send(b"HTTP/1.1 200 OK\r\nX-Long: ")
    line.drip(b"a: b\r\nc")


def drips_body(line: Line, _: Received) -> None:
    line.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    line.drip(b"x")


@pytest.mark.parametrize("temper", [hangs, drips_head, drips_body])
def test_one_limit_is_over_all_that_a_receiver_does(temper: Temper) -> None:
    with receiving(temper) as receiver:
        result = send(receiver.url(), limit=200)
        assert (result.status, result.body) == (0, b"")
        assert result.why == "no whole response within 200ms (--notify-timeout)"


def test_the_limit_is_over_a_look_up_and_a_connection_too() -> None:
    async def never(name: str, port: int) -> Sequence[str]:
        await asyncio.Event().wait()
        return ()

    assert "within 50ms" in send("http://orders/", never, limit=50).why
    with socket.create_server(("127.0.0.1", 0), backlog=1) as deaf:  # accepts nobody, so TLS is never agreed on
        assert "within 50ms" in send(f"https://127.0.0.1:{deaf.getsockname()[1]}/", limit=50).why


def streams(line: Line, _: Received) -> None:
    line.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    line.stream(b"400\r\n" + b"x" * 0x400 + b"\r\n")


def test_of_a_response_that_never_ends_the_first_bytes_are_read() -> None:
    with receiving(streams) as receiver:
        result = send(receiver.url())
    assert (result.status, result.body) == (200, b"x" * READ.value)


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
ENDLESS = [
    (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 4_000),
    (b"", (b"HTTP/1.1 103 Early Hints\r\n" + b"X-a: b\r\n" * 20 + b"\r\n") * 400),
    (b"", b"\r\n" * 50_000),
    (b"HTTP/1.1 200 OK\r\n", b"X-a: b\r\n" * 10_000),
    (CHUNKED + b"1;", b"x" * 100_000),
    (CHUNKED + b"1;a", b"=b;a" * 25_000),
]


@pytest.mark.parametrize("secure", [False, True])
@pytest.mark.parametrize(("start", "more"), ENDLESS)
def test_what_never_becomes_a_response_is_read_up_to_a_bound(
    start: bytes,
    more: bytes,
    secure: bool,
    authority: trustme.CA,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    meter = Meter()
    monkeypatch.setattr("mock_server.notify.post.Meter", lambda: meter)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))

    def floods(line: Line, _: Received) -> None:
        line.send(start)
        line.stream(more)

    with receiving(floods, tls=tls_receiver(authority, "127.0.0.1") if secure else None) as receiver:
        result = send(receiver.url())
    assert (result.status, result.refused) == (0, False)
    assert "64 KiB" in result.why or "no HTTP response" in result.why
    assert 0 < meter.count <= RECEIVED.value + 1


def test_a_receiver_that_floods_holds_up_no_other() -> None:
    told: list[int] = []

    def floods(line: Line, request: Received) -> None:
        told.append(request.number)
        line.stream(b"HTTP/1.1 100 Continue\r\n\r\n" * 4_000)

    async def attempts(*urls: str) -> list[Any]:
        sender = Sender(Guard(Settings()), int(PATIENCE * 1_000), Names().find)
        return await asyncio.gather(*(sender.send(post_of(url)) for url in urls))

    with receiving(floods) as bad, receiving() as good:
        results = asyncio.run(attempts(*[bad.url()] * 8, good.url()))
    assert [each.status for each in results] == [0] * 8 + [200]
    assert {each.why for each in results[:8]} == {"more than 64 KiB came, and among that no whole response"}
    assert (len(told), len(good.received)) == (8, 1)


def test_interim_responses_before_a_response_are_passed_over() -> None:
    interim = b"HTTP/1.1 100 Continue\r\n\r\n" * 100
    with receiving(says(interim + b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")) as receiver:
        assert send(receiver.url()).status == 200


def test_of_many_headers_the_first_are_kept() -> None:
    many = "".join(f"X-{k}: {'v' * 90}\r\n" for k in range(90))
    with receiving(answers(200, headers=many)) as receiver:
        result = send(receiver.url())
    assert result.status == 200
    assert 30 < len(result.headers) < 60


@pytest.mark.parametrize(
    ("temper", "why"),
    [
        (lambda line, _: line.reset(), "reset"),
        (lambda *_: None, "the connection ended before a response"),
        (says(b"SSH-2.0-other\r\n\r\n"), "no HTTP response"),
        (says(b"\x00\xff" * 5_000), "no HTTP response"),
        (says(b"HTTP/1.1 200 OK\r\nX: " + b"v" * 2 * READ.value + b"\r\n\r\n"), "no HTTP response"),
        (says(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx"), "no HTTP response"),
        (says(b"HTTP/1.1 200 OK\r\nConte"), "the connection ended before a response"),
        (says(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nearly"), "the connection ended within the response"),
        (says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), ""),
    ],
)
def test_what_is_no_whole_response_is_none_and_says_why(temper: Temper, why: str) -> None:
    with receiving(temper) as receiver:
        result = send(receiver.url())
    assert result.status == 0
    assert why in result.why
    assert result.why.isprintable()


def test_bytes_that_are_no_text_stay_sendable() -> None:
    odd = says(b"HTTP/1.1 200 \xff\xfe\r\nX-Odd: \xe4\xff\r\nContent-Length: 0\r\n\r\n")
    with receiving(odd) as receiver:
        result = send(receiver.url())
    assert result.status in (0, 200)
    (result.reason + result.why + str(result.headers)).encode("utf-8")


def test_a_port_where_nobody_listens_fails_and_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert send(f"http://127.0.0.1:{port}/").why == f"cannot connect to 127.0.0.1:{port}: Connection refused"


def test_a_name_that_does_not_resolve_fails_and_is_no_refusal() -> None:
    async def nothing(name: str, port: int) -> Sequence[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    for look_up in (nothing, known()):
        result = send("http://orders:8000/", look_up)
        assert (result.status, result.refused) == (0, False)
        assert result.why.startswith("orders does not resolve: ")
        assert result.unresolved
        anyway = (
            "; and it would be refused anyway, unless it is this machine's loopback or --notify-allow orders or "
            "MOCK_SERVER_NOTIFY_ALLOW allows it"
        )
        assert result.why.endswith(anyway)
        for word, allows in (("orders", True), ("orders:8000", True), ("orders:8001", False), ("10.0.0.0/8", False)):
            why = send("http://orders:8000/", look_up, notify_allow=(word,)).why
            assert (anyway not in why) is allows


@pytest.mark.parametrize(
    ("url", "addresses", "settings"),
    [
        ("http://2130706433:{port}/", (), {}),
        ("http://0x7f.1:{port}/", (), {}),
        ("http://user@127.0.0.1:{port}/", (), {}),
        ("http://127.0.0.1:{port}/\\x", (), {}),
        ("http://[64:ff9b::7f00:1]:{port}/", (), {"notify_allow": ("::/0",)}),
        ("http://[2002:7f00:1::]:{port}/", (), {"notify_allow": ("::/0",)}),
        ("http://0.0.0.0:{port}/", (), {"notify_allow": ("0.0.0.0/0",)}),
        ("http://[::]:{port}/", (), {"notify_allow": ("::/0",)}),
        ("http://evil:{port}/", ("127.0.0.1", "10.0.0.1"), {}),
        ("http://evil:{port}/", ("127.0.0.1", "0.0.0.0"), {"notify_allow": ("evil",)}),
        ("http://evil:{port}/", ("127.0.0.1", "64:ff9b::7f00:1"), {"notify_allow": ("evil",)}),
        ("http://127.0.0.1:{port}/", (), {"no_notify": True}),
    ],
)
def test_what_is_refused_connects_nowhere(url: str, addresses: tuple[str, ...], settings: dict[str, Any]) -> None:
    with receiving() as receiver:
        result = send(url.format(port=receiver.port), known(*addresses), **settings)
    assert result.refused
    assert result.status == 0
    assert receiver.connections == 0


def test_what_a_page_submitted_connects_nowhere() -> None:
    with receiving() as receiver:
        assert send(receiver.url(), page="Origin: https://evil.example").refused
    assert receiver.connections == 0


def test_a_name_is_looked_up_once_and_the_judged_address_is_the_one_that_is_connected_to() -> None:
    """A name that changes its mind between two look-ups (DNS rebinding) gains nothing."""
    looked: list[str] = []

    async def changing(name: str, port: int) -> Sequence[str]:
        looked.append(name)
        return ["127.0.0.1"] if len(looked) == 1 else ["10.0.0.1"]

    with receiving() as receiver:
        assert send(f"http://rebinding.example.:{receiver.port}/", changing).status == 200
    assert looked == ["rebinding.example"]
    assert receiver.received[0].header("Host") == f"rebinding.example.:{receiver.port}"


def test_the_second_attempt_is_judged_by_a_look_up_of_its_own() -> None:
    answers_of = iter((["127.0.0.1"], ["169.254.169.254"]))

    async def changing(name: str, port: int) -> Sequence[str]:
        return next(answers_of)

    with receiving() as receiver:
        url = f"http://rebinding.example:{receiver.port}/"
        assert send(url, changing).status == 200
        assert send(url, changing).refused
    assert receiver.connections == 1


def test_of_several_addresses_one_that_listens_is_found() -> None:
    with receiving() as receiver:
        assert send(f"http://localhost:{receiver.port}/", known("::1", "127.0.0.1")).status == 200


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_an_allowed_receiver_is_told_by_its_name(address: str) -> None:
    with receiving(host=address) as receiver:
        assert send(f"http://orders:{receiver.port}/", known(address), notify_allow=("orders",)).status == 200


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def tls_receiver(authority: trustme.CA, *names: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    return context


def test_a_certificate_that_the_machine_does_not_trust_fails_and_says_what_to_do(authority: trustme.CA) -> None:
    with receiving(tls=tls_receiver(authority, "127.0.0.1")) as receiver:
        result = send(receiver.url())
    assert (result.status, result.refused, receiver.received) == (0, False, [])
    assert result.why.startswith(f"the certificate of 127.0.0.1:{receiver.port} is not trusted: ")
    assert "SSL_CERT_FILE" in result.why


def test_a_receiver_is_told_over_tls_where_the_machine_trusts_its_authority(
    authority: trustme.CA, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    with receiving(tls=tls_receiver(authority, "orders.example")) as receiver:
        url = f"https://orders.example:{receiver.port}/"
        assert send(url, known("127.0.0.1")).status == 200
        wrong = send(f"https://other.example:{receiver.port}/", known("127.0.0.1"))
    assert "is not trusted" in wrong.why
    assert "other.example" in wrong.why


def test_plain_http_where_tls_is_wanted_fails() -> None:
    with receiving(answers(200)) as receiver:
        assert send(f"https://127.0.0.1:{receiver.port}/", limit=500).status == 0


@pytest.mark.parametrize("greeting", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"SSH-2.0-made-up\r\n"])
def test_a_port_that_speaks_no_tls_is_said_to_speak_none(greeting: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def greet() -> None:
            line, _ = listener.accept()
            with line:
                line.recv(1 << 16)
                line.sendall(greeting)
                line.recv(1 << 16)

        thread = threading.Thread(target=greet, daemon=True)
        thread.start()
        place = f"127.0.0.1:{listener.getsockname()[1]}"
        why = send(f"https://{place}/").why
        thread.join(PATIENCE)
    assert why == f"{place} speaks no TLS: receive by https there, or name an http address"


def test_a_handshake_that_fails_otherwise_says_how() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)  # without a certificate, so it shares no cipher
    with receiving(tls=context) as receiver:
        why = send(receiver.url()).why
    assert why.startswith(f"the TLS handshake with 127.0.0.1:{receiver.port} failed: ")
    assert "Operation not permitted" not in why


def test_names_are_looked_up_as_the_machine_does() -> None:
    assert {"127.0.0.1", "::1"} & set(asyncio.run(Names().find("localhost", 80)))
    for name in ("no-such-host.invalid", "a" * 300, "\udcff"):
        with pytest.raises(OSError, match=r"."):
            asyncio.run(Names().find(name, 80))


def test_look_ups_that_hang_are_bounded_and_hold_up_no_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    hold = threading.Event()

    def hang(*_: Any, **__: Any) -> Any:
        hold.wait(PATIENCE)
        raise socket.gaierror(socket.EAI_AGAIN, "try again")

    monkeypatch.setattr(socket, "getaddrinfo", hang)

    async def look() -> None:
        names = Names()
        waits = [asyncio.ensure_future(names.find("orders", 80)) for _ in range(LOOK_UPS.value)]
        await asyncio.sleep(0)
        with pytest.raises(OSError, match="64 names are being looked up already"):
            await names.find("orders", 80)
        waits.pop().cancel()
        hold.set()
        for each in waits:
            with pytest.raises(OSError, match="try again"):
                await each

    asyncio.run(look())
