"""The fixture beside tools that replace threads and clocks, each in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PATIENCE = 120
PATCHED = {
    "gevent": "from gevent import monkey\nmonkey.patch_all()\n",
    "threads that are no threads": "import _thread\nreal = _thread.start_new_thread\n"
    "_thread.start_new_thread = lambda *words: real(*words)\n",
}
POLLS = """
import json, os, urllib.request

def poll(url):
    with urllib.request.urlopen(url, timeout=30) as response:
        return json.load(response)["code"]

def test_one(mock_server):
    job = mock_server.create("qiniu", "happy-path")
    assert [poll(job.url) for _ in range(3)] == [1, 2, 0]
    assert len(job.wait(count=3, timeout=20)) == 3

def test_two(mock_server):
    mock_server.clock.freeze()
    assert poll(mock_server.url + "/status/get/prefop?id=instant.x") == 0
"""
FROZEN = """
import json, pytest, urllib.request
from datetime import timedelta
from freezegun import freeze_time

def poll(url):
    with urllib.request.urlopen(url, timeout=30) as response:
        return json.load(response)["code"]

@freeze_time("1970-01-02")
def test_frozen_before_the_server_started(mock_server):
    job = mock_server.create("qiniu", "happy-path")
    assert poll(job.url) == 1

@pytest.mark.parametrize("_", [
    pytest.param(name, marks=pytest.mark.mock_server(server=name)) for name in ("wire", "flask")
])
def test_frozen_in_between(mock_server, _):
    before = mock_server.clock.read().now
    job = mock_server.create("qiniu", "slow")
    ends = mock_server.create("qiniu", "expires")
    codes = [poll(job.url)]
    for moment in ("1970-01-02", "2070-01-01"):
        with freeze_time(moment):
            codes.append(poll(job.url))
            assert poll(ends.url) in (1, 2)
            assert timedelta() <= mock_server.clock.read().now - before < timedelta(minutes=5)
    codes.append(poll(job.url))
    assert codes == [1, 1, 1, 2]

@freeze_time("2031-01-01")
def test_a_wait_that_is_not_met_ends(mock_server):
    from mock_server.client import NotYet
    try:
        mock_server.client.wait(timeout=0.3, id="nobody")
    except NotYet:
        return
    raise AssertionError("it was met")
"""


def run(folder: Path, root: Path, tests: str, conftest: str = "", **environ: str) -> subprocess.CompletedProcess[str]:
    """What a folder of tests comes to."""
    (folder / "conftest.py").write_text(conftest)
    (folder / "test_it.py").write_text(tests)
    words: list[str] = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "mock_server.pytest_plugin",
        str(folder),
    ]
    env = {**os.environ, "PYTHONPATH": str(root), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", **environ}
    return subprocess.run(words, env=env, cwd=folder, capture_output=True, text=True, check=False, timeout=PATIENCE)


@pytest.mark.parametrize("conftest", PATCHED.values(), ids=PATCHED)
def test_the_fixture_serves_where_threads_are_replaced(root: Path, tmp_path: Path, conftest: str) -> None:
    result = run(tmp_path, root, POLLS, conftest)
    assert result.returncode == 0, result.stdout + result.stderr


def test_a_bad_setting_is_told_there_too(root: Path, tmp_path: Path) -> None:
    tests = "import pytest\n\n@pytest.mark.mock_server(scenarios='nowhere')\ndef test_it(mock_server): pass\n"
    result = run(tmp_path, root, tests, PATCHED["gevent"])
    assert result.returncode == 1
    assert "nowhere" in result.stdout


@pytest.mark.parametrize("loop", ["uvloop", "the standard loop"])
def test_a_clock_that_a_test_replaces_is_not_the_servers(root: Path, tmp_path: Path, loop: str) -> None:
    conftest = "" if loop == "uvloop" else "import sys\nsys.modules['uvloop'] = None\n"
    result = run(tmp_path, root, FROZEN, conftest)
    assert result.returncode == 0, result.stdout + result.stderr
