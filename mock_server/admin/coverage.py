"""What the scenarios in force have been through."""

from __future__ import annotations

from mock_server.admin.route import Answer, Asked
from mock_server.control.server import Controls
from mock_server.journal.coverage import ScenarioCoverage, Totals, percent
from mock_server.types import Json


def look(controls: Controls, asked: Asked) -> Answer:
    """Per scenario its steps and edges, and the sums over all and over those that were played."""
    coverage = controls.coverage()
    return Answer(
        {
            "scenarios": [_scenario(each) for each in coverage.scenarios],
            "all": _totals(coverage.totals()),
            "played": _totals(coverage.totals(used=True)),
        }
    )


def _scenario(covered: ScenarioCoverage) -> Json:
    return {
        "name": covered.name,
        "version": covered.version,
        "tasks": covered.tasks,
        "steps": [{"name": step.name, "entered": step.entered, "seen": step.seen} for step in covered.steps],
        "edges": [
            {"from": edge.origin, "to": edge.to, "crossed": edge.crossed, "by_hand": edge.by_hand}
            for edge in covered.edges
        ],
        "leaps": covered.leaps,
        "never_entered": list(covered.never_entered),
        "never_seen": list(covered.never_seen),
        "never_crossed": [{"from": origin, "to": to} for origin, to in covered.never_crossed],
    }


def _totals(totals: Totals) -> Json:
    return {
        **totals._asdict(),
        "entered_percent": percent(totals.entered, totals.steps),
        "seen_percent": percent(totals.seen, totals.steps),
        "crossed_percent": percent(totals.crossed, totals.edges),
    }
