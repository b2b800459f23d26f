"""Where servers listen: every address of a name, and as many waiting clients as was asked for."""

from __future__ import annotations

import errno
import select
import socket
import struct
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from mock_server.errors import InvalidInput
from mock_server.server import listen as listen_module
from mock_server.server.certificates import Certificates, authority
from mock_server.server.intercept import Intercept, Side
from mock_server.server.listen import BACKLOG, listen, url_of
from mock_server.server.waitress import WaitressServer
from mock_server.server.wire.server import WireServer
from tests.server.test_waitress import has_ipv6
from tests.support.wire_kit import ECHO, LAST, hear, statuses

SERVERS = ("wire", "waitress")
PATIENCE = 20


def hello(_: Any, start: Any) -> list[bytes]:
    start("200 OK", [("Content-Length", "2")])
    return [b"ok"]


@contextmanager
def serving(kind: str, host: str) -> Iterator[WireServer | WaitressServer]:
    """A server of this kind in a thread, answering at least one request before the block begins."""
    stopping = threading.Event()
    server: WireServer | WaitressServer = (
        WireServer(ECHO, host, 0, stopping) if kind == "wire" else WaitressServer(hello, host, 0, stopping)
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.close()
        thread.join(PATIENCE)
    assert not thread.is_alive()


def answered(address: str, port: int) -> bool:
    with socket.create_connection((address, port), timeout=PATIENCE) as client:
        client.sendall(LAST)
        return statuses(hear(client).data) == [200]


def backlog_of(listener: socket.socket) -> int:
    """The backlog in force: for a listening socket, Linux has it in this field of `struct tcp_info`."""
    info = listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104)
    (found,) = struct.unpack_from("<I", info, 8 + 5 * 4)
    return int(found)


def most_waiting() -> int:
    return min(BACKLOG, int(Path("/proc/sys/net/core/somaxconn").read_text()))


def two_addresses(*_: Any, **__: Any) -> Sequence[Any]:
    """A name with two addresses, one of them told twice, and one that this machine does not have."""
    return [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0))
        for address in ("127.0.0.1", "192.0.2.1", "127.0.0.2", "127.0.0.1")
    ]


@pytest.mark.parametrize("kind", SERVERS)
def test_the_backlog_that_was_asked_for_is_in_force_while_a_server_serves(kind: str) -> None:
    with serving(kind, "127.0.0.1") as server:
        assert answered("127.0.0.1", server.port)
        assert [backlog_of(each) for each in server.listeners] == [most_waiting()]


def test_the_backlog_of_an_intercept_is_in_force_too(tmp_path: Path) -> None:
    (plain,), (secure,) = listen("127.0.0.1", 0), listen("127.0.0.1", 0)
    intercept = Intercept("127.0.0.1", 1, (Side(plain), Side(secure, Certificates(authority(tmp_path)).tls())))
    thread = threading.Thread(target=intercept.run, daemon=True)
    thread.start()
    # No server is behind it: the connection ends, by a reset at the latest, as soon as the intercept serves.
    with suppress(ConnectionResetError), socket.create_connection(plain.getsockname(), timeout=PATIENCE) as client:
        hear(client)
    assert (backlog_of(plain), backlog_of(secure)) == (most_waiting(), most_waiting())
    intercept.close()
    thread.join(PATIENCE)


def test_more_clients_connect_at_once_than_an_event_loop_holds_by_itself() -> None:
    go_on = threading.Event()
    blocked = threading.Event()

    def block(request: Any) -> Any:
        blocked.set()
        go_on.wait(PATIENCE)
        return ECHO.quick(request)

    server = WireServer(ECHO._replace(quick=block), "127.0.0.1", 0, threading.Event())
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    clients = [socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE)]
    clients[0].sendall(LAST)
    assert blocked.wait(PATIENCE)  # now nobody accepts
    count = min(400, most_waiting())
    clients += [socket.create_connection(("127.0.0.1", server.port), timeout=0.9) for _ in range(count)]
    go_on.set()
    for client in clients:
        client.close()
    server.close()
    thread.join(PATIENCE)


@pytest.mark.parametrize("kind", SERVERS)
def test_a_name_is_listened_on_at_all_of_its_addresses(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(socket, "getaddrinfo", two_addresses)
        stack = ExitStack()
        server = stack.enter_context(serving(kind, "localhost"))
    with stack:
        assert [each.getsockname() for each in server.listeners] == [
            ("127.0.0.1", server.port),
            ("127.0.0.2", server.port),
        ]
        assert answered("127.0.0.1", server.port)
        assert answered("127.0.0.2", server.port)
        assert server.url == f"http://localhost:{server.port}"


def test_one_address_that_is_taken_is_told_and_nothing_is_left_open(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.2", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setattr(socket, "getaddrinfo", two_addresses)
        with pytest.raises(InvalidInput, match=f"--port: {port} is in use on localhost"):
            listen("localhost", port)
    socket.create_server(("127.0.0.1", port)).close()


def test_a_free_port_is_free_on_every_address(monkeypatch: pytest.MonkeyPatch) -> None:
    real, ports = listen_module._listener, []

    def first_taken(address: Any) -> socket.socket:
        ports.append(address.sockaddr[1])
        if len(ports) == 2:
            raise OSError(errno.EADDRINUSE, "in use")
        return real(address)

    monkeypatch.setattr(socket, "getaddrinfo", two_addresses)
    monkeypatch.setattr(listen_module, "_listener", first_taken)
    listeners = listen("localhost", 0)
    assert len({each.getsockname()[1] for each in listeners}) == 1
    assert len(listeners) == 2
    for each in listeners:
        each.close()


@pytest.mark.parametrize("kind", SERVERS)
@pytest.mark.parametrize("host", ["::", "[::]"])
def test_all_ipv6_addresses_are_all_ipv4_addresses_too(kind: str, host: str) -> None:
    if not has_ipv6():
        host = "0.0.0.0"
    with serving(kind, host) as server:
        assert answered("127.0.0.1", server.port)
        assert not has_ipv6() or answered("::1", server.port)
        assert server.url == f"http://127.0.0.1:{server.port}"


@pytest.mark.parametrize("kind", SERVERS)
def test_brackets_around_an_address_are_those_of_a_url(kind: str) -> None:
    with serving(kind, "[::1]" if has_ipv6() else "127.0.0.1") as server:
        assert not has_ipv6() or answered("::1", server.port)
        assert not has_ipv6() or server.url == f"http://[::1]:{server.port}"


@pytest.mark.parametrize(
    ("host", "told"),
    [
        ("*", '--host: "*" is no address (give "::" for every address of this machine, or "0.0.0.0" for every one of'),
        ("no such.name", "--host: cannot listen on 'no such.name': "),
    ],
)
def test_a_host_that_is_none_is_refused_in_words(host: str, told: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        listen(host, 0)
    assert str(caught.value).startswith(told)
    assert "Errno" not in str(caught.value)


def test_a_url_has_brackets_once() -> None:
    assert url_of("[::1]", 80) == url_of("::1", 80) == "http://[::1]:80"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such a client, or hold more")
def test_clients_beyond_the_backlog_come_in_once_there_is_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listen_module, "BACKLOG", 4)
    (listener,) = listen("127.0.0.1", 0)
    with listener, ExitStack() as stack:
        clients = [stack.enter_context(socket.socket()) for _ in range(8)]
        for client in clients:
            client.setblocking(False)
            assert client.connect_ex(listener.getsockname()) in (0, errno.EINPROGRESS)
        connected = select.select([], clients, [], 0.3)[1]
        assert 4 <= len(connected) < 8
        listener.settimeout(PATIENCE)
        for _ in clients:
            stack.enter_context(listener.accept()[0])
