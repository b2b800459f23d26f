"""What the scenarios in force have been through, as the admin API tells it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from mock_server.journal.coverage import EdgeCoverage, ScenarioCoverage, StepCoverage


class Totals(NamedTuple):
    """How many steps and edges there are, and how many of them were reached; percentages beside."""

    steps: int
    entered: int
    seen: int
    edges: int
    crossed: int
    entered_percent: int
    seen_percent: int
    crossed_percent: int


class Coverage(NamedTuple):
    """Every scenario in force, and the sums over all of them and over those that were played."""

    scenarios: tuple[ScenarioCoverage, ...]
    all: Totals
    played: Totals


def coverage_of(said: Mapping[str, Any]) -> Coverage:
    """The report from its JSON."""
    scenarios = tuple(_played(each) for each in said["scenarios"])
    return Coverage(scenarios, _totals(said["all"]), _totals(said["played"]))


def _played(said: Mapping[str, Any]) -> ScenarioCoverage:
    steps = tuple(StepCoverage(each["name"], each["entered"], each["seen"]) for each in said["steps"])
    edges = tuple(EdgeCoverage(each["from"], each["to"], each["crossed"], each["by_hand"]) for each in said["edges"])
    return ScenarioCoverage(said["name"], said["version"], said["tasks"], steps, edges, said["leaps"])


def _totals(said: Mapping[str, Any]) -> Totals:
    return Totals(*(said[name] for name in Totals._fields))
