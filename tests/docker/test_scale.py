"""The compose profile `scale`: three replicas behind nginx on one Redis, any of which may go and come back."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from tests.docker.engine import Answer, Project, ask, call, docker, until

IMAGE = "mock-server-scale:local"
REPLICAS = ("replica-1", "replica-2", "replica-3")
POLL = "/status/get/prefop?id={}"


@pytest.fixture(scope="module", autouse=True)
def _scale_image() -> None:
    """Redis and nginx, from Debian: a registry may have no images of theirs."""
    words = ["docker", "build", "--quiet", "--tag", IMAGE, "--network", os.environ.get("BUILD_NETWORK", "default")]
    base = os.environ.get("PYTHON_IMAGE")
    call(*words, *(["--build-arg", f"PYTHON_IMAGE={base}"] if base else []), "examples/scale")


@pytest.fixture
def scaled(project: Callable[..., Project]) -> Project:
    """The profile, up and healthy."""
    one = project(SCALE_PORT="0", REDIS_IMAGE=IMAGE, NGINX_IMAGE=IMAGE)
    one.compose("--profile", "scale", "up", "--detach", "--no-build", "scale")
    one.healthy("scale")
    return one


def poll(one: Project, id: str) -> Answer:
    """What a client of the one address gets."""
    return ask(one.url("scale") + POLL.format(id))


def test_the_profile_serves_one_set_of_tasks_at_one_address(scaled: Project) -> None:
    assert [poll(scaled, "happy-path.1").body["code"] for _ in range(6)] == [1, 2, 0, 0, 0, 0]
    answered = [name for name in REPLICAS if scaled.container(name)]
    assert answered == list(REPLICAS)
    health = ask(scaled.url("scale") + "/__admin/health").body
    assert health["store"]["url"].startswith("redis://redis:6379/0")
    assert not scaled.container(), "the server in memory is not started"


def test_replicas_and_redis_that_restart_lose_no_task(scaled: Project) -> None:
    assert poll(scaled, "happy-path.2").body["code"] == 1
    docker("kill", scaled.container("replica-1"), scaled.container("replica-2"))
    assert poll(scaled, "happy-path.2").body["code"] == 2
    scaled.compose("--profile", "scale", "restart", "--timeout", "2", "redis")
    until(lambda: ask(scaled.url("scale") + "/__admin/health").status == 200, "the store is back")
    assert len(ask(scaled.url("scale") + "/__admin/requests").body["requests"]) == 2
    assert poll(scaled, "happy-path.2").body["code"] == 0
