"""Every part of the benchmarks, run for a moment: `make bench-smoke`. Not among `tests/`, for it takes its time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from benchmarks import report
from benchmarks.instructions import count_tool
from benchmarks.mixes import BEYOND
from benchmarks.parts import PARTS
from benchmarks.servers import OURS

ROOT = Path(__file__).resolve().parent.parent
TOGETHER = (
    ("one-id", "many-ids", "hanging", "notify", "scale"),
    ("ready", "memory", "mixes"),
    ("tasks", "files", "pages"),
    ("plugin", "instructions"),
)

SETUPS = {"one-id": 1, "many-ids": 1, "scale": 3}
"""The parts that count wrong responses, each with how many servers or groups of them."""


def smoke(into: Path, *parts: str) -> report.Run:
    """What a run of a moment found, of this server alone."""
    words = (sys.executable, "-m", "benchmarks", "--smoke", "--servers", OURS, "--into", str(into), "--only", *parts)
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return report.from_json((into / "results.json").read_text("utf-8"))


@pytest.mark.parametrize("parts", TOGETHER)
def test_every_part_finds_figures_and_every_response_right(tmp_path: Path, parts: tuple[str, ...]) -> None:
    run = smoke(tmp_path, *parts)
    measured = {part for part in parts if part != "instructions" or count_tool() is not None}
    assert {each.part for each in run.rows} == measured
    positive = [each for each in run.rows if each.unit in ("/s", "ms", "MB", "1000/poll") and each.what != BEYOND]
    assert all(value > 0 for each in positive for value in each.values)
    wrong = [each.values for each in run.rows if each.what == "wrong responses"]
    assert wrong == [(0.0,)] * sum(SETUPS.get(part, 0) for part in parts)
    ElementTree.parse(tmp_path / "chart.svg")


def test_the_smoke_leaves_no_part_out() -> None:
    assert set(PARTS) == {part for parts in TOGETHER for part in parts}
