"""What of a scenario is lit: where a task is, where it was, which ways it took; or how often all tasks went where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from types import MappingProxyType
from typing import NamedTuple

from mock_server.api.coverage import ScenarioCoverage
from mock_server.api.exchange import Exchange
from mock_server.api.timeline import Timeline
from mock_server.api.values import ItemStay, SeenRun, TaskWhole


class Taken(NamedTuple):
    """How often a way was taken, and whether only people took it."""

    times: int
    manual: bool = False


class ItemLight(NamedTuple):
    """Where one item with steps of its own is, and where it was, by position; `here` None: it has none."""

    here: int | None
    been: frozenset[int] = frozenset()


class Light(NamedTuple):
    """Steps are their positions. `polls` are the polls that saw each step, run by run, oldest first.

    `entered`: how often all tasks entered each step; None for the light of a single task.
    """

    here: int | None = None
    been: frozenset[int] = frozenset()
    ways: Mapping[tuple[int, int], Taken] = MappingProxyType({})
    polls: Mapping[int, tuple[SeenRun, ...]] = MappingProxyType({})
    items: tuple[ItemLight, ...] = ()
    entered: Mapping[int, int] | None = None


UNLIT = Light()
"""That of a task which nobody polled yet."""


def light_of(whole: TaskWhole, timeline: Timeline) -> Light:
    """The light of one task in the timeline of the version that it plays."""
    if whole.task is None:
        return UNLIT
    if timeline.tracks[0].first is not None:
        return Light(items=tuple(_items(whole, timeline)))
    names = [stretch.name for stretch in timeline.tracks[0].stretches]
    places = {name: k for k, name in reversed(list(enumerate(names)))}
    ways: dict[tuple[int, int], Taken] = {}
    been: set[int] = set()
    for way in whole.way:
        if way.to in places:
            been.add(places[way.to])
        if way.origin in places and way.to in places:
            ends = places[way.origin], places[way.to]
            been.add(ends[0])
            before = ways.get(ends, Taken(0, manual=True))
            ways[ends] = Taken(before.times + 1, before.manual and way.by == "hand")
    here = None if whole.task.expired else places.get(whole.task.step)
    polls: dict[int, list[Exchange]] = {}
    for exchange in own_polls(whole):
        if exchange.step in places:
            polls.setdefault(places[exchange.step], []).append(exchange)
    seen = {k: runs_of(exchanges) for k, exchanges in polls.items()}
    return Light(here, frozenset(been | seen.keys()) - {here}, ways, seen)


def played(coverage: ScenarioCoverage, timeline: Timeline) -> Light:
    """The light of a scenario as it was played by all tasks."""
    names = [stretch.name for stretch in timeline.tracks[0].stretches]
    places = {name: k for k, name in reversed(list(enumerate(names)))}
    entered = {places[step.name]: step.entered for step in coverage.steps if step.name in places}
    ways = {
        (places[edge.origin], places[edge.to]): Taken(edge.crossed, edge.by_hand)
        for edge in coverage.edges
        if edge.origin in places and edge.to in places
    }
    return Light(None, frozenset(k for k, count in entered.items() if count), ways, entered=entered)


def own_polls(whole: TaskWhole) -> list[Exchange]:
    """The kept polls of a task, oldest first, without those of an earlier task of its id."""
    found: list[Exchange] = []
    asked = 0 if whole.task is None else whole.task.asked
    for exchange in whole.history:
        if exchange.poll and 0 < exchange.asked <= asked:
            asked = exchange.asked - 1
            found.append(exchange)
    return found[::-1]


def runs_of(polls: Sequence[Exchange]) -> tuple[SeenRun, ...]:
    """These polls, oldest first, run by run."""
    read = ((each.saw, None if each.unsent else each.response.status, bool(each.faults)) for each in polls)
    return tuple(SeenRun(*seen, times=len(list(run))) for seen, run in groupby(read))


def _items(whole: TaskWhole, timeline: Timeline) -> Iterator[ItemLight]:
    assert whole.task is not None
    for k, item in enumerate(whole.task.items):
        track = next((each for each in timeline.tracks if (each.first or 0) <= k <= (each.last or 0)), None)
        if track is None or not item.step:
            yield ItemLight(None)
            continue
        places = {stretch.name: n for n, stretch in reversed(list(enumerate(track.stretches)))}
        stays = whole.items[k] if k < len(whole.items) else ()
        yield ItemLight(places.get(item.step), frozenset(_been(stays, places, item.step)))


def _been(stays: Sequence[ItemStay], places: Mapping[str, int], here: str) -> Iterator[int]:
    """Where an item was before it came to where it is."""
    names = [stay.step for stay in stays]
    if here in names:
        yield from (places[name] for name in names[: names.index(here)] if name in places)
