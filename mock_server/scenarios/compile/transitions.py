"""How steps follow each other: their names, when each ends, where it leads, and what nothing leads to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from graphlib import CycleError, TopologicalSorter
from typing import NamedTuple, Protocol

from mock_server.engine.durations import span
from mock_server.engine.scenario import EXPIRED, Edge, Span, State, is_end
from mock_server.errors import did_you_mean
from mock_server.scenarios.compile.part import Part


class Transition(NamedTuple):
    """When a step ends and where it leads."""

    polls: int | None
    lasts: Span | None
    edges: tuple[Edge, ...]
    hold: bool


class Place(NamedTuple):
    """Where a step stands: its position and name, those of all steps of its list, and whether they are an item's."""

    k: int
    name: str
    names: Mapping[str, int]
    inner: bool = False


class Placed(Protocol):
    """What a step of a task and a step of an item have in common."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def edges(self) -> tuple[Edge, ...]:
        """Where it leads."""


def names_of(steps: Part) -> tuple[str, ...]:
    """Each step's name: its own, else its state or `error`, the second of a kind with `-2`. No two may be alike."""
    kinds: Counter[str] = Counter()
    names: dict[str, int] = {}
    found = []
    for k, step in enumerate(steps.elements()):
        kind = step.get("state", "error")
        kinds[kind] += 1
        name = step.get("name") or (kind if kinds[kind] == 1 else f"{kind}-{kinds[kind]}")
        if name in names:
            named = step.child("name") if "name" in step else step
            named.report(f'step {names[name] + 1} is called "{name}" too', "give one of them another `name`")
        if name == EXPIRED:
            what = f'"{EXPIRED}" is what the journal calls the time after `expires`'
            step.child("name").report(what, "give the step another `name`")
        names.setdefault(name, k)
        found.append(name)
    return tuple(found)


def places_of(names: Sequence[str], *, inner: bool = False) -> list[Place]:
    """Where the steps of these names stand."""
    positions = {name: k for k, name in reversed(list(enumerate(names)))}
    return [Place(k, name, positions, inner) for k, name in enumerate(names)]


def transition_of(step: Part, place: Place) -> Transition:
    """When a step ends and where it leads."""
    transition = Transition(
        int(step.get("polls")) if "polls" in step else None,
        step.child("for").read(span),
        _edges(step, place),
        bool(step.get("hold")),
    )
    ended_by = [key for key in ("polls", "for") if key in step]
    if place.inner and len(ended_by) == 2:
        step.report("an item's step counts `polls` or time, not both", "drop one of them", key="polls")
    if not transition.hold:
        _check_end(step, place, transition.edges, ended_by)
    elif ended_by:
        what = f"`hold` lasts until the task is moved manually, so `{ended_by[0]}` would never end it"
        step.report(what, "drop one of them", key=ended_by[0])
    return transition


def _check_end(step: Part, place: Place, edges: tuple[Edge, ...], ended_by: Sequence[str]) -> None:
    """Reports where what ends the step and where it leads do not make sense together."""
    manual = bool(edges) and not any(edge.weight for edge in edges)
    if not edges and ended_by and "next" not in step:
        what = f"the last step lasts for ever, so `{ended_by[0]}` ends nothing"
        step.report(what, "drop it, or say with `next` what follows", key=ended_by[0])
    elif manual and ended_by:
        what = f"all weights are 0, for manual moves only, so `{ended_by[0]}` would end the step nowhere"
        step.report(what, "give one of them a weight, or drop it", key=ended_by[0])
    elif edges and not ended_by and not manual:
        what = "says what follows but not when" if "next" in step else "never ends, and it is not the last"
        step.report(f'step "{place.name}" {what}', "add `polls` or `for` or `hold: true`")


def _edges(step: Part, place: Place) -> tuple[Edge, ...]:
    following = step.child("next")
    if following.value is None:
        ends = "state" in step and is_end(State(step.get("state"))) and not step.value.keys() & {"polls", "for"}
        last = place.k + 1 == len(place.names)
        return () if last or (ends and not step.get("hold")) else (Edge(place.k + 1),)
    if not isinstance(following.value, dict):
        edge = _edge(following, place, following.value, 1)
        return () if edge is None else (edge,)
    edges = [_edge(following, place, name, int(weight)) for name, weight in following.value.items()]
    return tuple(edge for edge in edges if edge is not None)


def _edge(following: Part, place: Place, name: str, weight: int) -> Edge | None:
    """The edge to a step, None where there can be none. `following` is a name, or names with weights."""
    key = name if isinstance(following.value, dict) else None
    if name not in place.names:
        following.report(f'there is no step "{name}"', partial(did_you_mean, name, place.names), key=key)
    elif place.inner and place.names[name] <= place.k:
        following.report(f'"{name}" is no later step', "an item's steps lead forward only", key=key)
    else:
        return Edge(place.names[name], weight)
    return None


def check_reach(steps: Part, made: Sequence[Placed]) -> None:
    """Reports every step that nothing leads to."""
    seen, ahead = {0}, [0]
    while ahead:
        for edge in made[ahead.pop()].edges:
            if edge.to not in seen:
                seen.add(edge.to)
                ahead.append(edge.to)
    for k, step in enumerate(made):
        if k not in seen:
            steps.child(k).report(f'nothing leads to step "{step.name}"', "drop it, or name it in a `next`")


def check_loops(steps: Part, names: Sequence[str], transitions: Iterable[Transition]) -> None:
    """Reports a circle of steps that time alone goes round: a poll after a long time would never reach its end."""
    timed = {
        k: [edge.to for edge in transition.edges if edge.weight]
        for k, transition in enumerate(transitions)
        if transition.lasts is not None and not transition.hold
    }
    try:
        TopologicalSorter(timed).prepare()
    except CycleError as error:
        circle = sorted(set(error.args[1]))
        steps.child(circle[0]).report(
            "time alone goes round for ever: " + ", ".join(f'"{names[k]}"' for k in circle),
            "give one of these steps `polls` in place of `for`, or `hold: true`",
        )
