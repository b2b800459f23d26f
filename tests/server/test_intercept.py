"""`mock-server intercept`: bytes, half-closed sides and resets pass as they came, over http and https alike."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import requests

from mock_server.cli.intercept import server_of
from mock_server.errors import InvalidInput
from mock_server.server.certificates import CERTIFICATE, KEY, Certificates, authority
from mock_server.server.intercept import Intercept, Side
from mock_server.server.listen import listen
from tests.support.live import LiveServer
from tests.support.raw import answers, request_bytes

PATIENCE = 20
SCHEMES = ("http", "https")


class Running(NamedTuple):
    """An intercept that runs: its ports by scheme, and what its clients trust."""

    ports: dict[str, int]
    ca: Path

    def connect(self, scheme: str, name: str | None = "api.vendor.example") -> socket.socket:
        """A client's connection; over https it checks the certificate for that name."""
        plain = socket.create_connection(("127.0.0.1", self.ports[scheme]), timeout=PATIENCE)
        if scheme == "http":
            return plain
        context = ssl.create_default_context(cafile=self.ca)
        context.check_hostname = name is not None
        return context.wrap_socket(plain, server_hostname=name)


@contextlib.contextmanager
def intercepting(port: int, folder: Path, most: int = 10) -> Iterator[Running]:
    """An intercept in front of a port of this machine, on free ports, ended with the block."""
    (plain,), (secure,) = listen("127.0.0.1", 0), listen("127.0.0.1", 0)
    sides = (Side(plain), Side(secure, Certificates(authority(folder), most).tls()))
    intercept = Intercept("127.0.0.1", port, sides)
    thread = threading.Thread(target=intercept.run, daemon=True)
    thread.start()
    try:
        ports = [side.listener.getsockname()[1] for side in sides]
        yield Running(dict(zip(SCHEMES, ports, strict=True)), folder / CERTIFICATE)
    finally:
        intercept.close()
        thread.join(PATIENCE)
    assert not thread.is_alive(), "the intercept did not end"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a CA in it."""
    made = tmp_path_factory.mktemp("ca")
    authority(made)
    return made


@pytest.fixture
def intercept(live: LiveServer, folder: Path) -> Iterator[Running]:
    """In front of the shared server."""
    with intercepting(live.port, folder) as running:
        yield running


@contextlib.contextmanager
def behind(serve: Callable[[socket.socket], None], folder: Path) -> Iterator[Running]:
    """An intercept in front of a server that does `serve` with its first connection."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))

        def accept() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.settimeout(PATIENCE)
                serve(connection)

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield stack.enter_context(intercepting(listener.getsockname()[1], folder))
        thread.join(PATIENCE)
        assert not thread.is_alive(), "the server behind did not end"


def hear(connection: socket.socket) -> bytes:
    """Everything until the other side ends."""
    return b"".join(iter(lambda: connection.recv(1 << 16), b""))


def below_tls(connection: socket.socket) -> socket.socket:
    """The same connection without TLS, which in some Pythons takes a reset for a plain end."""
    plain = socket.socket(fileno=connection.detach())
    plain.settimeout(PATIENCE)
    return plain


def reset(connection: socket.socket) -> None:
    """Closes with RST."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_poll_reaches_the_server_behind(intercept: Running, scheme: str) -> None:
    with intercept.connect(scheme) as client:
        client.sendall(request_bytes("GET", f"/status/get/prefop?id=happy-path.{scheme}-intercepted"))
        (answer,) = answers(hear(client))
    assert answer.status == 200


@pytest.mark.parametrize("name", ["api.vendor.example", "API.Vendor.Example", "x", "xn--fsq.example", "localhost"])
def test_whichever_name_a_client_asks_for_is_certified(intercept: Running, name: str) -> None:
    with intercept.connect("https", name) as client:
        assert isinstance(client, ssl.SSLSocket)
        certificate = client.getpeercert()
    assert certificate is not None
    assert (("DNS", name.lower()),) == certificate["subjectAltName"]


def test_a_client_that_names_nobody_sees_the_name_of_this_machine(intercept: Running) -> None:
    with intercept.connect("https", None) as client:
        assert isinstance(client, ssl.SSLSocket)
        certificate = client.getpeercert()
    assert certificate is not None
    assert ("DNS", "localhost") in certificate["subjectAltName"]


@pytest.mark.parametrize("name", ["under_score.example", "hyphen-.example"])
def test_a_name_that_no_certificate_can_carry_is_refused_and_others_are_still_served(
    intercept: Running, name: str
) -> None:
    with pytest.raises(ssl.SSLError):
        intercept.connect("https", name)
    intercept.connect("https").close()


def test_no_more_certificates_are_kept_than_allowed_and_a_dropped_one_is_made_again(
    live: LiveServer, folder: Path
) -> None:
    def serial(name: str) -> object:
        with running.connect("https", name) as client:
            assert isinstance(client, ssl.SSLSocket)
            certificate = client.getpeercert()
        assert certificate is not None
        assert certificate["subjectAltName"] == (("DNS", name),)
        return certificate["serialNumber"]

    with intercepting(live.port, folder, most=2) as running:
        first, again = serial("a.example"), serial("a.example")
        serial("b.example")
        kept = serial("a.example")
        serial("c.example")
        made_again = serial("a.example")
    assert first == again == kept
    assert made_again != first


def test_a_client_that_does_not_trust_the_ca_is_no_trouble_to_others(intercept: Running) -> None:
    with (
        socket.create_connection(("127.0.0.1", intercept.ports["https"]), timeout=PATIENCE) as plain,
        pytest.raises(ssl.SSLCertVerificationError),
    ):
        ssl.create_default_context().wrap_socket(plain, server_hostname="api.vendor.example")
    intercept.connect("https").close()


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_reset_of_the_server_reaches_the_client_as_one(folder: Path, scheme: str) -> None:
    def serve(server: socket.socket) -> None:
        server.recv(1)
        reset(server)

    with behind(serve, folder) as running:
        client = running.connect(scheme)
        client.sendall(b"x")
        with below_tls(client) as plain, pytest.raises(ConnectionResetError):
            hear(plain)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_reset_of_the_client_reaches_the_server_as_one(folder: Path, scheme: str) -> None:
    felt: list[type[Exception]] = []

    def serve(server: socket.socket) -> None:
        server.sendall(server.recv(1))
        try:
            hear(server)
        except OSError as error:
            felt.append(type(error))

    with behind(serve, folder) as running, running.connect(scheme) as client:
        client.sendall(b"x")
        assert client.recv(1) == b"x"
        reset(client)
    assert felt == [ConnectionResetError]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_response_that_is_cut_short_arrives_as_far_as_it_was_sent(folder: Path, scheme: str) -> None:
    with behind(lambda server: server.sendall(b"half"), folder) as running, running.connect(scheme) as client:
        assert hear(client) == b"half"


@pytest.mark.parametrize("scheme", SCHEMES)
def test_large_messages_pass_both_ways(folder: Path, scheme: str) -> None:
    size = 4 << 20

    def serve(server: socket.socket) -> None:
        got = 0
        while got < size:
            got += len(server.recv(1 << 16))
        server.sendall(b"y" * size)

    with behind(serve, folder) as running, running.connect(scheme) as client:
        client.sendall(b"x" * size)
        assert hear(client) == b"y" * size


def test_a_side_that_is_half_closed_still_gets_its_response(folder: Path) -> None:
    def serve(server: socket.socket) -> None:
        server.sendall(hear(server).upper())

    with behind(serve, folder) as running, running.connect("http") as client:
        client.sendall(b"all")
        client.shutdown(socket.SHUT_WR)
        assert hear(client) == b"ALL"


@pytest.mark.parametrize("scheme", SCHEMES)
def test_without_a_server_behind_the_connection_is_reset(folder: Path, scheme: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with (
        intercepting(port, folder) as running,
        pytest.raises(ConnectionResetError),  # the reset may come before the client knows that it is connected
        below_tls(running.connect(scheme)) as plain,
    ):
        hear(plain)


# -- the certificate authority


def test_a_ca_is_made_once_and_then_kept(tmp_path: Path) -> None:
    first = authority(tmp_path / "new" / "ca").cert_pem.bytes()
    assert authority(tmp_path / "new" / "ca").cert_pem.bytes() == first
    assert (tmp_path / "new" / "ca" / CERTIFICATE).read_bytes() == first


def test_the_key_is_its_owners_alone(folder: Path) -> None:
    assert (folder / KEY).stat().st_mode & 0o777 == 0o600
    assert (folder / KEY).parent.stat().st_mode & 0o777 == 0o700
    assert (folder / CERTIFICATE).stat().st_mode & 0o777 == 0o644


def test_a_key_without_its_certificate_is_made_anew(tmp_path: Path) -> None:
    authority(tmp_path)
    (tmp_path / CERTIFICATE).unlink()
    authority(tmp_path)
    assert (tmp_path / CERTIFICATE).exists()


def lose_the_key(folder: Path) -> None:
    """The certificate stays alone."""
    (folder / KEY).unlink()


def swap_the_key(folder: Path) -> None:
    """The key is another CA's."""
    authority(folder / "other")
    shutil.copy(folder / "other" / KEY, folder / KEY)


def spoil_the_certificate(folder: Path) -> None:
    """The certificate is none."""
    (folder / CERTIFICATE).write_text("none")


@pytest.mark.parametrize("harm", [lose_the_key, swap_the_key, spoil_the_certificate])
def test_a_ca_that_does_not_hold_together_is_refused_with_what_to_do(
    tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    authority(tmp_path)
    harm(tmp_path)
    with pytest.raises(InvalidInput, match=r"^--ca-dir: .*without those two files a new one is made"):
        authority(tmp_path)


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidInput, match=r"^--ca-dir: "):
        authority(tmp_path / "file" / "ca")


def test_without_the_package_for_certificates_it_is_said_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "trustme", None)
    with pytest.raises(InvalidInput, match=r"trustme.*pip install '\.\[intercept\]'"):
        authority(tmp_path)


# -- the command


def environment(**more: str) -> dict[str, str]:
    """This process's environment without settings of a server or of a client's trust, and with these."""
    trust = ("MOCK_SERVER_", "REQUESTS_CA", "CURL_CA", "SSL_CERT", "NODE_EXTRA")
    return {**{name: word for name, word in os.environ.items() if not name.startswith(trust)}, **more}


def test_the_command_says_where_it_listens_and_what_to_trust_and_ends_at_sigterm(
    live: LiveServer, tmp_path: Path
) -> None:
    words = ("--to", live.host, "--http-port", "0", "--https-port", "0", "--ca-dir", str(tmp_path))
    process = subprocess.Popen(
        (sys.executable, "-m", "mock_server", "intercept", *words),
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    watchdog = threading.Timer(PATIENCE, process.kill)
    watchdog.start()
    try:
        assert process.stdout is not None
        first, second = process.stdout.readline(), process.stdout.readline()
        found = re.fullmatch(r"mock-server intercepts on (http://\S+) and (https://\S+) for (http://\S+)\n", first)
        assert found
        assert found[3] == live.url
        assert second == f"clients trust {tmp_path / CERTIFICATE}\n"
        for url in found.groups()[:2]:
            target = f"{url}/status/get/prefop?id=happy-path.command"
            assert requests.get(target, verify=str(tmp_path / CERTIFICATE), timeout=PATIENCE).status_code == 200
        process.terminate()
        assert process.wait(PATIENCE) == 0
    finally:
        watchdog.cancel()
        process.kill()
        process.communicate()


@pytest.mark.parametrize("text", ["localhost", "http://localhost:8080", "a:0", "a:65536", "a b:80", ":80"])
def test_a_server_that_is_no_host_and_port_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"^--to: .*HOST:PORT"):
        server_of(text)


@pytest.mark.parametrize(
    ("text", "parts"),
    [("mock-server:8080", ("mock-server", 8080)), ("[::1]:80", ("::1", 80)), ("1.2.3.4:5", ("1.2.3.4", 5))],
)
def test_a_server_is_a_host_and_a_port(text: str, parts: tuple[str, int]) -> None:
    assert server_of(text) == parts


# -- which variable makes which client trust the CA

REQUESTS = "import requests, sys; print(requests.get(sys.argv[1], timeout=20).status_code)"
URLLIB = "import urllib.request, sys; print(urllib.request.urlopen(sys.argv[1], timeout=20).status)"
NODE = "fetch(process.argv[1]).then(response => console.log(response.status), error => console.log(error.cause.code))"


@pytest.mark.parametrize(
    ("variable", "program", "script"),
    [
        ("REQUESTS_CA_BUNDLE", sys.executable, REQUESTS),
        ("SSL_CERT_FILE", sys.executable, URLLIB),
        ("NODE_EXTRA_CA_CERTS", "node", NODE),
    ],
)
def test_a_variable_makes_a_client_trust_the_ca(intercept: Running, variable: str, program: str, script: str) -> None:
    url = f"https://localhost:{intercept.ports['https']}/status/get/prefop?id=happy-path.{variable}"
    flag = "-e" if program == "node" else "-c"
    for environ, trusted in ((environment(), False), (environment(**{variable: str(intercept.ca)}), True)):
        ended = subprocess.run(
            (program, flag, script, url), env=environ, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        assert (ended.stdout.strip() == "200") is trusted, ended.stdout + ended.stderr
