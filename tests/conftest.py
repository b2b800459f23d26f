"""What every test can rely on: where the tree is, and that nothing outside it decides how a test ends."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from functools import _lru_cache_wrapper
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

from tests.support.harness import PATIENCE, ending_servers
from tests.support.live import LiveServer, serving
from tests.support.wheel import build_wheel

ROOT = Path(__file__).resolve().parent.parent

# A slow machine must not fail a property: no test here asserts how long anything takes. CI judges a change, so it tries
# the same examples each time; everywhere else each run tries others.
settings.register_profile(
    "house", deadline=None, print_blob=True, max_examples=50, derandomize=bool(os.environ.get("CI"))
)
# Mutation testing asks whether a mutant is caught, the same on every run, and not for the smallest input that does.
# It runs many sessions in one process, so that a method of a class is called on another object each time.
settings.register_profile(
    "mutants",
    settings.get_profile("house"),
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.differing_executors],
)
settings.load_profile("house")


def pytest_sessionstart() -> None:
    """Forgets what helpers keep for a session: of several in one process each may run other code (mutants)."""
    modules = [module for name, module in sys.modules.items() if name.startswith("tests.support.")]
    for value in [value for module in modules for value in vars(module).values()]:
        if isinstance(value, _lru_cache_wrapper):
            value.cache_clear()


OWN_THREADS = frozenset({"postman", "scenario-files", "signals", "mock-server"})
"""The names of threads that end with their server."""


@pytest.fixture(scope="session", autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    """After the last test of a process, and after all other fixtures: every server of the session has ended.

    A server that nobody ends goes on beside the tests that come after it.
    """
    with ending_servers():
        yield
    own = [thread for thread in threading.enumerate() if thread.name in OWN_THREADS]
    for thread in own:
        thread.join(PATIENCE)
    left = sorted(thread.name for thread in own if thread.is_alive())
    assert not left, f"some test did not end its server: these threads are left: {', '.join(left)}"


@pytest.fixture(autouse=True)
def _servers_end() -> Iterator[None]:
    """The servers that a test makes in its own process end with it."""
    with ending_servers():
        yield


@pytest.fixture(scope="session")
def root() -> Path:
    """The top of the source tree."""
    return ROOT


@pytest.fixture(scope="session")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of the tree as it is. Tests that use it are in the group `package`, so that it is built once."""
    return build_wheel(root, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def node_sdks() -> Path:
    """The folder whose `node_modules` holds the JavaScript SDKs of tests/sdk-versions.txt."""
    folder = ROOT / "build" / "sdk-node"
    assert (folder / "node_modules").is_dir(), "the JavaScript SDKs are not installed: run make test"
    return folder


@pytest.fixture(scope="session", autouse=True)
def _no_proxy() -> Iterator[None]:
    """SDKs honour the machine's proxy settings, which would keep them from a server on the loopback."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NO_PROXY", "127.0.0.1,localhost")
        patch.setenv("no_proxy", "127.0.0.1,localhost")
        yield


@pytest.fixture(scope="session")
def live() -> Iterator[LiveServer]:
    """A server with the shipped scenarios, shared by a worker's tests: each polls ids of its own."""
    with serving() as server:
        yield server
