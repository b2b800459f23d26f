"""What the scenarios in force have been through, as the admin API tells it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class Step(NamedTuple):
    """How often a step was entered, and how many polls saw it."""

    name: str
    entered: int
    seen: int


class Edge(NamedTuple):
    """How often an edge was crossed. `by_hand`: it is never drawn."""

    origin: str
    to: str
    crossed: int
    by_hand: bool


class Played(NamedTuple):
    """One scenario: how many tasks were born to it, its steps and edges, and the moves along no edge of it."""

    name: str
    version: str
    tasks: int
    steps: tuple[Step, ...]
    edges: tuple[Edge, ...]
    leaps: int

    @property
    def never_seen(self) -> tuple[str, ...]:
        """The steps that no poll saw."""
        return tuple(step.name for step in self.steps if not step.seen)

    @property
    def never_crossed(self) -> tuple[tuple[str, str], ...]:
        """The edges that no task took."""
        return tuple((edge.origin, edge.to) for edge in self.edges if not edge.crossed)


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

    scenarios: tuple[Played, ...]
    all: Totals
    played: Totals


def coverage_of(said: Mapping[str, Any]) -> Coverage:
    """The report from its JSON."""
    scenarios = tuple(_played(each) for each in said["scenarios"])
    return Coverage(scenarios, _totals(said["all"]), _totals(said["played"]))


def _played(said: Mapping[str, Any]) -> Played:
    steps = tuple(Step(each["name"], each["entered"], each["seen"]) for each in said["steps"])
    edges = tuple(Edge(each["from"], each["to"], each["crossed"], each["by_hand"]) for each in said["edges"])
    return Played(said["name"], said["version"], said["tasks"], steps, edges, said["leaps"])


def _totals(said: Mapping[str, Any]) -> Totals:
    return Totals(*(said[name] for name in Totals._fields))
