"""Images built once, and a project that is up for all tests that leave its state alone."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.docker.engine import Project, call, docker

WANGSU_HOST = "our.mgr.wangsu.example"


@pytest.fixture(scope="session", autouse=True)
def _engine() -> None:
    if call("docker", "info", check=False).returncode:
        pytest.exit("no docker engine answers: start one, or try .ci/docker make docker-test", returncode=1)


@pytest.fixture(scope="session", autouse=True)
def _images(_engine: None) -> None:
    """Both images, from the tree as it is now."""
    call("make", "image")
    Project("mock-server-build").compose("--profile", "example", "build", "example")


@pytest.fixture
def project() -> Iterator[Callable[..., Project]]:
    """Makes projects of settings and compose files; nothing of them is left after the test."""
    made: list[Project] = []

    def make(*files: Path, **environ: str) -> Project:
        made.append(Project(f"mock-server-test-{secrets.token_hex(3)}", *files, **environ))
        return made[-1]

    yield make
    for one in made:
        one.down("--volumes")
        assert not one.left()


@pytest.fixture(scope="session")
def shared(_images: None) -> Iterator[Project]:
    """The shipped compose file, up with the profile `intercept`, for tests that poll ids of their own."""
    one = Project(f"mock-server-shared-{secrets.token_hex(3)}", WANGSU_HOST=WANGSU_HOST)
    one.up("intercept")
    yield one
    one.down("--volumes")
    assert not one.left()


@pytest.fixture
def container(_images: None) -> Iterator[Callable[..., str]]:
    """Starts containers of their own with `docker run` and gives their ids; they are removed after the test."""
    started: list[str] = []

    def start(*words: str) -> str:
        started.append(docker("run", "--detach", *words))
        return started[-1]

    yield start
    for one in started:
        docker("rm", "--force", "--volumes", one)
