"""The wire server's own socket: where it listens, TLS, and how it ends."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives import serialization

from mock_server.errors import InvalidInput
from mock_server.http.message import Request, Response
from mock_server.server import certificates
from mock_server.server.wire.server import WireServer, tls_of
from tests.server.test_waitress import LOOPBACKS, has_ipv6
from tests.support.wire_kit import (
    ECHO,
    GET,
    LAST,
    PATIENCE,
    Wire,
    bodies,
    echo,
    echoing,
    hear,
    hear_head,
    statuses,
    until,
)


def server_on(host: str, port: int) -> WireServer:
    return WireServer(ECHO, host, port, threading.Event())


@pytest.mark.parametrize("host", LOOPBACKS)
def test_port_0_takes_a_free_port_and_the_url_reaches_it(host: str) -> None:
    with echoing(host=host) as wire:
        connection = http.client.HTTPConnection(wire.server.url.removeprefix("http://"), timeout=PATIENCE)
        connection.request("GET", "/a")
        assert connection.getresponse().status == 200
        connection.close()


@pytest.mark.parametrize("host", ["0.0.0.0", *(["::"] if has_ipv6() else [])])
def test_a_server_on_every_address_tells_the_one_of_this_machine(host: str) -> None:
    with echoing(host=host) as wire:
        assert wire.server.url == f"http://127.0.0.1:{wire.port}"
        assert statuses(wire.say(LAST).data) == [200]


def test_an_address_that_is_taken_is_told_at_once_with_what_to_do() -> None:
    with echoing() as wire, pytest.raises(InvalidInput, match=f"--port: {wire.port} is in use on 127.0.0.1"):
        server_on("127.0.0.1", wire.port)


def test_a_client_may_come_before_the_server_is_served() -> None:
    server = server_on("127.0.0.1", 0)
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as client:
        client.sendall(LAST)
        thread = threading.Thread(target=server.run)
        thread.start()
        assert statuses(hear(client).data) == [200]
    server.close()
    thread.join(PATIENCE)
    assert not thread.is_alive()


def test_a_server_closed_before_it_is_served_ends_at_once_and_frees_its_port() -> None:
    server = server_on("127.0.0.1", 0)
    server.close()
    server.run()
    again = server_on("127.0.0.1", server.port)
    again.close()
    again.run()


def test_closing_twice_and_after_the_end_is_nothing() -> None:
    with echoing() as wire:
        wire.server.close()
        wire.server.close()
    wire.server.close()


def test_the_end_of_the_server_ends_the_server_too() -> None:
    stopping = threading.Event()
    server = WireServer(ECHO, "127.0.0.1", 0, stopping)
    thread = threading.Thread(target=server.run)
    thread.start()
    stopping.set()
    thread.join(PATIENCE)
    assert not thread.is_alive()


def test_idle_clients_are_let_go_at_the_end() -> None:
    with echoing() as wire:
        clients = [wire.connect() for _ in range(5)]
        for client in clients[1:]:
            client.sendall(GET)
            hear_head(client)
        until(lambda: wire.server.connections == 5, "all are connected")
    for client in clients:
        hear(client)
        client.close()


def test_an_answer_that_takes_its_time_is_not_waited_for_for_ever() -> None:
    go_on, called = threading.Event(), threading.Event()

    def slow(request: Request) -> Response:
        called.set()
        go_on.wait(PATIENCE)
        return echo(request)

    with echoing(slow=slow, drain_time=0.05) as wire:
        client = wire.connect()
        client.sendall(LAST.replace(b"/last", b"/slow"))
        assert called.wait(PATIENCE)
    assert hear(client).data == b""
    client.close()
    go_on.set()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_from_its_handler_while_clients_hang(number: signal.Signals, root: Path) -> None:
    program = (
        "import signal, threading\n"
        "from tests.support.wire_kit import ECHO\n"
        "from mock_server.server.wire.server import WireServer\n"
        "server = WireServer(ECHO, '127.0.0.1', 0, threading.Event())\n"
        f"signal.signal({int(number)}, lambda *_: server.close())\n"
        "print(server.port, flush=True)\n"
        "server.run()\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, cwd=root) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        clients = [socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) for _ in range(20)]
        for client in clients:
            client.sendall(b"GET /a?fault=hang&over=3600000 HTTP/1.1\r\nHost: x\r\n\r\n")
        clients[0].close()
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as other:
            other.sendall(LAST)
            assert statuses(hear(other).data) == [200]
        process.send_signal(number)
        assert process.wait(PATIENCE) == 0
    for client in clients[1:]:
        assert hear(client).data == b""
        client.close()


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def files(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    issued = authority.issue_cert("127.0.0.1", "api.example.com")
    folder = tmp_path_factory.mktemp("tls")
    certificate, key = folder / "cert.pem", folder / "key.pem"
    certificate.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
    key.write_bytes(issued.private_key_pem.bytes())
    return certificate, key


@pytest.fixture(scope="module")
def encrypted(files: tuple[Path, Path]) -> Path:
    """The same key, behind a pass phrase."""
    key = serialization.load_pem_private_key(files[1].read_bytes(), None)
    encryption = serialization.BestAvailableEncryption(b"secret")
    path = files[1].with_name("encrypted.pem")
    path.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption))
    return path


@pytest.fixture(scope="module")
def secure(files: tuple[Path, Path]) -> Iterator[Wire]:
    with echoing(tls=tls_of(*files), head_time=1.0, linger_time=0.2) as server:
        yield server


@pytest.fixture
def client(authority: trustme.CA, secure: Wire) -> Iterator[ssl.SSLSocket]:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    with context.wrap_socket(secure.connect(), server_hostname="api.example.com") as client:
        yield client


class TestTls:
    """Behind a certificate everything is as without."""

    def test_requests_are_answered(self, secure: Wire, client: ssl.SSLSocket) -> None:
        client.sendall(GET + LAST)
        assert [body["path"] for body in bodies(hear(client).data)] == ["/a", "/last"]
        assert secure.server.url == f"https://127.0.0.1:{secure.port}"

    def test_a_reset_is_a_reset(self, client: ssl.SSLSocket) -> None:
        client.sendall(b"GET /a?fault=reset HTTP/1.1\r\nHost: x\r\n\r\n")
        with socket.socket(fileno=os.dup(client.fileno())) as below:  # TLS itself cannot tell a reset from an end
            below.settimeout(PATIENCE)
            assert hear(below).reset

    def test_a_truncated_response_is_cut(self, client: ssl.SSLSocket) -> None:
        client.sendall(b"GET /a?fault=truncate HTTP/1.1\r\nHost: x\r\n\r\n")
        head, _, body = hear(client).data.partition(b"\r\n\r\n")
        assert 0 < len(body) < int(head.partition(b"Content-Length: ")[2].partition(b"\r\n")[0])

    @pytest.mark.parametrize("data", [LAST, b"\x16\x03\x01\x00\x05hello", b"\r\n\r\n"])
    def test_what_is_no_handshake_is_let_go(self, secure: Wire, data: bytes) -> None:
        assert statuses(secure.say(data, half=True).data) == []

    def test_a_client_that_leaves_in_the_handshake_harms_nobody(self, secure: Wire, client: ssl.SSLSocket) -> None:
        secure.connect().close()
        client.sendall(LAST)
        assert statuses(hear(client).data) == [200]

    def test_one_file_without_the_other_is_refused(self, files: tuple[Path, Path]) -> None:
        with pytest.raises(InvalidInput, match=r"--tls-key: .* \(give both or neither\)"):
            tls_of(files[0], None)
        with pytest.raises(InvalidInput, match=r"--tls-cert: .* \(give both or neither\)"):
            tls_of(None, files[1])

    def test_files_that_do_not_serve_are_refused(self, files: tuple[Path, Path], tmp_path: Path) -> None:
        certificate, key = files
        (tmp_path / "text.pem").write_text("steps: []\n", "utf-8")
        os.mkfifo(tmp_path / "pipe.pem")
        for path, why in (("none.pem", "No such file"), (".", "it is a folder"), ("pipe.pem", "it is a pipe")):
            with pytest.raises(InvalidInput, match=rf"^--tls-cert: .* cannot be read: {why}.*takes a PEM file"):
                tls_of(tmp_path / path, key)
            with pytest.raises(InvalidInput, match=rf"^--tls-key: .* cannot be read: {why}.*takes a PEM file"):
                tls_of(certificate, tmp_path / path)
        with pytest.raises(InvalidInput, match=r"^--tls-cert: .*text.pem holds no certificate"):
            tls_of(tmp_path / "text.pem", key)

    def test_files_that_are_swapped_are_told_apart(self, files: tuple[Path, Path]) -> None:
        certificate, key = files
        with pytest.raises(InvalidInput, match=r"^--tls-cert: .* holds a private key and no certificate"):
            tls_of(key, certificate)
        with pytest.raises(InvalidInput, match=r"^--tls-key: .* holds a certificate and no private key"):
            tls_of(certificate, certificate)

    def test_a_key_of_another_certificate_is_refused(self, files: tuple[Path, Path], tmp_path: Path) -> None:
        other = trustme.CA().issue_cert("other.example").private_key_pem
        other.write_to_path(str(tmp_path / "other.pem"))
        with pytest.raises(InvalidInput, match=r"^--tls-cert: no certificate and key"):
            tls_of(files[0], tmp_path / "other.pem")

    def test_an_encrypted_key_is_refused_without_asking_for_a_pass_phrase(
        self, files: tuple[Path, Path], encrypted: Path
    ) -> None:
        with pytest.raises(InvalidInput, match=r"--tls-key: the key \S+ is encrypted, .* \(decrypt it: openssl pkey"):
            tls_of(files[0], encrypted)

    def test_an_encrypted_key_of_an_authority_is_refused_too(self, encrypted: Path, tmp_path: Path) -> None:
        certificates.authority(tmp_path)
        (tmp_path / certificates.KEY).write_bytes(encrypted.read_bytes())
        with pytest.raises(InvalidInput, match=r"--ca-dir: the key \S+ is encrypted"):
            certificates.authority(tmp_path)

    def test_without_files_there_is_no_tls(self) -> None:
        assert tls_of(None, None) is None
