"""What a task still has to notify, as a bundle carries it: without what is under way, for nobody makes it there."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from mock_server.emulator.notifications import BY_HAND
from mock_server.engine.outbox import outbox_of
from mock_server.engine.scenario import Scenario
from mock_server.engine.task import manual_text
from mock_server.errors import Problem
from mock_server.types import Json

MANUAL = 5
"""The place in a moment of what people had set."""


def outbox_json(text: str) -> Json:
    """The text of a record as a JSON value."""
    found = json.loads(outbox_of(text).idle().text() or "{}")
    for moment in found.get("moments", ()):
        if len(moment) > MANUAL:
            moment[MANUAL] = json.loads(moment[MANUAL])
    return found


def outbox_text(value: Mapping[str, Json]) -> str:
    """The text of a record, from the JSON value of the right shape."""
    moments = [
        [manual_text(each) if k == MANUAL else each for k, each in enumerate(moment)]
        for moment in value.get("moments", ())
    ]
    return outbox_of(json.dumps({**value, "moments": moments})).text()


class Place(NamedTuple):
    """Where an outbox stands in a bundle: its task, what that plays, and how many items it has."""

    where: str
    task: Json
    scenario: Scenario
    items: int


def judge(place: Place) -> Iterator[Problem]:
    """What is wrong with an outbox of the right shape."""
    where, task, scenario, _ = place
    box = task["outbox"]
    if not task["notify"]:
        yield Problem(where, "the task has no address to notify", "leave `outbox` out")
    moments = box.get("moments", ())
    for k, moment in enumerate(moments):
        if moment[2] >= len(scenario.steps):
            yield Problem(f"{where}.moments[{k}]", f"{scenario.name} has {len(scenario.steps)} steps, counted from 0")
    numbers: set[int] = set()
    known: set[tuple[int, int | None]] = set()
    for k, (number, sending, item, _, moment, _) in enumerate(box.get("owed", ())):
        here = f"{where}.owed[{k}]"
        if number in numbers or number >= box.get("made", 0):
            yield Problem(here, f"expected another number than all others, below `made` ({box.get('made', 0)})")
        numbers.add(number)
        if moment >= len(moments):
            yield Problem(here, f"there are {len(moments)} moments, counted from 0")
        yield from _which(place, here, (sending, item), known)
    for word, listed in box.get("done", {}).items():
        for k, (sending, item) in enumerate(listed):
            yield from _which(place, f"{where}.done.{word}[{k}]", (sending, item), known)
    asked = sum(row[1] is None for row in box.get("owed", ()))
    if asked > BY_HAND.value:
        yield Problem(f"{where}.owed", f"{asked} were asked for by people, and {BY_HAND.value} is the most")


def _which(
    place: Place, where: str, which: tuple[int | None, int | None], known: set[tuple[int, int | None]]
) -> Iterator[Problem]:
    """What is wrong with a notification: what it is about is not there, or stands there twice."""
    sending, item = which
    most = len(place.scenario.notify.send)
    if sending is not None and sending >= most:
        yield Problem(where, f"{place.scenario.name} sends {most} notifications, counted from 0")
    if item is not None and item >= place.items:
        yield Problem(where, f"the task has {place.items} items, counted from 0")
    if sending is not None and (sending, item) in known:
        yield Problem(where, "this notification stands here twice", "keep one of them")
    if sending is not None:
        known.add((sending, item))
