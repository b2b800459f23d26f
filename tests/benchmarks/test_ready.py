"""The benchmark of a start runs and reports; how long a start takes is for people to judge."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.installed import installed
from benchmarks.interpreter import python


@pytest.mark.parametrize(
    ("flags", "stages"),
    [
        ([], ["listening", "first response", "total"]),
        (["--in-process", "--imports"], ["import", "create_app", "first response", "whole process"]),
    ],
)
def test_the_time_to_the_first_right_response_is_reported(root: Path, flags: list[str], stages: list[str]) -> None:
    words = [sys.executable, "-m", "benchmarks.ready", "-n", "1", *flags]
    said = subprocess.run(words, cwd=root, capture_output=True, text=True, check=True).stdout
    reported = {line[:14].strip(): line[14:].split() for line in said.splitlines()[1 : len(stages) + 1]}
    assert list(reported) == stages
    assert all(0 < float(low) <= float(mid) <= float(high) for low, mid, high in reported.values())
    assert ("\nmock_server  " in said) is ("--imports" in flags)


def test_what_is_measured_takes_its_scenarios_as_they_were_compiled(root: Path) -> None:
    code = (
        "from mock_server import paths; from mock_server.scenarios.compiled import CompiledLibrary;"
        "print(len(CompiledLibrary().scenarios(paths.data('scenarios'))))"
    )
    printed = subprocess.run([python().path, "-c", code], cwd=installed(), capture_output=True, text=True, check=True)
    assert int(printed.stdout) == len(list((root / "scenarios").glob("*.yaml")))
