"""`mock_server.serve()`: a server in the caller's own process."""

from __future__ import annotations

import json
import ssl
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path
from typing import Any

import pytest
import trustme

import mock_server
from mock_server.client import Unreachable
from mock_server.client.local import LocalServer
from mock_server.errors import InvalidInput

PATH = "/status/get/prefop?id="


def code_of(server: LocalServer, id: str, trust: ssl.SSLContext | None = None) -> int:
    """What one poll shows."""
    with urllib.request.urlopen(server.url + PATH + id, timeout=30, context=trust) as response:
        return int(json.load(response)["code"])


def test_a_server_answers_within_its_block_and_not_after_it() -> None:
    with mock_server.serve() as server:
        assert server.url == f"http://{server.host}"
        assert server.host.startswith("127.0.0.1:")
        assert code_of(server, "happy-path.1") == 1
        assert [task.id for task in server.client.tasks()] == ["happy-path.1"]
    with pytest.raises(Unreachable):
        server.client.health()
    server.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "mock-server"]


def test_it_serves_from_the_call_on_without_a_block() -> None:
    server = mock_server.serve()
    try:
        assert server.client.health().ready
    finally:
        server.close()


def test_an_error_in_the_block_closes_it_and_is_not_swallowed() -> None:
    with pytest.raises(LookupError), mock_server.serve() as server:
        raise LookupError
    with pytest.raises(Unreachable):
        server.client.health()


def test_two_servers_of_one_process_share_nothing() -> None:
    with mock_server.serve() as one, mock_server.serve() as two:
        one.client.create("qiniu", "slow", "mine")
        assert two.client.tasks() == ()
        assert one.url != two.url


def test_settings_are_named_like_flags_and_the_environment_does_not_count(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "mine.yaml").write_text("steps: [{state: failed}]\n", "utf-8")
    monkeypatch.setenv("MOCK_SERVER_SEED", "x")
    monkeypatch.setenv("MOCK_SERVER_PORT", "1")
    wanted: dict[str, Any] = {"scenarios": tmp_path, "seed": 7, "no_builtin": True, "admin_token": "s3cret", "speed": 2}
    with mock_server.serve(**wanted, admin_port=0, default_scenario=None) as server:
        settings = server.client.version().settings
        assert (settings["seed"], settings["speed"], settings["no_builtin"]) == (7, 2.0, True)
        assert [scenario.name for scenario in server.client.scenarios()] == ["mine"]
        assert server.client.url != server.url


def test_its_client_trusts_its_certificate(tmp_path: Path) -> None:
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    issued.private_key_pem.write_to_path(str(tmp_path / "key.pem"))
    for part in (*issued.cert_chain_pems, authority.cert_pem):
        part.write_to_path(str(tmp_path / "cert.pem"), append=True)
    with mock_server.serve(tls_cert=tmp_path / "cert.pem", tls_key=tmp_path / "key.pem") as server:
        assert server.url == f"https://{server.host}"
        assert server.client.health().ready


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"sede": 1}, 'sede: no such setting (did you mean "seed"?)'),
        ({"port": 70000}, "--port: '70000' will not do: it takes a whole number from 0 to 65535"),
        ({"scenarios": "nowhere"}, "nowhere: no such file or folder"),
        ({"no_builtin": "perhaps"}, "--no-builtin: 'perhaps' will not do: it takes true or false"),
    ],
)
def test_a_bad_setting_is_told_and_nothing_is_left_running(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput, match="^" + said.replace("(", r"\(").replace(")", r"\)").replace("?", r"\?")):
        mock_server.serve(**settings)
    assert not [thread for thread in threading.enumerate() if thread.name == "mock-server"]


def test_the_package_imports_no_server_before_it_serves() -> None:
    code = "import sys, mock_server; mock_server.serve; print('mock_server.server' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "False\n"
