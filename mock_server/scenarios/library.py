"""The loaded scenarios: which one an id plays, and every version that a running task may still play."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from mock_server.engine.ids import IdPattern
from mock_server.engine.scenario import Scenario
from mock_server.errors import Problem


@dataclass(frozen=True)
class Library:
    """The scenarios a server plays, by name, and the versions that it knows, by `name@digest`: older ones too."""

    scenarios: Mapping[str, Scenario] = field(default_factory=dict)
    versions: Mapping[str, Scenario] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    """What is wrong with files that were not loaded; their last good version, if any, is still among `scenarios`."""
    _ids: Mapping[tuple[str, str], Scenario] = field(default_factory=dict, repr=False)
    """By vendor and exact id."""
    _prefixes: Mapping[tuple[str, str], Scenario] = field(default_factory=dict, repr=False)
    """By vendor and what an id begins with."""
    _lengths: tuple[int, ...] = ()
    """The lengths of the prefixes, longest first."""

    def choose(self, vendor: str, id: str) -> Scenario | None:
        """The scenario an id plays: an exact claim wins, then the longest prefix; None where nothing claims it."""
        exact = self._ids.get((vendor, id))
        if exact is not None:
            return exact
        for length in self._lengths:
            found = self._prefixes.get((vendor, id[:length])) if length <= len(id) else None
            if found is not None:
                return found
        return None

    def without(self, gone: Collection[str]) -> Library:
        """This library without these versions, none of which may be in force."""
        return replace(self, versions={name: each for name, each in self.versions.items() if name not in gone})

    def claims_of(self, vendor: str) -> tuple[str, ...]:
        """What can be written as an id of this vendor: names and further claims."""
        claims = (*self._ids, *self._prefixes)
        return tuple(dict.fromkeys(claim.rstrip(".") for owner, claim in claims if owner == vendor))


def library_of(
    scenarios: Iterable[Scenario], problems: tuple[Problem, ...] = (), earlier: Library | None = None
) -> Library:
    """A library of these scenarios, which keeps the versions of an earlier one for the tasks that run on them.

    Of several versions of one name the last is in force; tasks may still run on the others, so all are kept until the
    catalogue forgets those that none does. That no two scenarios claim the same is checked by the loader.
    """
    loaded = tuple(scenarios)
    by_name = {scenario.name: scenario for scenario in loaded}
    versions = {scenario.version: scenario for scenario in loaded}
    ids: dict[tuple[str, str], Scenario] = {}
    prefixes: dict[tuple[str, str], Scenario] = {}
    for scenario in by_name.values():
        for claim in map(IdPattern.parse, claims_of(scenario)):
            found = prefixes if claim.is_prefix else ids
            found.update(((vendor, claim.start), scenario) for vendor in scenario.vendors)
    lengths = {len(prefix) for _, prefix in prefixes}
    return Library(
        by_name,
        {**(earlier.versions if earlier is not None else {}), **versions},
        problems,
        ids,
        prefixes,
        tuple(sorted(lengths, reverse=True)),
    )


def claims_of(scenario: Scenario) -> tuple[str, ...]:
    """The texts of the `IdPattern`s it claims: its name, its name and a dot with anything behind, and its `ids`."""
    return (scenario.name, f"{scenario.name}.*", *scenario.claims)
