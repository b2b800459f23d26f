"""A docker engine as tests use it: compose projects that leave nothing behind, and containers of their own."""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent.parent
IMAGE = "mock-server:local"
CLIENT = "mock-server-example:local"
SERVICE = "mock-server"
PATIENCE = 60
"""Seconds after which something that should have come to pass is given up: a bound, not a measure."""
LABEL = "com.docker.compose.project"


def call(*words: str, check: bool = True, environ: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """A command that ends by itself; `check`: it must end well."""
    ended = subprocess.run(
        words,
        cwd=ROOT,
        env={**os.environ, **(environ or {})},
        capture_output=True,
        text=True,
        check=False,
        timeout=10 * PATIENCE,
    )
    assert not check or ended.returncode == 0, f"{' '.join(words)}\n{ended.stdout}{ended.stderr}"
    return ended


def docker(*words: str) -> str:
    """What `docker` prints, which must end well."""
    return call("docker", *words).stdout.strip()


def compose_words() -> tuple[str, ...]:
    """How compose is called here: as a plugin of docker where there is one, else as the program it was before."""
    if call("docker", "compose", "version", check=False).returncode == 0:
        return ("docker", "compose")
    assert shutil.which("docker-compose"), "neither `docker compose` nor docker-compose is installed"
    return ("docker-compose",)


def until(holds: Callable[[], bool], what: str, patience: float = PATIENCE) -> None:
    """Waits until something is so, and fails if it never is."""
    end = time.monotonic() + patience
    while not holds():
        assert time.monotonic() < end, f"not so after {patience} s: {what}"
        select.select([], [], [], 0.05)


def inspected(container: str, what: str) -> Any:
    """A part of what the engine knows of a container, as `docker inspect` names it: `.State.Health.Status`."""
    return json.loads(docker("inspect", "--format", f"{{{{json {what}}}}}", container))


class Answer(NamedTuple):
    """A status and a body."""

    status: int
    body: Any


def ask(url: str, method: str = "GET", body: Any = None, **headers: str) -> Answer:
    """What a server on the host's loopback answers; a body is sent and read as JSON."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json", **headers}, method=method)
    # A proxy of this machine has no business between a test and its loopback.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=PATIENCE) as response:
            return Answer(response.status, json.load(response))
    except urllib.error.HTTPError as error:
        return Answer(error.code, json.load(error))


class Project:
    """A compose project under a name of its own, with ports that the engine chooses."""

    def __init__(self, name: str, *files: Path, **environ: str) -> None:
        self.name = name
        self._words = (*compose_words(), "--project-name", name)
        self._words += tuple(word for file in files or (ROOT / "docker-compose.yml",) for word in ("--file", str(file)))
        self._environ = {"PORT": "0", "ORDERS_PORT": "0", "COMPOSE_IGNORE_ORPHANS": "1", **environ}

    def compose(self, *words: str, check: bool = True, **environ: str) -> subprocess.CompletedProcess[str]:
        """A compose command in this project; `check`: it must end well."""
        return call(*self._words, *words, check=check, environ={**self._environ, **environ})

    def container(self, service: str = SERVICE) -> str:
        """The id of a service's container, whether it runs or has ended."""
        labels = (f"{LABEL}={self.name}", f"com.docker.compose.service={service}", "com.docker.compose.oneoff=False")
        return docker("ps", "--all", "--quiet", *(word for label in labels for word in ("--filter", f"label={label}")))

    def up(self, *profiles: str) -> None:
        """Starts the services, those of the profiles too, and waits until all are healthy."""
        chosen = [word for profile in profiles for word in ("--profile", profile)]
        self.compose(*chosen, "up", "--detach", "--no-build")
        for service in (SERVICE, *profiles):
            self.healthy(service)

    def healthy(self, service: str = SERVICE) -> None:
        """Waits until a service is healthy."""
        container = self.container(service)
        until(lambda: inspected(container, ".State.Health.Status") == "healthy", f"{service} is healthy")

    def run(self, service: str, *words: str, profile: str | None = None, **environ: str) -> str:
        """What a one-off container of a service prints, which must end well."""
        return self.one_off(service, *words, profile=profile, check=True, **environ).stdout

    def one_off(
        self, service: str, *words: str, profile: str | None = None, check: bool = False, **environ: str
    ) -> subprocess.CompletedProcess[str]:
        """A one-off container of a service, run to its end."""
        chosen = () if profile is None else ("--profile", profile)
        return self.compose(*chosen, "run", "--rm", "-T", service, *words, check=check, **environ)

    def url(self, service: str = SERVICE, port: int = 8080) -> str:
        """Where the host reaches a published port."""
        return f"http://{self.compose('port', service, str(port)).stdout.strip()}"

    def ask(self, path: str, method: str = "GET", body: Any = None, **headers: str) -> Answer:
        """What the server answers to the host."""
        return ask(f"{self.url()}{path}", method, body, **headers)

    def log(self, service: str = SERVICE) -> str:
        """All that a service has printed."""
        return self.compose("logs", "--no-color", service).stdout

    def down(self, *words: str) -> None:
        """Ends and removes what was started, profiles and all."""
        profiles = ("example", "orders", "intercept", "intercept-example", "scale")
        chosen = [word for profile in profiles for word in ("--profile", profile)]
        self.compose(*chosen, "down", "--timeout", "5", *words)

    def left(self) -> Sequence[str]:
        """Containers, networks and volumes that the engine still has of this project."""
        label = f"label={LABEL}={self.name}"
        lists = (("ps", "--all"), ("network", "ls"), ("volume", "ls"))
        return [line for words in lists for line in docker(*words, "--quiet", "--filter", label).splitlines()]
