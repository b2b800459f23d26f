"""The steps of a recording: runs of polls that were told the same, and how long each lasted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from mock_server.control.recording.seen import Seen
from mock_server.control.recording.told import Told
from mock_server.engine.durations import length_text
from mock_server.engine.scenario import Edge, Shown, State, is_end
from mock_server.scenarios.check.reach import disagreement, reach
from mock_server.scenarios.timeline.phrases import moment
from mock_server.types import Json
from mock_server.vendors.dialect import Dialect

_UNITS = (60_000, 1_000, 100, 10, 1)
"""To whole multiples of which a length is rounded, within what was seen."""


@dataclass(frozen=True)
class Group:
    """A run of polls that were told the same, by their places from 0."""

    told: Told
    polls: tuple[int, ...]

    @property
    def word(self) -> str:
        """What the step shows, in a word."""
        state = self.told.showed.state
        return "an error" if state is None else state.value


class Lasting(NamedTuple):
    """How long a step lasts, as its keys in the file, and between which moments it was left."""

    keys: dict[str, Json]
    remark: str


def groups_of(polls: Sequence[Seen], told: Sequence[Told | None]) -> list[Group]:
    """The runs; polls that told nothing belong to none."""
    found: list[tuple[Told, list[int]]] = []
    for k, each in enumerate(told):
        if each is None:
            continue
        if found and _key(found[-1][0]) == _key(each):
            found[-1][1].append(k)
        else:
            found.append((each, [k]))
    return [Group(each, tuple(places)) for each, places in found]


def _key(told: Told) -> tuple[object, ...]:
    return (told.showed, told.status, told.text)


def admitted(groups: Sequence[Group], dialect: Dialect) -> list[Group]:
    """The runs, those that contradict their items or go back on an end marked as `inconsistent`."""
    if not groups:
        return []
    edges = [(Edge(k + 1),) if k + 1 < len(groups) else () for k in range(len(groups))]
    arrivals = {each.step: each for each in reach([group.told.showed.state for group in groups], edges)}
    found = []
    for k, group in enumerate(groups):
        showed, (_, failed, breach) = group.told.showed, arrivals[k]
        if showed.state is not None and dialect.has_whole:
            shown = showed.items or (Shown(showed.state),)
            words = {each.state if each.state in dialect.item_states else State.SUCCEEDED for each in shown}
            breach = breach or disagreement(showed.state, failed, words)
        told = group.told._replace(showed=showed._replace(inconsistent=True)) if breach else group.told
        found.append(replace(group, told=told))
    return found


def lasting(groups: Sequence[Group], polls: Sequence[Seen]) -> Iterator[Lasting]:
    """How long each step lasts, so that polls at the same moments see the same.

    Whether time or polls ended a step cannot be told of a client; time does here. The length is the roundest within
    what was seen.
    """
    entered = start = polls[0].at
    before = 0
    for k, group in enumerate(groups):
        if k + 1 == len(groups):
            state = group.told.showed.state
            yield Lasting({} if state is None or is_end(state) else {"hold": True}, "")
            return
        last, first = polls[group.polls[-1]].at, polls[groups[k + 1].polls[0]].at
        if first <= max(last, entered):  # no time passed: only the polls are left to end it
            count = groups[k + 1].polls[0] - before
            yield Lasting({"polls": count}, "no time passed until the next")
            entered = last
        else:
            lasts = _rounded(max(last, entered) - entered, first - entered)
            seen = f"ended between {moment(last - start)} and {moment(first - start)}"
            yield Lasting({"for": length_text(lasts)}, seen)
            entered += lasts
        before = groups[k + 1].polls[0]


def _rounded(after: int, most: int) -> int:
    """The roundest length above `after` and not above `most`."""
    return next(most // unit * unit for unit in _UNITS if most // unit * unit > after)
