"""Which steps and edges of the scenarios were entered, crossed and seen: counters made into a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from mock_server.api.coverage import Coverage, EdgeCoverage, EdgeName, ScenarioCoverage, StepCoverage, Totals
from mock_server.engine.cursor import BIRTH
from mock_server.engine.scenario import Edge, Scenario
from mock_server.journal.journal import Counters


def coverage_of(counters: Counters, scenarios: Mapping[str, Scenario]) -> Coverage:
    """The report, by name. It leaves out what was counted for versions that are no longer in force."""
    found = tuple(_covered(counters, scenarios[name]) for name in sorted(scenarios))
    return Coverage(found, _totals(found), _totals([each for each in found if each.tasks]))


def percent(reached: int, of: int) -> int:
    """`reached` out of `of` in whole percent, 100 only when all were reached; all of nothing is 100 too."""
    return 100 if not of else 100 * reached // of


def _totals(scenarios: Sequence[ScenarioCoverage]) -> Totals:
    steps = [step for each in scenarios for step in each.steps]
    edges = [edge for each in scenarios for edge in each.edges]
    entered, seen = sum(step.entered > 0 for step in steps), sum(step.seen > 0 for step in steps)
    crossed = sum(edge.crossed > 0 for edge in edges)
    return Totals(
        steps=len(steps),
        entered=entered,
        seen=seen,
        edges=len(edges),
        crossed=crossed,
        entered_percent=percent(entered, len(steps)),
        seen_percent=percent(seen, len(steps)),
        crossed_percent=percent(crossed, len(edges)),
    )


class _Step(NamedTuple):
    """A step that is counted: its number, its name, and where it leads (number and weight)."""

    number: int
    name: str
    edges: tuple[Edge, ...]


def _counted(scenario: Scenario) -> tuple[_Step, ...]:
    """The steps of a scenario that are counted: its own, or those of its items, each list of them once."""
    if not scenario.by_items:
        return tuple(_Step(k, step.name, step.edges) for k, step in enumerate(scenario.steps))
    return tuple(
        _Step(
            script.first + k,
            script.names[k],
            tuple(edge._replace(to=script.first + edge.to) for edge in step.edges),
        )
        for script in scenario.scripts
        for k, step in enumerate(script.steps)
    )


def _covered(counters: Counters, scenario: Scenario) -> ScenarioCoverage:
    moves = {
        (origin, to): times for (version, origin, to), times in counters.crossed.items() if version == scenario.version
    }
    counted = _counted(scenario)
    steps = _steps(counters, scenario, counted, moves)
    names = {step.number: step.name for step in counted}
    weights = {(step.number, edge.to): edge.weight for step in counted for edge in step.edges}
    edges = tuple(
        EdgeCoverage(names[k], names[to], moves.get((k, to), 0), not weight) for (k, to), weight in weights.items()
    )
    return ScenarioCoverage(
        name=scenario.name,
        version=scenario.version,
        tasks=moves.get((BIRTH, 0), 0),
        steps=steps,
        edges=edges,
        leaps=sum(times for (origin, to), times in moves.items() if origin != BIRTH and (origin, to) not in weights),
        never_entered=tuple(step.name for step in steps if not step.entered),
        never_seen=tuple(step.name for step in steps if not step.seen),
        never_crossed=tuple(EdgeName(edge.origin, edge.to) for edge in edges if not edge.crossed),
    )


def _steps(
    counters: Counters, scenario: Scenario, counted: Sequence[_Step], moves: Mapping[tuple[int, int], int]
) -> tuple[StepCoverage, ...]:
    entered: dict[int, int] = {}
    for (_, to), times in moves.items():
        entered[to] = entered.get(to, 0) + times
    return tuple(
        StepCoverage(step.name, entered.get(step.number, 0), counters.seen.get((scenario.version, step.name), 0))
        for step in counted
    )
