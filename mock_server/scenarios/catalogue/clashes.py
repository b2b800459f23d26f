"""What a scenario claims that others in force claim already."""

from __future__ import annotations

from collections.abc import Callable

from mock_server.engine.scenario import Scenario
from mock_server.engine.submits import where_text
from mock_server.errors import Problems
from mock_server.scenarios.library import Library, claims_of


def clashes(scenario: Scenario, library: Library, is_shipped: Callable[[Scenario], bool]) -> Problems:
    """The ids and submits that others claim, as problems; submits of a shipped scenario are free."""
    problems = _of_ids(scenario, library)
    for k, (where, vendors) in enumerate(scenario.submits):
        owners = [library.submit_owner(vendor, where) for vendor in vendors]
        others = {each.name for each in owners if each is not None and not is_shipped(each)} - {scenario.name}
        for other in sorted(others):
            what = f'submits with "{where_text(where)}" are those of {other} already'
            problems.add(f"submits[{k}]", what, "drop one of the two")
    return problems


def _of_ids(scenario: Scenario, library: Library) -> Problems:
    """Which of its ids others have, for a vendor that both serve."""
    problems = Problems()
    for claim in claims_of(scenario):
        for vendor in scenario.vendors:
            other = library.owner(vendor, claim)
            if other is not None and other.name != scenario.name:
                problems.add("", f'"{claim}" is claimed by {other.name} already', "drop one of the two")
    return problems
