"""What a pytest fixture adds to a suite: the plugin of this project beside pytest-httpserver.

Each measurement is a run of pytest of its own, whose tests are all alike. A `conftest.py` in it notes the times.
"""

from __future__ import annotations

import json
import random
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import fmean, median
from typing import NamedTuple

from benchmarks.interpreter import python
from benchmarks.places import BUILD, ROOT
from benchmarks.process import surroundings
from benchmarks.python_servers import PACKAGES
from benchmarks.sample import Sample

OURS, PEER, BARE = "mock_server.pytest_plugin", "pytest_httpserver.pytest_plugin", "benchmarks.bare_fixture"

_NOTES = """
import json, time
import pytest

TESTS, NOTES = [], {}

@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol():
    began, cpu = time.perf_counter(), time.process_time()
    result = yield
    NOTES["last"] = time.perf_counter()
    TESTS.append((NOTES["last"] - began, time.process_time() - cpu))
    return result

@pytest.hookimpl(trylast=True)
def pytest_unconfigure():
    end = time.perf_counter()
    with open("notes.json", "w") as file:
        json.dump({"tests": TESTS, "end": end - NOTES["last"]}, file)
"""
_ASK = """
import http.client, pytest

def ask(host, target):
    connection = http.client.HTTPConnection(host, timeout=20)
    connection.request("GET", target)
    assert connection.getresponse().read()
    connection.close()
"""
_TEST = """
@pytest.mark.parametrize("number", range({many}))
def test_it({fixture}number):
"""
_POLLS = """
    for _ in range(3):
        ask(mock_server.host, {target!r} + id)
"""
_REQUESTS = """
    httpserver.expect_request({path!r}).respond_with_data({body!r}, content_type="application/json")
    for _ in range(3):
        ask(f"{{httpserver.host}}:{{httpserver.port}}", {target!r})
"""
_LIMIT = """
    bare.respond({body!r})
    for _ in range(3):
        ask(bare.host, {target!r})
"""
_CREATED = "    task = mock_server.create('qiniu', 'happy-path')\n    id = task.id\n"


class Suite(NamedTuple):
    """A run whose tests are all alike: the plugin, its fixture, and what a test does."""

    name: str
    plugin: str
    fixture: str = ""
    does: str = "    pass\n"


SUITES: tuple[Suite, ...] = (
    Suite("no plugin", ""),
    Suite("mock_server, loaded and asked for by no test", OURS),
    Suite("mock_server, unused by the test", OURS, "mock_server"),
    Suite("mock_server, three polls", OURS, "mock_server", "    id = mock_server.id('happy-path')\n" + _POLLS),
    Suite("mock_server, create, three polls", OURS, "mock_server", _CREATED + _POLLS),
    Suite(
        "mock_server, create, three polls, verify",
        OURS,
        "mock_server",
        _CREATED + _POLLS + "    task.verify(count=3)\n",
    ),
    Suite("mock_server, three polls, fails", OURS, "mock_server", _CREATED + _POLLS + "    assert not number + 1\n"),
    Suite("pytest-httpserver, loaded and asked for by no test", PEER),
    Suite("pytest-httpserver, unused by the test", PEER, "httpserver"),
    Suite("pytest-httpserver, three requests", PEER, "httpserver", _REQUESTS),
    Suite("pytest-httpserver, three requests, fails", PEER, "httpserver", _REQUESTS + "    assert not number + 1\n"),
    Suite("the bare server in a fixture, three requests", BARE, "bare", _LIMIT),
)

COMPARED_SUITES = (
    "mock_server, unused by the test",
    "mock_server, three polls",
    "pytest-httpserver, three requests",
)
"""Those that the targets are about."""


class Noted(NamedTuple):
    """What one run took, in milliseconds: its first test, another one in the median, the mean of their processor time
    with that of the server's threads, and its end.
    """

    first: float
    test: float
    cpu: float
    end: float


def noted(sample: Sample, rounds: int, many: int, say: Callable[[str], None]) -> dict[str, list[Noted]]:
    """Every suite in random order, round by round."""
    suites = [suite for suite in SUITES if suite.plugin != PEER or (PACKAGES / "pytest_httpserver").is_dir()]
    if len(suites) < len(SUITES):
        say("plugin: pytest-httpserver is not installed: skipped (make bench installs it, where it can)")
    found: dict[str, list[Noted]] = {suite.name: [] for suite in suites}
    for number in range(rounds):
        for suite in random.sample(suites, len(suites)):
            found[suite.name].append(_run(suite, sample, many))
        say(f"plugin: round {number + 1}")
    return found


def imported(module: str, times: int) -> tuple[float, ...]:
    """Milliseconds that an interpreter that has pytest takes to import a plugin."""
    code = f"import time, pytest; began = time.perf_counter(); import {module}; print(time.perf_counter() - began)"
    return tuple(1000 * float(_python(("-c", code), BUILD)) for _ in range(times))


def _run(suite: Suite, sample: Sample, many: int) -> Noted:
    """One run. RuntimeError: its tests do not end as they are meant to."""
    filled = suite.does.format(target=sample.target(""), path=sample.path, body=sample.body)
    fixture = f"{suite.fixture}, " if suite.fixture else ""
    with tempfile.TemporaryDirectory(dir=BUILD) as name:
        folder = Path(name)
        (folder / "conftest.py").write_text(_NOTES, "utf-8")
        (folder / "test_it.py").write_text(_ASK + _TEST.format(many=many, fixture=fixture) + filled, "utf-8")
        (folder / "pytest.ini").write_text("[pytest]\n", "utf-8")
        words = ["-m", "pytest", "-q", "-p", "no:cacheprovider", *(("-p", suite.plugin) if suite.plugin else ())]
        said = _python(words, folder)
        outcome = "failed" if suite.name.endswith("fails") else "passed"
        if f"{many} {outcome}" not in said:
            raise RuntimeError(f"{suite.name}: {said[-800:]}")
        notes = json.loads((folder / "notes.json").read_text("utf-8"))
    (first, _), *others = notes["tests"]
    figures = (first, median(took for took, _ in others), fmean(cpu for _, cpu in others), notes["end"])
    return Noted(*(1000 * figure for figure in figures))


def _python(words: Sequence[str], folder: Path) -> str:
    """What the interpreter prints, whose pytest loads no plugin but the one that is named."""
    env = surroundings(ROOT, PACKAGES) | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run([python().path, *words], cwd=folder, env=env, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr
