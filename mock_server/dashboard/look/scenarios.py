"""The catalogue: every scenario in force, by what it is about, and the files that were not loaded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from mock_server.api.scenarios import GROUPS, MOST_FIND, ItemShows, ScenarioBrief, Shows, StepShows
from mock_server.control.scenario_view import brief_of, listed
from mock_server.dashboard.abouts import About, about_of
from mock_server.dashboard.links import scenario_page
from mock_server.dashboard.look.quote import Quoted, quoted_file
from mock_server.dashboard.visit import Visit

_MOST_PROBLEMS = 20


class Sign(NamedTuple):
    """A step in the line of its scenario. `turn`: how it comes after the one before: by its way, or beside it."""

    turn: str
    share: str
    saw: str
    step: StepShows
    back: bool


class Chain(NamedTuple):
    """The steps of the task, or of `times` items that move on their own."""

    times: int | None
    signs: tuple[Sign, ...]


class Entry(NamedTuple):
    """A scenario in the list. `seen` of `of` steps were seen by polls."""

    brief: ScenarioBrief
    about: About
    address: str
    chains: tuple[Chain, ...]
    only: tuple[str, ...]
    seen: int
    of: int


class ScenariosLook(NamedTuple):
    """What the page shows: the groups that have any, in their order."""

    find: str
    found: int
    of: int
    groups: tuple[tuple[str, tuple[Entry, ...]], ...]
    problems: tuple[Quoted, ...]
    more_problems: int


def look(visit: Visit) -> ScenariosLook:
    """The page."""
    server = visit.controls.server
    find = (visit.get("find") or "")[:MOST_FIND]
    seen = {each.name: (each.seen, each.steps) for each in _counts(visit)}
    everyone = set(server.registry.names)
    found = listed(server, None, find, lambda scenario: about_of(visit, scenario).text)
    entries = [_entry(brief_of(server, each), about_of(visit, each), seen, everyone) for each in found]
    groups = ((group, tuple(entry for entry in entries if entry.brief.group == group)) for group in GROUPS)
    library = server.catalogue.library
    problems = library.problems
    return ScenariosLook(
        find,
        len(entries),
        len(library.scenarios),
        tuple((group, mine) for group, mine in groups if mine),
        tuple(quoted_file(each) for each in problems[:_MOST_PROBLEMS]),
        max(0, len(problems) - _MOST_PROBLEMS),
    )


class _Count(NamedTuple):
    name: str
    seen: int
    steps: int


def _counts(visit: Visit) -> Iterator[_Count]:
    for each in visit.controls.coverage().scenarios:
        yield _Count(each.name, sum(step.seen > 0 for step in each.steps), len(each.steps))


def _entry(brief: ScenarioBrief, about: About, seen: dict[str, tuple[int, int]], everyone: set[str]) -> Entry:
    only = () if everyone == set(brief.vendors) else brief.vendors
    counts = seen.get(brief.name, (0, 0))
    return Entry(brief, about, scenario_page(brief.name), tuple(_chains(brief.shows)), only, *counts)


def _chains(shows: Shows) -> Iterator[Chain]:
    if shows.steps:
        yield Chain(None, tuple(_signs(shows.steps)))
    for each in shows.items:
        yield Chain(_times(each), tuple(_signs(each.steps)))


def _times(items: ItemShows) -> int:
    return items.last - items.first + 1


def _signs(steps: tuple[StepShows, ...]) -> Iterator[Sign]:
    """The steps in their order, each with how it is come to."""
    for k, step in enumerate(steps):
        into = [(origin, way) for origin, each in enumerate(steps[:k]) for way in each.ways if way.to == k]
        follows = any(origin == k - 1 and steps[origin].ways[0].to == k for origin, _ in into)
        turn = "" if k == 0 else "→" if follows else "|"
        share = next((way.share for _, way in into if way.share), "")
        yield Sign(turn, share, step.saw, step, any(way.to <= k for way in step.ways))
