"""The projects in `examples/` that have tests, run as a reader would; and what `docs/examples.md` says of them all."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

PLUGINS = ("-p", "mock_server.pytest_plugin", "-p", "no:cacheprovider")


def run(project: Path, *words: str, **more: str) -> str:
    """What a command of the project prints, in a process without our own settings and plugins."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MOCK_SERVER_", "PYTEST_"))}
    own = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(Path(__file__).parents[2])}
    ended = subprocess.run(
        (sys.executable, "-m", *words),
        cwd=project,
        env={**kept, **own, **more},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return ended.stdout + ended.stderr


Copy = Callable[[str], Path]


@pytest.fixture
def copy(root: Path, tmp_path: Path) -> Copy:
    """Makes a copy of an example project."""
    return lambda name: shutil.copytree(
        root / "examples" / name, tmp_path / "project", ignore=shutil.ignore_patterns("__pycache__", "node_modules")
    )


def replace(file: Path, right: str, wrong: str) -> None:
    """Makes one mistake in a client."""
    text = file.read_text("utf-8")
    assert right in text
    file.write_text(text.replace(right, wrong), "utf-8")


def test_the_example_of_a_client_passes_its_tests_in_parallel_too(copy: Copy) -> None:
    assert "6 passed" in run(copy("pytest-qiniu"), "pytest", "-q", *PLUGINS, "-p", "xdist.plugin", "-n", "2")


@pytest.mark.parametrize(
    ("right", "wrong", "failed"),
    [
        ("pause * backoff.factor", "pause / backoff.factor", "test_the_pauses_grow_to_half_a_minute"),
        ("400 <= info.status_code < 500", "info.status_code >= 400", "test_an_outage_is_waited_out"),
        ('if status["code"] == FAILED:', "if False:", "test_a_job_that_fails_in_part"),
    ],
)
def test_the_examples_tests_find_what_is_wrong_with_a_client(copy: Copy, right: str, wrong: str, failed: str) -> None:
    project = copy("pytest-qiniu")
    replace(project / "transcoding.py", right, wrong)
    assert f"FAILED test_transcoding.py::{failed}" in run(project, "pytest", "-q", *PLUGINS)


def test_the_example_with_unittest_passes_and_finds_what_is_wrong_with_a_client(copy: Copy) -> None:
    project = copy("unittest-huawei")
    right = run(project, "unittest")
    assert "Ran 6 tests" in right
    assert right.endswith("OK\n")
    replace(project / "preheating.py", "error.status_code >= 500", "False")
    replace(project / "preheating.py", "result.status.lower()", "result.status")
    wrong = run(project, "unittest")
    assert "ERROR: test_an_outage_is_waited_out" in wrong
    assert "FAIL: test_upper_case_words_are_understood" in wrong
    assert "FAILED (failures=1, errors=1)" in wrong


def test_the_example_with_node_test_passes_and_finds_what_is_wrong_with_a_client(copy: Copy, node_sdks: Path) -> None:
    project, sdks = copy("node-test"), str(node_sdks / "node_modules")
    _, *command = json.loads((project / "package.json").read_text("utf-8"))["scripts"]["test"].split()
    right = run(project, "mock_server", *command, NODE_PATH=sdks)
    assert "# pass 6" in right, right
    assert "# fail 0" in right
    replace(project / "transcoding.js", "Math.min(2 * pause, longest)", "pause")
    replace(project / "transcoding.js", "status >= 400 && status < 500", "status >= 400")
    wrong = run(project, "mock_server", *command, NODE_PATH=sdks)
    assert "not ok 3 - an outage is waited out" in wrong
    assert "not ok 6 - the pauses grow to half a minute" in wrong
    assert "# fail 2" in wrong


def test_the_projects_require_the_versions_of_the_sdks_that_are_tested(root: Path) -> None:
    listed = (root / "tests" / "sdk-versions.txt").read_text("utf-8")
    required = [
        f"pypi {line}"
        for file in sorted((root / "examples").glob("*/requirements.txt"))
        for line in file.read_text("utf-8").splitlines()
        if "==" in line
    ]
    node = json.loads((root / "examples" / "node-test" / "package.json").read_text("utf-8"))
    required += [f"npm {name}@{version}" for name, version in node["dependencies"].items()]
    assert len(required) == 3
    assert [line for line in required if line not in listed.splitlines()] == []


def test_every_snippet_is_as_it_was_when_it_was_last_run_by_hand(root: Path) -> None:
    folder = root / "examples" / "snippets"
    runs = tomllib.loads((folder / "runs.toml").read_text("utf-8"))
    page = (root / "docs" / "examples.md").read_text("utf-8")
    assert set(runs) == {file.name for file in folder.iterdir()} - {"runs.toml"}
    for name, last in runs.items():
        text = (folder / name).read_bytes()
        assert hashlib.sha256(text).hexdigest() == last["sha256"], f"run {name} again, then write down the day"
        assert f"Run: {last['command']}\n" in text.decode()
        (row,) = re.findall(rf"^\| \[{re.escape(name)}\].+$", page, re.M)
        assert last["with"] in row
        assert row.endswith(f"| `{last['command']}` | {last['date']} |")


def test_the_page_lists_every_example_and_links_to_what_there_is(root: Path) -> None:
    page = (root / "docs" / "examples.md").read_text("utf-8")
    links = [root / "docs" / link for link in re.findall(r"\]\(([^)#]+)", page)]
    assert [str(link) for link in links if not link.is_file()] == []
    examples = (root / "examples").resolve()
    linked = {link.resolve().relative_to(examples).parts[0] for link in links if examples in link.resolve().parents}
    assert linked == {folder.name for folder in examples.iterdir()}
    listed = {link.name for link in links}
    single = [*(examples / "ci").iterdir(), *(examples / "snippets").glob("*[!l]")]
    assert {file.name for file in single} <= listed
