"""How steps follow each other: their names, when each ends, where it leads, and what nothing leads to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import NamedTuple, Protocol

from mock_server.engine.durations import BadTime, span
from mock_server.engine.scenario import EXPIRED, Edge, Span, State, is_end
from mock_server.errors import did_you_mean
from mock_server.scenarios.compile.part import Desk
from mock_server.types import Json, JsonPath


class Way(NamedTuple):
    """When a step ends and where it leads."""

    polls: int | None
    lasts: Span | None
    edges: tuple[Edge, ...]
    hold: bool


class Placed(Protocol):
    """What a step of a task and a step of an item have in common."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def edges(self) -> tuple[Edge, ...]:
        """Where it leads."""


def names_of(desk: Desk, path: JsonPath, raw: Sequence[Mapping[str, Json]]) -> tuple[str, ...]:
    """Each step's name: its own, else its state or `error`, the second of a kind with `-2`. No two may be alike."""
    kinds: Counter[str] = Counter()
    names: dict[str, int] = {}
    found = []
    for k, step in enumerate(raw):
        kind = step.get("state", "error")
        kinds[kind] += 1
        name = step.get("name") or (kind if kinds[kind] == 1 else f"{kind}-{kinds[kind]}")
        if name in names:
            at = (*path, k, "name") if "name" in step else (*path, k)
            desk.add(at, f'step {names[name] + 1} is called "{name}" too', "give one of them another `name`")
        if name == EXPIRED:
            what = f'"{EXPIRED}" is what the journal calls the time after `expires`'
            desk.add((*path, k, "name"), what, "give the step another `name`")
        names.setdefault(name, k)
        found.append(name)
    return tuple(found)


def way_of(desk: Desk, path: JsonPath, raw: Mapping[str, Json], k: int, names: Sequence[str], *, inner: bool) -> Way:
    """When step `k` ends and where it leads; `inner`: it is a step of an item."""
    hold = bool(raw.get("hold"))
    polls = int(raw["polls"]) if "polls" in raw else None
    lasts = _span(desk, path, raw)
    edges = _edges(desk, path, raw, k, names, inner=inner)
    moving = [key for key in ("polls", "for") if key in raw]
    if inner and len(moving) == 2:
        desk.add((*path, "polls"), "an item's step counts `polls` or time, not both", "drop one of them", key=True)
    if hold and moving:
        desk.add(
            (*path, moving[0]),
            f"`hold` lasts until a hand moves the task, so `{moving[0]}` would never end it",
            "drop one of them",
            key=True,
        )
    elif not hold:
        _judge_end(desk, path, raw, edges, names[k], moving, "" if inner else " or `hold: true`")
    return Way(polls, lasts, edges, hold)


def _judge_end(
    desk: Desk,
    path: JsonPath,
    raw: Mapping[str, Json],
    edges: tuple[Edge, ...],
    name: str,
    moving: list[str],
    held: str,
) -> None:
    """Whether what ends the step, and where it leads then, make sense together."""
    by_hand = bool(edges) and not any(edge.weight for edge in edges)
    if not edges and moving and "next" not in raw:
        desk.add(
            (*path, moving[0]),
            f"the last step lasts for ever, so `{moving[0]}` ends nothing",
            "drop it, or say with `next` what follows",
            key=True,
        )
    elif by_hand and moving:
        desk.add(
            (*path, moving[0]),
            f"all weights are 0, ways for hands only, so `{moving[0]}` would end the step nowhere",
            "give one of them a weight, or drop it",
            key=True,
        )
    elif edges and not moving and not by_hand:
        what = "says what follows but not when" if "next" in raw else "never ends, and it is not the last"
        desk.add(path, f'step "{name}" {what}', f"add `polls` or `for`{held}")


def _edges(
    desk: Desk, path: JsonPath, raw: Mapping[str, Json], k: int, names: Sequence[str], *, inner: bool
) -> tuple[Edge, ...]:
    following = raw.get("next")
    if following is None:
        ends = "state" in raw and is_end(State(raw["state"])) and not raw.keys() & {"polls", "for"}
        return () if k + 1 == len(names) or (ends and not raw.get("hold")) else (Edge(k + 1),)
    weights = following if isinstance(following, dict) else {following: 1}
    edges = []
    for name, weight in weights.items():
        at = (*path, "next", name) if isinstance(following, dict) else (*path, "next")
        as_key = isinstance(following, dict)
        if name not in names:
            desk.add(at, f'there is no step "{name}"', did_you_mean(name, set(names)), key=as_key)
        elif inner and names.index(name) <= k:
            desk.add(at, f'"{name}" is no later step', "an item's steps lead forward only", key=as_key)
        elif inner and not weight:
            desk.add(at, "a hand moves tasks, not single items", "give it a weight or drop it")
        else:
            edges.append(Edge(names.index(name), int(weight)))
    return tuple(edges)


def _span(desk: Desk, path: JsonPath, raw: Mapping[str, Json]) -> Span | None:
    if "for" not in raw:
        return None
    try:
        return span(raw["for"])
    except BadTime as error:
        desk.add((*path, "for"), str(error))
        return None


def judge_reach(desk: Desk, path: JsonPath, steps: Sequence[Placed]) -> None:
    """Notes every step that nothing leads to."""
    seen, ahead = {0}, [0]
    while ahead:
        for edge in steps[ahead.pop()].edges:
            if edge.to not in seen:
                seen.add(edge.to)
                ahead.append(edge.to)
    for k, step in enumerate(steps):
        if k not in seen:
            desk.add((*path, k), f'nothing leads to step "{step.name}"', "drop it, or name it in a `next`")


def judge_loops(desk: Desk, path: JsonPath, names: Sequence[str], ways: Sequence[Way]) -> None:
    """Notes a circle of steps that time alone goes round: one look after a long time would never come to its end."""
    timed = {
        k: [edge.to for edge in way.edges if edge.weight]
        for k, way in enumerate(ways)
        if way.lasts is not None and not way.hold
    }
    try:
        TopologicalSorter(timed).prepare()
    except CycleError as error:
        circle = sorted(set(error.args[1]))
        desk.add(
            (*path, circle[0]),
            "time alone goes round for ever: " + ", ".join(f'"{names[k]}"' for k in circle),
            "give one of these steps `polls` in place of `for`, or `hold: true`",
        )
