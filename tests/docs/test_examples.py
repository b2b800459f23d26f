"""The projects in `examples/` that have tests, run as a reader would."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PLUGINS = ("-p", "mock_server.pytest_plugin", "-p", "no:cacheprovider")


def run(project: Path, *words: str) -> str:
    """The output of the project's tests, in a process without our own settings and plugins."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MOCK_SERVER_", "PYTEST_"))}
    environment = {**kept, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(Path(__file__).parents[2])}
    command = (sys.executable, "-m", "pytest", "-q", *PLUGINS, *words)
    ended = subprocess.run(
        command, cwd=project, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    return ended.stdout + ended.stderr


@pytest.fixture
def project(root: Path, tmp_path: Path) -> Path:
    """A copy of the example project."""
    return shutil.copytree(
        root / "examples" / "pytest-qiniu", tmp_path / "project", ignore=shutil.ignore_patterns("__pycache__")
    )


def test_the_example_of_a_client_passes_its_tests_in_parallel_too(project: Path) -> None:
    assert "6 passed" in run(project, "-p", "xdist.plugin", "-n", "2")


@pytest.mark.parametrize(
    ("right", "wrong", "failed"),
    [
        ("pause * backoff.factor", "pause / backoff.factor", "test_the_pauses_grow_to_half_a_minute"),
        ("400 <= info.status_code < 500", "info.status_code >= 400", "test_an_outage_is_waited_out"),
        ('if status["code"] == FAILED:', "if False:", "test_a_job_that_fails_in_part"),
    ],
)
def test_the_examples_tests_find_what_is_wrong_with_a_client(
    project: Path, right: str, wrong: str, failed: str
) -> None:
    client = project / "transcoding.py"
    text = client.read_text("utf-8")
    assert right in text
    client.write_text(text.replace(right, wrong), "utf-8")
    assert f"FAILED test_transcoding.py::{failed}" in run(project)
