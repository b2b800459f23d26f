"""Which server the settings choose, and what they cannot have together."""

from __future__ import annotations

import threading
from http.client import HTTPConnection
from pathlib import Path

import pytest
import trustme

from mock_server.assembly import assemble
from mock_server.control.server import controls_of
from mock_server.errors import InvalidInput
from mock_server.server import health
from mock_server.server.servers import HttpServers, servers_of
from mock_server.server.waitress import WaitressServer
from mock_server.server.wire.server import WireServer
from mock_server.settings import Settings, settings_of
from tests.support.wire_kit import PATIENCE


def server_for(settings: Settings) -> HttpServers:
    return servers_of(assemble(settings))


@pytest.mark.parametrize(
    ("flags", "kind"), [({}, WireServer), ({"server": "wire"}, WireServer), ({"server": "flask"}, WaitressServer)]
)
def test_the_settings_choose_the_server(flags: dict[str, str], kind: type[object]) -> None:
    server = server_for(settings_of({**flags, "port": "0", "no_reload": "true"}, {}))
    assert isinstance(server.main, kind)
    server.close()
    server.run()


def test_the_reference_server_has_no_tls_and_says_who_has() -> None:
    with pytest.raises(InvalidInput, match=r"--tls-cert: this server speaks no TLS \(serve with --server wire\)"):
        server_for(Settings(server="flask", port=0, no_reload=True, tls_cert=Path("cert.pem"), tls_key=Path("key.pem")))


def test_a_server_with_a_certificate_is_found_healthy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    issued = trustme.CA().issue_cert("mock.example.com")
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    certificate.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
    key.write_bytes(issued.private_key_pem.bytes())
    server = server_for(Settings(port=0, no_reload=True, tls_cert=certificate, tls_key=key))
    thread = threading.Thread(target=server.run)
    thread.start()
    for name, word in (("PORT", str(server.port)), ("TLS_CERT", str(certificate)), ("TLS_KEY", str(key))):
        monkeypatch.setenv(f"MOCK_SERVER_{name}", word)
    assert health.main() == 0
    server.close()
    thread.join(PATIENCE)
    assert health.main() == 1


def test_a_reset_of_the_tasks_frees_what_the_wire_server_knows_of_requests() -> None:
    parts = assemble(Settings(port=0, no_reload=True))
    server = servers_of(parts)
    assert isinstance(server.main, WireServer)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        client = HTTPConnection("127.0.0.1", server.port)
        client.request("GET", "/status/get/prefop?id=happy-path.1")
        client.getresponse().read()
        client.close()
        assert server.main._service is not None
        known = server.main._service.known
        before = len(known.requests), len(known.heads)
        controls_of(parts).reset.reset(["tasks"])
        after = len(known.requests), len(known.heads)
    finally:
        server.close()
        thread.join(PATIENCE)
    assert (before, after) == ((1, 1), (0, 0))
