"""The compose file: healthy when ready, live when edited, asked by host and neighbours, and gone when down."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.docker.engine import IMAGE, ROOT, Project, ask, inspected, until

LIVE = 3
"""Seconds within which an edit on the host is in force."""
ONE = "steps:\n  - {state: %s}\n"
BROKEN = "steps:\n  - {state: wating}\n"
POLL = "/status/get/prefop?id={}"
CODES = {"succeeded": 0, "waiting": 1, "processing": 2, "failed": 3}


def code(project: Project, id: str) -> int:
    """The code that a poll from the host sees."""
    return int(project.ask(POLL.format(id)).body["code"])


def write_in_place(path: Path, text: str) -> None:
    """Writes a file as an editor does that keeps it."""
    path.write_text(text, "utf-8")


def replace(path: Path, text: str) -> None:
    """Writes a file as an editor does that puts a new one in its place."""
    new = path.with_suffix(".new")
    new.write_text(text, "utf-8")
    os.replace(new, path)


def folder_of(tmp_path: Path, text: str) -> Path:
    """A folder with one scenario, `mine`, that whoever runs in a container may read."""
    folder = tmp_path / "scenarios"
    folder.mkdir()
    (folder / "mine.yaml").write_text(text, "utf-8")
    for path in (tmp_path, *tmp_path.parents[:2], folder):
        path.chmod(path.stat().st_mode | 0o055)
    return folder


def test_the_example_client_waits_for_a_job_with_each_sdk_and_ends_well(shared: Project) -> None:
    said = shared.run("example")
    for vendor in ("qiniu", "huawei", "wangsu"):
        assert f"{vendor}: happy-path." in said
    assert said.count(" succeeded") == 3


def test_the_example_client_ends_badly_when_a_job_fails(shared: Project) -> None:
    ended = shared.one_off("example", SCENARIO="fails-at-once")
    assert ended.returncode == 1
    assert ended.stdout.count(" failed") == 3


def test_one_command_brings_up_the_server_and_then_the_client(project: Callable[..., Project]) -> None:
    one = project()
    one.compose("--profile", "example", "up", "--no-build", "--exit-code-from", "example")
    assert " succeeded" in one.log("example")


def test_a_server_that_cannot_load_its_scenarios_never_becomes_healthy(
    project: Callable[..., Project], tmp_path: Path
) -> None:
    one = project(SCENARIOS=str(folder_of(tmp_path, BROKEN)))
    ended = one.compose("--profile", "example", "up", "--no-build", "--exit-code-from", "example", check=False)
    assert ended.returncode != 0
    assert '"wating"' in one.log() or "'wating'" in one.log()
    assert inspected(one.container(), ".State.ExitCode") == 2


@pytest.mark.parametrize("write", [write_in_place, replace])
def test_a_scenario_edited_in_a_folder_of_the_host_is_live_within_three_seconds(
    project: Callable[..., Project], tmp_path: Path, write: Callable[[Path, str], None]
) -> None:
    folder = folder_of(tmp_path, ONE % "waiting")
    one = project(SCENARIOS=str(folder))
    one.up()
    assert code(one, "mine.before") == CODES["waiting"]
    write(folder / "mine.yaml", ONE % "failed")
    ids = (f"mine.{n}" for n in range(1000))
    until(lambda: code(one, next(ids)) == CODES["failed"], "the edit is in force", LIVE)
    assert code(one, "mine.before") == CODES["waiting"], "a running task keeps what it was born with"


def test_a_scenario_file_added_to_a_folder_is_live_within_three_seconds(
    project: Callable[..., Project], tmp_path: Path
) -> None:
    folder = folder_of(tmp_path, ONE % "waiting")
    one = project(SCENARIOS=str(folder))
    one.up()
    (folder / "another.yaml").write_text(ONE % "processing", "utf-8")
    until(lambda: one.ask(POLL.format("another.1")).status == 200, "the new file is in force", LIVE)


def test_a_single_mounted_file_that_is_edited_in_place_is_live_within_three_seconds(
    project: Callable[..., Project], tmp_path: Path
) -> None:
    file = folder_of(tmp_path, ONE % "waiting") / "mine.yaml"
    own = tmp_path / "own-compose.yml"
    service = {"image": IMAGE, "ports": ["127.0.0.1:0:8080"], "volumes": [f"{file}:/scenarios/mine.yaml:ro"]}
    own.write_text(yaml.safe_dump({"services": {"mock-server": {**service, "read_only": True}}}), "utf-8")
    one = project(own)
    one.up()
    assert code(one, "mine.before") == CODES["waiting"]
    write_in_place(file, ONE % "failed")
    ids = (f"mine.{n}" for n in range(1000))
    until(lambda: code(one, next(ids)) == CODES["failed"], "the edit is in force", LIVE)


def test_a_file_edited_to_be_broken_is_reported_and_its_last_good_version_stays(
    project: Callable[..., Project], tmp_path: Path
) -> None:
    folder = folder_of(tmp_path, ONE % "waiting")
    one = project(SCENARIOS=str(folder))
    one.up()
    (folder / "mine.yaml").write_text(BROKEN, "utf-8")
    until(lambda: bool(one.ask("/__admin/health").body["problems"]), "the problem is reported", LIVE)
    assert "/scenarios/mine.yaml:2:" in str(one.ask("/__admin/health").body["problems"])
    assert "/scenarios/mine.yaml:2:" in one.log()
    assert code(one, "mine.1") == CODES["waiting"]
    assert inspected(one.container(), ".State.Health.Status") == "healthy"
    (folder / "mine.yaml").write_text(ONE % "failed", "utf-8")
    until(lambda: not one.ask("/__admin/health").body["problems"], "the problem is gone", LIVE)
    assert code(one, "mine.2") == CODES["failed"]


def test_restart_brings_the_server_back_and_down_leaves_nothing_behind(project: Callable[..., Project]) -> None:
    one = project()
    one.up("intercept")
    one.compose("restart", "--timeout", "2")
    one.healthy()
    one.healthy("intercept")
    assert inspected(one.container(), ".State.ExitCode") == 0
    assert code(one, "happy-path.after") == CODES["waiting"]
    one.down("--volumes")
    assert one.left() == []


def test_every_setting_is_a_variable_of_the_container(project: Callable[..., Project], tmp_path: Path) -> None:
    beside = tmp_path / "settings.yml"
    settings = {"MOCK_SERVER_DEFAULT_SCENARIO": "fails-at-once", "MOCK_SERVER_ADMIN_TOKEN": "secret"}
    beside.write_text(yaml.safe_dump({"services": {"mock-server": {"environment": settings}}}), "utf-8")
    one = project(ROOT / "docker-compose.yml", beside)
    one.up()
    assert code(one, "whatever") == CODES["failed"]
    assert one.ask("/__admin/tasks").status == 401
    assert one.ask("/__admin/tasks", Authorization="Bearer secret").status == 200


def test_the_port_is_published_on_the_hosts_loopback_alone(shared: Project) -> None:
    published = inspected(shared.container(), ".NetworkSettings.Ports")
    assert {binding["HostIp"] for bindings in published.values() for binding in bindings or ()} == {"127.0.0.1"}


def test_the_admin_api_answers_the_host_through_the_published_port(shared: Project) -> None:
    made = shared.ask("/__admin/tasks", "POST", {"vendor": "qiniu", "scenario": "partial-failure", "id": "from-host"})
    assert made.status == 201
    assert shared.ask("/__admin/tasks/next", "POST", {"vendor": "qiniu", "id": "from-host"}).status == 200
    assert code(shared, "from-host") == CODES["processing"]


ASK = "import requests, sys; got = requests.get(sys.argv[1], timeout=20); print(got.status_code, got.text)"


def test_the_admin_api_answers_a_neighbour_by_service_name(shared: Project) -> None:
    said = shared.run("example", "python", "-c", ASK, "http://mock-server:8080/__admin/health")
    assert said.startswith("200 ")
    assert '"ready": true' in said or '"ready":true' in said


def test_the_admin_api_refuses_a_foreign_host(shared: Project) -> None:
    for host in ("evil.example", "api.qiniu.com"):
        answer = ask(f"{shared.url()}/__admin/health", Host=host)
        assert answer.status == 403
        assert "--admin-host" in str(answer.body)


def test_the_admin_api_is_refused_under_a_vendors_name_inside_the_network_too(shared: Project) -> None:
    said = shared.run("example", "python", "-c", ASK, "http://api.qiniu.com/__admin/health")
    assert said.startswith("403 ")
