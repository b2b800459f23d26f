"""Folders of scenario files made into scenarios that fit together."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from mock_server.engine.scenario import Scenario
from mock_server.errors import InvalidInput, Problem
from mock_server.scenarios.check.check import Walk
from mock_server.scenarios.compile.items import FixtureLookup, Lists
from mock_server.scenarios.compile.part import Desk
from mock_server.scenarios.compile.scenario import build
from mock_server.scenarios.language.schema import scenario_schema
from mock_server.scenarios.library import claims_of
from mock_server.scenarios.source import LARGEST, Source, read
from mock_server.schema.validator import Validator
from mock_server.vendors.contracts import Contracts
from mock_server.vendors.fixtures import Fixtures
from mock_server.vendors.registry import Registry
from mock_server.vendors.render import Renderer

SUFFIXES = (".yaml", ".yml")


class Loaded(NamedTuple):
    """One scenario, and how many steps, edges and bodies were looked at."""

    scenario: Scenario
    steps: int
    edges: int
    bodies: int


class Report(NamedTuple):
    """What came of some folders. `bad` has, by path, the problems of each file that was not taken in."""

    scenarios: tuple[Scenario, ...]
    problems: tuple[Problem, ...]
    notes: tuple[str, ...]
    steps: int
    edges: int
    bodies: int
    bad: Mapping[Path, tuple[Problem, ...]]


class _Taken(NamedTuple):
    """A file that was read well: `places` says where each of its `ids` stands."""

    path: Path
    loaded: Loaded
    places: Mapping[str, str]


class Loader:
    """Loads for the vendors of one registry, and checks all that they would response."""

    def __init__(self, registry: Registry, contracts: Contracts, fixtures: Fixtures) -> None:
        self._registry = registry
        self._renderer = Renderer(registry, contracts, fixtures)
        self._fixtures = fixtures
        self._validator = Validator(scenario_schema(registry))

    def load_text(self, text: str | bytes, name: str, where: str, lists: Lists | None = None) -> Loaded:
        """The scenario of one text. InvalidInput: every problem of it, but not whether others claim the same.

        `lists` are, per vendor, the items that its `fixture` names, in place of the server's own.
        """
        return self._load(text, name, where, FixtureLookup(self._fixtures, given=lists))[0]

    def load(self, folders: Sequence[Path], builtin: Path | None) -> Report:
        """The scenarios of some folders or single files, and of the shipped folder where they leave a name free."""
        gathering = _Gathering()
        own: dict[str, Path] = {}
        for place in folders:
            gathering.look(place)
            self._load_place(place, gathering, own)
        if builtin is not None:
            for path in scenario_files(builtin):
                if path.stem not in own:
                    self._load_file(path, FixtureLookup(self._fixtures), gathering)
                elif own[path.stem].resolve() != path.resolve():
                    gathering.notes.append(f"{own[path.stem]} overrides the shipped {path.stem}")
        # The shipped ones first: where a user's file claims the same, it is the user's that can be changed.
        gathering.taken.sort(key=lambda taken: taken.path.stem in own)
        return gathering.report()

    def _load_place(self, place: Path, gathering: _Gathering, own: dict[str, Path]) -> None:
        files = scenario_files(place)
        folder = place if place.is_dir() else place.parent
        beside = folder / "fixtures"
        lookup = FixtureLookup(self._fixtures, Fixtures([beside]) if beside.is_dir() else None)
        for path in files:
            if path.stem not in own:
                own[path.stem] = path
                self._load_file(path, lookup, gathering)
            elif own[path.stem].resolve() != path.resolve():
                what = f'the name "{path.stem}" is taken by {own[path.stem]}'
                gathering.refuse(path, [Problem(f"{path}:1:1", what, "rename one of the two files")])

    def _load_file(self, path: Path, lookup: FixtureLookup, gathering: _Gathering) -> None:
        try:
            with path.open("rb") as file:
                text = file.read(LARGEST + 1)
            loaded, places = self._load(text, path.stem, str(path), lookup)
        except OSError as error:
            gathering.refuse(path, [Problem(str(path), f"cannot be read: {error.strerror or error}")])
        except InvalidInput as error:
            gathering.refuse(path, error.problems)
        else:
            gathering.taken.append(_Taken(path, loaded, places))

    def _load(
        self, text: str | bytes, name: str, where: str, lookup: FixtureLookup
    ) -> tuple[Loaded, Mapping[str, str]]:
        source = read(text, where)
        problems = self._validator.problems(source)
        if problems:
            raise InvalidInput(problems)
        desk = Desk(source)
        written = text if isinstance(text, str) else text.decode("utf-8")
        scenario = build(desk, name, written, self._registry, lookup)
        if scenario is None:
            raise InvalidInput(desk.problems)
        seen = Walk(desk, scenario, self._renderer).go()
        if desk.problems:
            raise InvalidInput(desk.problems)
        return Loaded(scenario, *seen), _places(source, scenario)


class _Gathering:
    """What a load has found so far."""

    def __init__(self) -> None:
        self.taken: list[_Taken] = []
        self.notes: list[str] = []
        self.bad: dict[Path, tuple[Problem, ...]] = {}

    def look(self, place: Path) -> None:
        """Notes a place that does not exist, or holds nothing."""
        if not place.exists():
            self.refuse(place, [Problem(str(place), "no such file or folder", "expected scenario files, *.yaml")])
        elif place.is_dir() and not os.access(place, os.R_OK | os.X_OK):
            self.refuse(place, [Problem(str(place), "the folder cannot be read")])
        elif not scenario_files(place):
            self.notes.append(f"{place} holds no scenario files (*.yaml, *.yml)")

    def refuse(self, path: Path, problems: Sequence[Problem]) -> None:
        """Leaves a file out, for these reasons."""
        self.bad[path] = (*self.bad.get(path, ()), *problems)

    def report(self) -> Report:
        """The scenarios that do not claim the same ids, and all that was said about the others."""
        owners: dict[tuple[str, str], _Taken] = {}
        kept = []
        for taken in self.taken:
            claims = [
                (vendor, claim)
                for claim in claims_of(taken.loaded.scenario)
                for vendor in taken.loaded.scenario.vendors
            ]
            clashes = {claim: owners[vendor, claim] for vendor, claim in claims if (vendor, claim) in owners}
            if clashes:
                self.refuse(taken.path, [_clash(taken, claim, owner) for claim, owner in clashes.items()])
            else:
                owners.update(dict.fromkeys(claims, taken))
                kept.append(taken.loaded)
        return Report(
            tuple(loaded.scenario for loaded in kept),
            tuple(problem for problems in self.bad.values() for problem in problems),
            tuple(self.notes),
            sum(loaded.steps for loaded in kept),
            sum(loaded.edges for loaded in kept),
            sum(loaded.bodies for loaded in kept),
            self.bad,
        )


def scenario_files(place: Path) -> list[Path]:
    """The scenario files of a folder, by name, without those of folders in it; or the one file that `place` is."""
    if place.is_dir() and os.access(place, os.R_OK | os.X_OK):
        files = (path for path in place.iterdir() if path.suffix in SUFFIXES and not path.name.startswith("."))
        return sorted(path for path in files if path.is_file())
    return [place] if place.is_file() else []


def _clash(taken: _Taken, claim: str, owner: _Taken) -> Problem:
    where = taken.places.get(claim, f"{taken.path}:1:1")
    return Problem(
        where, f'"{claim}" is claimed by {owner.places.get(claim, owner.path)} already', "drop one of the two"
    )


def _places(source: Source, scenario: Scenario) -> Mapping[str, str]:
    return {claim: source.at(("ids", k)) for k, claim in enumerate(scenario.claims)}
