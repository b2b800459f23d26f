"""The image by itself: what it may do, what it brings, and how it ends."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.docker.engine import CLIENT, IMAGE, Project, call, docker, inspected, until

STATUS = (
    "import re; print(re.findall('^(?:Uid|CapEff|NoNewPrivs):\\\\s+(\\\\w+)', open('/proc/1/status').read(), re.M))"
)
WRITE = "import pathlib, sys; pathlib.Path(sys.argv[1], 'written').write_text('x')"


def test_nothing_runs_as_root_or_with_any_capability(shared: Project) -> None:
    for service in ("mock-server", "intercept"):
        seen = docker("exec", shared.container(service), "python", "-c", STATUS)
        assert seen == "['10001', '0000000000000000', '1']"


@pytest.mark.parametrize("place", ["/", "/scenarios", "/opt/mock-server", "/home", "/ca"])
def test_the_root_file_system_is_read_only(shared: Project, place: str) -> None:
    ended = call("docker", "exec", shared.container(), "python", "-c", WRITE, place, check=False)
    assert "Read-only file system" in ended.stderr


def test_who_gets_into_the_container_cannot_change_the_program_either(container: Callable[..., str]) -> None:
    ended = call("docker", "exec", container(IMAGE), "python", "-c", WRITE, "/opt/mock-server", check=False)
    assert "Permission denied" in ended.stderr


@pytest.mark.parametrize(
    "settings",
    [
        ("MOCK_SERVER_PORT=9191",),
        ("MOCK_SERVER_PORT=9191", "MOCK_SERVER_ADMIN_PORT=9292"),
        ("MOCK_SERVER_HOST=127.0.0.1",),
        ("MOCK_SERVER_SERVER=flask", "MOCK_SERVER_PROFILE=live"),
    ],
    ids=" ".join,
)
def test_the_health_check_asks_the_server_as_it_is_configured(
    container: Callable[..., str], settings: tuple[str, ...]
) -> None:
    words = [word for setting in settings for word in ("--env", setting)]
    one = container("--read-only", "--cap-drop", "ALL", *words, IMAGE)
    until(lambda: inspected(one, ".State.Health.Status") == "healthy", "the container is healthy")


def test_the_health_check_fails_where_nothing_listens(shared: Project) -> None:
    words = (
        "docker",
        "exec",
        "--env",
        "MOCK_SERVER_PORT=1",
        shared.container(),
        "python",
        "-m",
        "mock_server.server.health",
    )
    ended = call(*words, check=False)
    assert ended.returncode == 1
    assert "127.0.0.1:1: " in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_bad_setting_ends_the_container_with_its_reason(container: Callable[..., str]) -> None:
    one = container("--env", "MOCK_SERVER_SPEED=fast", IMAGE)
    assert docker("wait", one) == "2"
    assert "MOCK_SERVER_SPEED: 'fast' will not do" in call("docker", "logs", one).stderr


HANG = "import urllib.request; print('asking', flush=True); urllib.request.urlopen('http://127.0.0.1:8080/status/get/prefop?id={}')"


def test_sigterm_ends_the_server_within_two_seconds(container: Callable[..., str]) -> None:
    one = container(IMAGE)
    until(lambda: inspected(one, ".State.Health.Status") == "healthy", "the container is healthy")
    # After two seconds the engine kills it, and the exit code is 137.
    docker("stop", "--time", "2", one)
    assert inspected(one, ".State.ExitCode") == 0


def test_sigterm_does_not_wait_for_a_response_that_hangs(project: Callable[..., Project]) -> None:
    one = project()
    one.up()
    assert one.ask("/__admin/faults", "POST", {"fault": "hang", "id": "happy-path.hung"}).status == 201
    docker("exec", "--detach", one.container(), "python", "-c", HANG.format("happy-path.hung"))
    until(lambda: "happy-path.hung" in json.dumps(one.ask("/__admin/requests").body), "the poll has come")
    docker("stop", "--time", "2", one.container())
    assert inspected(one.container(), ".State.ExitCode") == 0


def test_the_image_says_what_it_is() -> None:
    labels = json.loads(docker("image", "inspect", "--format", "{{json .Config.Labels}}", IMAGE))
    named = {name.removeprefix("org.opencontainers.image."): word for name, word in labels.items()}
    assert named["title"] == "mock-server"
    assert named["licenses"] == "MIT"
    assert named["version"] == docker("run", "--rm", IMAGE, "--version").split()[-1]


def test_nothing_of_what_built_the_image_is_left_in_it() -> None:
    image = json.loads(docker("image", "inspect", IMAGE))[0]
    assert not [word for word in image["Config"]["Env"] if word.lower().startswith(("pip_", "http", "requests", "ssl"))]
    listed = docker("run", "--rm", "--entrypoint", "python", IMAGE, "-c", "import os; print(os.listdir('/etc'))")
    assert "pip-ca.crt" not in listed
    ended = call("docker", "run", "--rm", "--entrypoint", "python", IMAGE, "-c", "import pip", check=False)
    assert "No module named 'pip'" in ended.stderr


def test_the_clients_image_holds_no_server() -> None:
    ended = call("docker", "run", "--rm", CLIENT, "python", "-c", "import mock_server", check=False)
    assert "ModuleNotFoundError" in ended.stderr
