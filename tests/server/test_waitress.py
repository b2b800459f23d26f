"""The Flask app's own socket: where it listens, how it ends, and what one connection can carry."""

from __future__ import annotations

import contextlib
import http.client
import json
import select
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from mock_server.engine.scenario import Effect, Span
from mock_server.errors import InvalidInput
from mock_server.faults.armed import Armed
from mock_server.server.app import create_app
from mock_server.server.waitress import WaitressServer
from mock_server.settings import Settings
from tests.support import harness
from tests.support.live import LiveServer, serving_app
from tests.support.poller import STATUS_PATHS
from tests.support.raw import answers, request_bytes, send
from tests.support.wire_kit import until

QINIU = STATUS_PATHS["qiniu"][0]


def has_ipv6() -> bool:
    """Whether this machine has an IPv6 loopback."""
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


LOOPBACKS = ["127.0.0.1", "localhost", *(["::1"] if has_ipv6() else [])]


@pytest.fixture(scope="module")
def live() -> Iterator[LiveServer]:
    """A server behind this server, where other tests have the wire."""
    with serving_app(create_app(Settings()), flask=True) as server:
        yield server


Running = tuple[WaitressServer, threading.Thread]


@contextmanager
def running(
    host: str = "127.0.0.1", armed: tuple[Armed, ...] = ()
) -> Iterator[tuple[WaitressServer, threading.Thread]]:
    """A server that serves, in a thread of its own, until it is closed."""
    app = create_app(Settings(), armed=armed)
    server = WaitressServer(app, host, 0, app.extensions["mock_server"].stopping)
    with harness.running(server) as thread:
        yield server, thread


def problem_of(host: str, port: int) -> str:
    """What is said of an address that cannot be listened on."""
    with pytest.raises(InvalidInput) as caught:
        WaitressServer(lambda *_: [], host, port, threading.Event())
    (problem,) = caught.value.problems
    return str(problem)


@pytest.mark.parametrize("host", LOOPBACKS)
def test_port_0_takes_a_free_port_and_the_url_reaches_it(host: str) -> None:
    with running(host) as (server, _):
        assert server.port > 0
        assert server.url == f"http://[{host}]:{server.port}" if ":" in host else f"http://{host}:{server.port}"
        address = server.url.removeprefix("http://")
        connection = http.client.HTTPConnection(address, timeout=20)
        connection.request("GET", f"{QINIU}?id=happy-path")
        assert connection.getresponse().status == 200
        connection.close()


@pytest.mark.parametrize("host", ["0.0.0.0", *(["::"] if has_ipv6() else [])])
def test_a_server_on_every_address_tells_the_one_of_this_machine(host: str) -> None:
    with running(host) as (server, _):
        assert server.url == f"http://127.0.0.1:{server.port}"
        (answer,) = answers(send(server.port, request_bytes("GET", f"{QINIU}?id=happy-path")))
        assert answer.status == 200


def test_two_servers_on_port_0_never_meet() -> None:
    with running() as (one, _), running() as (two, _):
        assert one.port != two.port
        first = [
            json.loads(answers(send(server.port, request_bytes("GET", f"{QINIU}?id=slow")))[0].body)
            for server in (one, two)
        ]
        assert [body["code"] for body in first] == [1, 1]


def test_a_server_accepts_connections_from_the_moment_it_is_made() -> None:
    app = create_app(Settings())
    server = WaitressServer(app, "127.0.0.1", 0, app.extensions["mock_server"].stopping)
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as early:
        early.sendall(request_bytes("GET", "/__admin/health"))
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        assert early.recv(12) == b"HTTP/1.1 200"
    server.close()
    thread.join(20)
    assert not thread.is_alive()


def test_a_port_in_use_is_refused_by_name() -> None:
    with running() as (server, _):
        said = problem_of("127.0.0.1", server.port)
    assert said == f"--port: {server.port} is in use on 127.0.0.1 (choose another, or 0 for a free one)"


@pytest.mark.parametrize("host", ["nowhere.invalid", "192.0.2.1", "a b"])
def test_an_address_that_is_not_ours_is_refused_by_name(host: str) -> None:
    said = problem_of(host, 0)
    assert said.startswith("--host: cannot listen on ")
    assert host in said
    assert "try 127.0.0.1" in said


def test_a_port_is_free_again_when_the_server_has_ended() -> None:
    with running() as (server, _):
        send(server.port, request_bytes("GET", "/"))
    again = WaitressServer(create_app(Settings()), "127.0.0.1", server.port, threading.Event())
    assert again.port == server.port
    again.close()
    again.run()


def test_a_response_under_way_leaves_at_once_when_the_server_closes() -> None:
    hour = Span(3_600_000, 3_600_000)
    with running(armed=(Armed(1, Effect(delay=hour), id="slow.late"),)) as (server, thread):
        with socket.create_connection(("127.0.0.1", server.port), timeout=20) as late:
            late.sendall(request_bytes("GET", f"{QINIU}?id=slow.late"))
            send(
                server.port, request_bytes("GET", f"{QINIU}?id=slow.other")
            )  # the late one is ahead of this in the queue
            server.close()
            (answer,) = answers(b"".join(iter(lambda: late.recv(1 << 16), b"")))
        thread.join(20)
        assert not thread.is_alive()
    assert json.loads(answer.body)["id"] == "slow.late"


def test_a_server_that_is_closed_before_it_runs_ends_at_once() -> None:
    server = WaitressServer(create_app(Settings()), "127.0.0.1", 0, threading.Event())
    server.close()
    server.run()
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", server.port), timeout=20)


def test_one_connection_carries_many_polls(live: LiveServer) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", live.port, timeout=20)
    connection.connect()
    ours = connection.sock.getsockname()
    codes = []
    for method in ("GET", "HEAD", "GET", "OPTIONS", "GET"):
        connection.request(method, f"{QINIU}?id=happy-path.kept")
        body = connection.getresponse().read()
        codes += [json.loads(body)["code"]] if body else []
        assert connection.sock.getsockname() == ours
    connection.close()
    assert codes == [1, 2, 405, 0]


def test_pipelined_polls_are_answered_in_their_order(live: LiveServer) -> None:
    polls = [request_bytes("GET", f"{QINIU}?id=happy-path.piped", {"Connection": "keep-alive"}) for _ in range(4)]
    raw = send(live.port, b"".join(polls) + request_bytes("GET", f"{QINIU}?id=instant.piped"))
    bodies = [json.loads(answer.body) for answer in answers(raw)]
    assert [body["code"] for body in bodies] == [1, 2, 0, 0, 0]
    assert [body["id"] for body in bodies] == ["happy-path.piped"] * 4 + ["instant.piped"]


def test_a_client_of_http_1_0_is_served_and_left(live: LiveServer) -> None:
    raw = send(live.port, f"GET {QINIU}?id=outage.old HTTP/1.0\r\n\r\n".encode())
    assert raw.startswith(b"HTTP/1.0 599 ")
    assert raw.endswith(b'{"code":599,"error":"server operation failed"}')


def test_more_delayed_responses_than_hands_all_arrive() -> None:
    with running(armed=(Armed(1, Effect(delay=Span(1, 1))),)) as (server, _):
        sockets = [socket.create_connection(("127.0.0.1", server.port), timeout=20) for _ in range(100)]
        for k, connection in enumerate(sockets):
            connection.sendall(request_bytes("GET", f"{QINIU}?id=slow.{k}"))
        ids = []
        for connection in sockets:
            with connection:
                (answer,) = answers(b"".join(iter(lambda: connection.recv(1 << 16), b"")))  # noqa: B023 - used at once
            ids.append(json.loads(answer.body)["id"])
    assert ids == [f"slow.{k}" for k in range(100)]


def test_a_connection_too_many_waits_until_another_ends() -> None:
    app = create_app(Settings())
    server = WaitressServer(app, "127.0.0.1", 0, app.extensions["mock_server"].stopping, connections=5)
    (listener,) = server._servers
    poll = request_bytes("GET", f"{QINIU}?id=instant.full", {"Connection": "keep-alive"})
    with harness.running(server), contextlib.ExitStack() as stack:
        clients: list[socket.socket] = []
        while not listener.in_connection_overflow:
            assert len(clients) <= 5
            clients.append(stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=20)))
            clients[-1].sendall(poll)
            assert clients[-1].recv(12) == b"HTTP/1.1 200"
            until(lambda: listener.in_connection_overflow or len(server._sockets) < 5, "the connection is counted")
        late = stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=20))
        late.sendall(poll)
        assert select.select([late], [], [], 0)[0] == []
        clients[0].close()
        assert late.recv(12) == b"HTTP/1.1 200"


@pytest.mark.parametrize(
    "junk", [b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/1.1\r\nno colon\r\n\r\n"]
)
def test_what_is_not_http_is_refused_and_the_server_lives_on(live: LiveServer, junk: bytes) -> None:
    assert b" 400 Bad Request\r\n" in send(live.port, junk)
    (answer,) = answers(send(live.port, request_bytes("GET", "/__admin/health")))
    assert answer.status == 200


def test_a_head_that_is_too_large_never_reaches_the_app(live: LiveServer) -> None:
    id = "x" * 70_000
    with contextlib.suppress(ConnectionError):  # the rest of the head may meet a closed server
        assert b" 431 " in send(live.port, request_bytes("GET", f"{QINIU}?id={id}"))
    assert not any(id in entry.request.target for entry in live.parts.store.entries()[0])


@pytest.mark.parametrize("first", ["localhost", "evil.example"])
@pytest.mark.parametrize("second", ["localhost", "evil.example"])
def test_two_hosts_do_not_open_the_admin_api(live: LiveServer, first: str, second: str) -> None:
    head = f"Host: {first}\r\nHost: {second}\r\nConnection: close"
    (answer,) = answers(send(live.port, f"GET /__admin/tasks HTTP/1.1\r\n{head}\r\n\r\n".encode()))
    assert (answer.status, json.loads(answer.body)["error"]) == (400, "host")
