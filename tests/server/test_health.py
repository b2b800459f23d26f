"""Whether a server is ready, as containers ask it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from mock_server.assembly import Server
from mock_server.server import health
from mock_server.server.app import create_app
from mock_server.settings import Settings, variable
from tests.support.admin_kit import admin_world
from tests.support.live import LiveServer


@pytest.fixture
def unused_port() -> Iterator[int]:
    """A port that is taken and on which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "::", "[::]", "localhost"])
def test_a_server_that_answers_is_healthy(
    live: LiveServer, host: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(variable("host"), host)
    monkeypatch.setenv(variable("port"), str(live.port))
    assert health.main() == 0
    assert capsys.readouterr() == ("", "")


def test_a_port_where_nobody_answers_is_unhealthy_and_named(
    unused_port: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(variable("port"), str(unused_port))
    assert health.main() == 1
    assert capsys.readouterr().err.startswith(f"127.0.0.1:{unused_port}: ")


def test_what_answers_without_being_http_is_unhealthy(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        monkeypatch.setenv(variable("port"), str(listener.getsockname()[1]))
        other = threading.Thread(target=greet, args=(listener,))
        other.start()
        assert health.main() == 1
        other.join(20)
    assert "SSH-2.0" in capsys.readouterr().err


def greet(listener: socket.socket) -> None:
    """Speaks to one client as another kind of server would."""
    connection, _ = listener.accept()
    with connection:
        connection.recv(1 << 16)
        connection.sendall(b"SSH-2.0-other\r\n")


def test_a_setting_that_cannot_be_read_is_unhealthy_and_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(variable("port"), "http")
    assert health.main() == 1
    assert capsys.readouterr().err.startswith("MOCK_SERVER_PORT: 'http' will not do")


def test_a_server_that_is_ready_counts_its_scenarios() -> None:
    world = admin_world()
    answer = world.app.test_client().get("/__admin/health")
    server: Server = world.app.extensions["mock_server"]
    assert (answer.status_code, answer.content_type) == (200, "application/json")
    assert answer.get_json() == {
        "ready": True,
        "scenarios": len(server.catalogue.library.scenarios),
        "problems": [],
        "notes": [],
    }


def test_a_file_that_became_bad_is_told_and_the_server_stays_ready(tmp_path: Path) -> None:
    app = create_app(Settings(scenarios=(tmp_path,), no_reload=True))
    (tmp_path / "bad.yaml").write_text("steps: 3\n")
    app.extensions["mock_server"].catalogue.reload_if_changed()
    answer = app.test_client().get("/__admin/health").get_json()
    assert answer["ready"] is True
    assert answer["problems"][0]["where"].startswith(f"{tmp_path / 'bad.yaml'}:1:")


def test_asking_for_health_is_no_exchange() -> None:
    world = admin_world()
    world.app.test_client().get("/__admin/health")
    assert world.app.extensions["mock_server"].store.entries()[1].exchanges == 0
