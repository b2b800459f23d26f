"""What loading scenario files found: the scenarios that fit together, and the problems of all other files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from mock_server.engine.scenario import Scenario
from mock_server.errors import Problem, Problems
from mock_server.scenarios.library import claims_of


class Loaded(NamedTuple):
    """One scenario, and how many steps, edges and bodies were checked."""

    scenario: Scenario
    steps: int
    edges: int
    bodies: int


class Report(NamedTuple):
    """The result of loading some folders. `bad` has, by path, the problems of each file that was not loaded."""

    scenarios: tuple[Scenario, ...]
    problems: tuple[Problem, ...]
    notes: tuple[str, ...]
    steps: int
    edges: int
    bodies: int
    bad: Mapping[Path, tuple[Problem, ...]]


class Good(NamedTuple):
    """A file without problems of its own; `places` says where each of its `ids` is written."""

    path: Path
    loaded: Loaded
    places: Mapping[str, str]


class Collected:
    """What a load has found so far: good files, notes, and the problems of bad files by path."""

    def __init__(self) -> None:
        self.good: list[Good] = []
        self.notes: list[str] = []
        self.bad: dict[Path, tuple[Problem, ...]] = {}

    def refuse(self, path: Path, problems: Sequence[Problem]) -> None:
        """Leaves a file out, for these reasons."""
        self.bad[path] = (*self.bad.get(path, ()), *problems)

    def report(self) -> Report:
        """The scenarios that claim no ids of one another, and the problems of all other files."""
        owners: dict[tuple[str, str], Good] = {}
        kept = []
        for good in self.good:
            scenario = good.loaded.scenario
            claims = [(vendor, claim) for claim in claims_of(scenario) for vendor in scenario.vendors]
            clashes = {claim: owners[vendor, claim] for vendor, claim in claims if (vendor, claim) in owners}
            if clashes:
                problems = Problems(str(good.path))
                for claim, owner in clashes.items():
                    problems.add(*_clash(good, claim, owner))
                self.refuse(good.path, problems.listed())
            else:
                owners.update(dict.fromkeys(claims, good))
                kept.append(good.loaded)
        return Report(
            tuple(loaded.scenario for loaded in kept),
            tuple(problem for problems in self.bad.values() for problem in problems),
            tuple(self.notes),
            sum(loaded.steps for loaded in kept),
            sum(loaded.edges for loaded in kept),
            sum(loaded.bodies for loaded in kept),
            self.bad,
        )


def _clash(good: Good, claim: str, owner: Good) -> Problem:
    where = good.places.get(claim, f"{good.path}:1:1")
    taken = f'"{claim}" is claimed by {owner.places.get(claim, owner.path)} already'
    return Problem(where, taken, "drop one of the two")
