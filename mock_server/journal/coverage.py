"""Which steps and edges of the scenarios have been entered, crossed and seen: counters made into a report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from mock_server.engine.cursor import BIRTH
from mock_server.engine.scenario import Scenario
from mock_server.journal.journal import Counters


class StepCoverage(NamedTuple):
    """How often a step was entered, and how many polls saw it."""

    name: str
    entered: int
    seen: int


class EdgeCoverage(NamedTuple):
    """How often an edge was crossed. `by_hand`: it is never drawn."""

    origin: str
    to: str
    crossed: int
    by_hand: bool


class ScenarioCoverage(NamedTuple):
    """What became of one scenario in force. `leaps` are changes of step, by hand, along no edge of it."""

    name: str
    version: str
    tasks: int
    steps: tuple[StepCoverage, ...]
    edges: tuple[EdgeCoverage, ...]
    leaps: int

    @property
    def never_entered(self) -> tuple[str, ...]:
        """The steps that no task came to."""
        return tuple(step.name for step in self.steps if not step.entered)

    @property
    def never_seen(self) -> tuple[str, ...]:
        """The steps that no poll saw."""
        return tuple(step.name for step in self.steps if not step.seen)

    @property
    def never_crossed(self) -> tuple[tuple[str, str], ...]:
        """The edges that no task took."""
        return tuple((edge.origin, edge.to) for edge in self.edges if not edge.crossed)


class Totals(NamedTuple):
    """Sums over scenarios: how many steps and edges there are, and how many of them were reached."""

    steps: int
    entered: int
    seen: int
    edges: int
    crossed: int


class Coverage(NamedTuple):
    """The report of a server: every scenario in force, in the order of their names."""

    scenarios: tuple[ScenarioCoverage, ...]

    def totals(self, *, used: bool = False) -> Totals:
        """Over all scenarios, or only over the used ones: those that any task played."""
        return totals_of(*(each for each in self.scenarios if each.tasks or not used))


def coverage_of(counters: Counters, scenarios: Mapping[str, Scenario]) -> Coverage:
    """The report. What was counted for a version that is no longer in force is not part of it."""
    return Coverage(tuple(_covered(counters, scenarios[name]) for name in sorted(scenarios)))


def totals_of(*scenarios: ScenarioCoverage) -> Totals:
    """The sums over these."""
    steps = [step for each in scenarios for step in each.steps]
    edges = [edge for each in scenarios for edge in each.edges]
    return Totals(
        len(steps),
        sum(step.entered > 0 for step in steps),
        sum(step.seen > 0 for step in steps),
        len(edges),
        sum(edge.crossed > 0 for edge in edges),
    )


def percent(reached: int, of: int) -> int:
    """`reached` out of `of` in whole percent, 100 only when all were reached; nothing to reach is all of it."""
    return 100 if not of else 100 * reached // of


def _covered(counters: Counters, scenario: Scenario) -> ScenarioCoverage:
    moves = {
        (origin, to): times for (version, origin, to), times in counters.crossed.items() if version == scenario.version
    }
    names = [step.name for step in scenario.steps]
    entered = [sum(times for (_, to), times in moves.items() if to == k) for k in range(len(names))]
    edges = {(k, edge.to): edge.weight for k, step in enumerate(scenario.steps) for edge in step.edges}
    return ScenarioCoverage(
        scenario.name,
        scenario.version,
        moves.get((BIRTH, 0), 0),
        tuple(
            StepCoverage(name, entered[k], counters.seen.get((scenario.version, name), 0))
            for k, name in enumerate(names)
        ),
        tuple(
            EdgeCoverage(names[k], names[to], moves.get((k, to), 0), not weight) for (k, to), weight in edges.items()
        ),
        sum(times for (origin, to), times in moves.items() if origin != BIRTH and (origin, to) not in edges),
    )
