"""What loading scenario files found: the scenarios that fit together, and the problems of all other files."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from mock_server.engine.scenario import Scenario
from mock_server.engine.submits import Where, where_text
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
    submits: tuple[str, ...] = ()
    """Where each entry of its `submits` is written."""


class Collected:
    """What a load has found so far: good files, notes, and the problems of bad files by path."""

    def __init__(self) -> None:
        self.good: list[Good] = []
        self.notes: list[str] = []
        self.bad: dict[Path, tuple[Problem, ...]] = {}

    def refuse(self, path: Path, problems: Sequence[Problem]) -> None:
        """Leaves a file out, for these reasons."""
        self.bad[path] = (*self.bad.get(path, ()), *problems)

    def report(self, own: Collection[str] = ()) -> Report:
        """The scenarios that claim no ids and no submits of one another, and the problems of all other files.

        `own` are the names of the user's files. Where one has an entry of `submits` that a shipped file has too, both
        are in force, and the user's is the one that is played.
        """
        owners: dict[tuple[str, str], Good] = {}
        submits: dict[tuple[str, Where], tuple[Good, int]] = {}
        kept = []
        for good in self.good:
            scenario = good.loaded.scenario
            claims = [(vendor, claim) for claim in claims_of(scenario) for vendor in scenario.vendors]
            clashes = {claim: owners[vendor, claim] for vendor, claim in claims if (vendor, claim) in owners}
            entries = [(vendor, each.where, k) for k, each in enumerate(scenario.submits) for vendor in each.vendors]
            taken = {k: submits[vendor, where] for vendor, where, k in entries if (vendor, where) in submits}
            taken = {k: other for k, other in taken.items() if other[0].path.stem in own or good.path.stem not in own}
            if clashes or taken:
                problems = Problems(str(good.path))
                for claim, owner in clashes.items():
                    problems.add(*_clash(good, claim, owner))
                for k, other in taken.items():
                    problems.add(*_clash_of_submits(good, k, *other))
                self.refuse(good.path, problems.listed())
            else:
                owners.update(dict.fromkeys(claims, good))
                submits.update({(vendor, where): (good, k) for vendor, where, k in entries})
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


def _clash_of_submits(good: Good, k: int, owner: Good, other: int) -> Problem:
    where, theirs = (_entry_place(*each) for each in ((good, k), (owner, other)))
    entry = where_text(good.loaded.scenario.submits[k].where)
    return Problem(where, f'submits with "{entry}" are those of {theirs} already', "drop one of the two")


def _entry_place(good: Good, k: int) -> str:
    return good.submits[k] if k < len(good.submits) else str(good.path)
