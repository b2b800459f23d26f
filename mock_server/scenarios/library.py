"""The loaded scenarios: which one an id plays, and every version that a running task may still play."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from typing import NamedTuple

from mock_server.engine.ids import IdPattern
from mock_server.engine.pace import PACE, paced
from mock_server.engine.scenario import Scenario
from mock_server.engine.submits import Values, Where, closeness, fits
from mock_server.engine.task import Task
from mock_server.errors import Problem
from mock_server.scenarios.spellings import Spellings
from mock_server.types import Bound

MOST_CLAIMS = 20_000
"""Claims that are looked at for those that somebody may have misspelt."""
CLAIMS = Bound(
    "Ids and prefixes of scenarios among which the nearest to an unknown id is looked for",
    MOST_CLAIMS,
    "ids, of all vendors together",
    "Further ones are played as any others are, and never suggested.",
)

Claim = tuple[str, bool, str]
"""A vendor, whether the rest is a prefix, and the id or prefix. Atoms: every birth looks some up."""


class SubmitEntry(NamedTuple):
    """An entry of a scenario's `submits`, the `number`-th, from 1."""

    where: Where
    scenario: Scenario
    number: int


@dataclass(frozen=True)
class Library:
    """The scenarios a server plays, by name, and the versions that it knows, by `name@digest`: older ones too."""

    scenarios: Mapping[str, Scenario] = field(default_factory=dict)
    versions: Mapping[str, Scenario] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    """What is wrong with files that were not loaded; their last good version, if any, is still among `scenarios`."""
    broken: frozenset[str] = frozenset()
    """The names of files that have problems and no version in force."""
    pace: int = PACE
    """Milliseconds that stand for a poll in tasks with a notify address."""
    submits: Mapping[str, tuple[SubmitEntry, ...]] = field(default_factory=dict, repr=False)
    """By vendor, the entries of `submits` in the order in which they are tried."""
    _claims: Mapping[Claim, Scenario] = field(default_factory=dict, repr=False)
    _lengths: tuple[int, ...] = ()
    """The lengths of the prefixes, longest first."""
    _spellings: dict[str, Spellings] = field(default_factory=dict, repr=False, compare=False)
    """By vendor, made when the first id plays no scenario."""
    _paced: dict[str, tuple[Scenario, Scenario]] = field(default_factory=dict, repr=False, compare=False)
    """By version, each scenario whose variant was needed, and that variant."""

    def choose(self, vendor: str, id: str) -> Scenario | None:
        """The scenario an id plays: an exact claim wins, then the longest prefix; None where nothing claims it."""
        exact = self._claims.get((vendor, False, id))
        if exact is not None:
            return exact
        for length in self._lengths:
            found = self._claims.get((vendor, True, id[:length])) if length <= len(id) else None
            if found is not None:
                return found
        return None

    def choose_submit(self, vendor: str, values: Values) -> SubmitEntry | None:
        """The entry that is for a submit: of several the one with most keys, then most literal characters, then the
        first name of a scenario. None: no entry is."""
        return next((entry for entry in self.submits.get(vendor, ()) if fits(entry.where, values)), None)

    def submit_owner(self, vendor: str, where: Where) -> Scenario | None:
        """The scenario that has exactly this entry for a vendor; None if none has."""
        return next((each.scenario for each in self.submits.get(vendor, ()) if each.where == where), None)

    def played(self, task: Task) -> Scenario:
        """What a task plays: the version it was born with, or its `paced` variant if the task has an address.

        KeyError: nobody knows that version any more.
        """
        scenario = self.versions[task.scenario]
        return self.paced(scenario) if task.notify else scenario

    def paced(self, scenario: Scenario) -> Scenario:
        """What tasks with a notify address play in place of a scenario, which is made once (see `engine.pace`)."""
        known = self._paced.get(scenario.version)
        if known is None or known[0] is not scenario:
            known = self._paced[scenario.version] = (scenario, paced(scenario, self.pace))
        return known[1]

    def knowing(self, others: Mapping[str, Scenario]) -> Library:
        """This library with these versions too, which tasks hold; none of them comes into force."""
        versions = {**others, **self.versions}
        return replace(self, versions=versions, _paced=self._paced_of(versions))

    def without(self, gone: Collection[str]) -> Library:
        """This library without these versions, none of which may be in force."""
        versions = {name: each for name, each in self.versions.items() if name not in gone}
        return replace(self, versions=versions, _paced=self._paced_of(versions))

    def _paced_of(self, versions: Mapping[str, Scenario]) -> dict[str, tuple[Scenario, Scenario]]:
        """The variants of these versions that were made. Others may be made meanwhile, so a copy is looked through."""
        return {name: known for name, known in self._paced.copy().items() if versions.get(name) is known[0]}

    def owner(self, vendor: str, claim: str) -> Scenario | None:
        """The scenario that claims exactly this, the text of an `IdPattern`, for a vendor; None if none does."""
        return self._claims.get(_key(vendor, IdPattern.parse(claim)))

    def spellings(self, vendor: str) -> Spellings:
        """What can be written as an id of this vendor: names and further claims."""
        known = self._spellings.get(vendor)
        if known is None:
            names = (scenario.name for scenario in self.scenarios.values() if vendor in scenario.vendors)
            claims = islice(self._claims, MOST_CLAIMS)
            ids = (start.rstrip(".") for owner, _, start in claims if owner == vendor)
            known = self._spellings[vendor] = Spellings(chain(names, ids))
        return known


def library_of(
    scenarios: Iterable[Scenario],
    problems: tuple[Problem, ...] = (),
    earlier: Library | None = None,
    *,
    pace: int = PACE,
) -> Library:
    """A library of these scenarios, which keeps the versions of an earlier one for the tasks that run on them.

    Of several versions of one name the last is in force; tasks may still run on the others, so all are kept until the
    catalogue forgets those that none does. That no two scenarios claim the same is checked by the loader. `pace` is
    that of the earlier one, if there is one.
    """
    loaded = tuple(scenarios)
    by_name = {scenario.name: scenario for scenario in loaded}
    before = Library(pace=pace) if earlier is None else earlier
    versions = {**before.versions, **{scenario.version: scenario for scenario in loaded}}
    claims, lengths = _claimed(by_name, before)
    return Library(
        by_name,
        versions,
        problems,
        pace=before.pace,
        submits=_submits(by_name.values()),
        _claims=claims,
        _lengths=lengths,
        _paced=before._paced_of(versions),
    )


def _submits(scenarios: Iterable[Scenario]) -> Mapping[str, tuple[SubmitEntry, ...]]:
    """The entries by vendor, in the order in which they are tried. Of equal ones that of the last scenario counts."""
    found: dict[str, dict[Where, SubmitEntry]] = {}
    for scenario in scenarios:
        for k, (where, vendors) in enumerate(scenario.submits):
            for vendor in vendors:
                found.setdefault(vendor, {})[where] = SubmitEntry(where, scenario, k + 1)
    return {vendor: tuple(sorted(entries.values(), key=_order)) for vendor, entries in found.items()}


def _order(entry: SubmitEntry) -> tuple[int, int, str, int]:
    keys, literal = closeness(entry.where)
    return -keys, -literal, entry.scenario.name, entry.number


def _claimed(scenarios: Mapping[str, Scenario], earlier: Library) -> tuple[Mapping[Claim, Scenario], tuple[int, ...]]:
    """The scenarios by vendor and claim, and the lengths of the prefixes, longest first.

    Only what differs from an earlier library is worked out: each upload makes a library, and all may claim many ids.
    """
    gone = [scenario for name, scenario in earlier.scenarios.items() if scenarios.get(name) is not scenario]
    new = [scenario for name, scenario in scenarios.items() if earlier.scenarios.get(name) is not scenario]
    claims = dict(earlier._claims)
    for scenario in gone:
        for key in _keys(scenario):
            if claims.get(key) is scenario:
                del claims[key]
    added = {key: scenario for scenario in new for key in _keys(scenario)}
    claims.update(added)
    prefixes = {len(start) for _, is_prefix, start in (claims if gone else added) if is_prefix}
    lengths = prefixes if gone else prefixes.union(earlier._lengths)
    return claims, tuple(sorted(lengths, reverse=True))


def _keys(scenario: Scenario) -> Iterator[Claim]:
    """What it claims, by vendor."""
    patterns = [IdPattern.parse(claim) for claim in claims_of(scenario)]
    return (_key(vendor, pattern) for pattern in patterns for vendor in scenario.vendors)


def _key(vendor: str, pattern: IdPattern) -> Claim:
    return vendor, pattern.is_prefix, pattern.start


def claims_of(scenario: Scenario) -> tuple[str, ...]:
    """The texts of the `IdPattern`s it claims: its name, its name and a dot with anything behind, and its `ids`."""
    return (scenario.name, f"{scenario.name}.*", *scenario.claims)
