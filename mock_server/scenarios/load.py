"""From folders of scenario files to scenarios that fit together."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from mock_server import paths
from mock_server.engine.scenario import Scenario
from mock_server.errors import InvalidInput, Problem, Problems
from mock_server.scenarios.check.check import check
from mock_server.scenarios.compile.items import FixtureLookup, Lists
from mock_server.scenarios.compile.part import Part
from mock_server.scenarios.compile.scenario import File, scenario_of
from mock_server.scenarios.folder import Listing, list_place, unreadable
from mock_server.scenarios.language.schema import scenario_schema
from mock_server.scenarios.library import claims_of
from mock_server.scenarios.source import LARGEST, read
from mock_server.schema.validator import Validator
from mock_server.vendors.contracts import Contracts
from mock_server.vendors.fixtures import Fixtures
from mock_server.vendors.registry import Registry
from mock_server.vendors.render import Renderer

log = logging.getLogger("mock_server")


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


class _Good(NamedTuple):
    """A file without problems of its own; `places` says where each of its `ids` is written."""

    path: Path
    loaded: Loaded
    places: Mapping[str, str]


class Loader:
    """Loads for the vendors of one registry, and checks everything that they would respond."""

    def __init__(self, registry: Registry, contracts: Contracts, fixtures: Fixtures) -> None:
        self._registry = registry
        self._renderer = Renderer(registry, contracts, fixtures)
        self._fixtures = fixtures
        self._validator = Validator(scenario_schema(registry))

    def load_text(self, text: str | bytes, name: str, where: str, lists: Lists | None = None) -> Loaded:
        """The scenario of one text. InvalidInput: every problem of it, but not whether others claim the same.

        `lists` are, per vendor, the items that its `fixture` names, in place of the server's own.
        """
        return self._load(File(text, name, where), FixtureLookup(self._fixtures, lists=lists))[0]

    def load(self, folders: Sequence[Path], builtin: Path | None) -> Report:
        """The scenarios of some folders or single files, and of the shipped folder where they leave a name free."""
        found = _Collected()
        own: dict[str, Path] = {}
        for place in folders:
            self._load_place(list_place(place), found, own)
        if builtin is not None:
            for path in scenario_files(builtin):
                if path.stem not in own:
                    self._load_file(path, FixtureLookup(self._fixtures), found)
                elif own[path.stem].resolve() != path.resolve():
                    found.notes.append(f"{own[path.stem]} overrides the shipped {path.stem}")
        # The shipped ones first: where a user's file claims the same, it is the user's that can be changed.
        found.good.sort(key=lambda good: good.path.stem in own)
        return found.report()

    def _load_place(self, listing: Listing, found: _Collected, own: dict[str, Path]) -> None:
        """Loads the files of a folder, or the one file that it is. `own`: the user's files so far, by name."""
        found.notes.extend(listing.notes)
        for path, problem in listing.bad:
            found.refuse(path, [problem])
            # As with any bad file of a shipped name, the shipped scenario does not take its place.
            own.setdefault(path.stem, path)
        lookup = FixtureLookup(self._fixtures, None if listing.lists is None else Fixtures([listing.lists]))
        for path in listing.files:
            if path.stem not in own:
                own[path.stem] = path
                self._load_file(path, lookup, found)
            elif own[path.stem].resolve() != path.resolve():
                what = f'the name "{path.stem}" is taken by {own[path.stem]}'
                found.refuse(path, [Problem(f"{path}:1:1", what, "rename one of the two files")])

    def _load_file(self, path: Path, lookup: FixtureLookup, found: _Collected) -> None:
        try:
            text = paths.read_start(path, LARGEST + 1)
            loaded, places = self._load(File(text, path.stem, str(path)), lookup)
        except OSError as error:
            found.refuse(path, [unreadable(path, error, "cannot be read")])
        except InvalidInput as error:
            found.refuse(path, error.problems)
        except Exception as error:
            # One file that meets a defect must not take the others along.
            log.debug("loading %s", path, exc_info=True)
            what = f"cannot be loaded: {type(error).__name__}: {error}"
            found.refuse(path, [Problem(str(path), what, "this is a defect of mock-server; please report it")])
        else:
            found.good.append(_Good(path, loaded, places))

    def _load(self, file: File, lookup: FixtureLookup) -> tuple[Loaded, Mapping[str, str]]:
        """The scenario, and where each of its `ids` is written. Each stage runs once the one before found nothing."""
        source = read(file.text, file.where)
        problems = self._validator.problems(source)
        if problems:
            raise InvalidInput(problems)
        root = Part.root_of(source)
        scenario = scenario_of(root, file, self._registry, lookup)
        if scenario is None:
            raise InvalidInput(root.problems.listed())
        checked = check(root, scenario, self._renderer)
        if root.problems:
            raise InvalidInput(root.problems.listed())
        places = {claim: source.at(("ids", k)) for k, claim in enumerate(scenario.claims)}
        return Loaded(scenario, *checked), places


class _Collected:
    """What a load has found so far: good files, notes, and the problems of bad files by path."""

    def __init__(self) -> None:
        self.good: list[_Good] = []
        self.notes: list[str] = []
        self.bad: dict[Path, tuple[Problem, ...]] = {}

    def refuse(self, path: Path, problems: Sequence[Problem]) -> None:
        """Leaves a file out, for these reasons."""
        self.bad[path] = (*self.bad.get(path, ()), *problems)

    def report(self) -> Report:
        """The scenarios that claim no ids of one another, and the problems of all other files."""
        owners: dict[tuple[str, str], _Good] = {}
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


def scenario_files(place: Path) -> list[Path]:
    """The scenario files of a folder, by name, without those of folders in it; or the one file that `place` is."""
    return list(list_place(place).files)


def _clash(good: _Good, claim: str, owner: _Good) -> Problem:
    where = good.places.get(claim, f"{good.path}:1:1")
    taken = f'"{claim}" is claimed by {owner.places.get(claim, owner.path)} already'
    return Problem(where, taken, "drop one of the two")
