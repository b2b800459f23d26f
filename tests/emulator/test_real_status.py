"""`status: real`: what became of the notifications, laid over the end that the script shows, cell by cell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from mock_server.emulator.notifications import Result
from mock_server.engine.task import Key
from tests.support.emulators import World, body, scenario

URL = "http://127.0.0.1:9/told"
TAKEN, BUSY, REFUSED = Result(200), Result(503), Result(0, why="not allowed", refused=True)
REAL = "notify: {status: real, send: [{retries: true}]}\n"
WHOLE = "steps: [{state: processing, for: 10s}, {state: %s, items: [succeeded, failed]}]\nitems: 2\n"
BY_ITEMS = (
    "items: [{steps: [{state: processing, for: 10s}, {state: succeeded}]}, "
    "{steps: [{state: processing, for: 20s}, {state: failed}]}]\n"
)
SEPARATE = "options: {wangsu: {separate: '1'}}\n"
OUTCOMES = {
    "owed": [],
    "trying": [BUSY],
    "delivered": [BUSY, TAKEN],
    "failed": [BUSY] * 20,
    "refused": [REFUSED],
}


def world_of(vendor: str, text: str, *, url: str = URL, real: bool = True) -> World:
    """A world under a clock that stands, with one task that has an address."""
    world = World(scenario(f"vendors: [{vendor}]\n" + (REAL if real else "") + text))
    world.do.time.freeze()
    world.do.tasks.create(vendor, "made-up", "made-up.1", notify=url)
    return world


def play(world: World, vendor: str, results: Sequence[Result]) -> None:
    """Lets these be the results of the attempts, as long as there are some."""
    key = Key(vendor, "made-up.1")
    for result in results:
        attempt = world.notifications.take(key)
        if attempt is None:
            return
        world.notifications.settle(attempt, result)
        due = world.store.next_due()
        world.advance(0 if due is None else due - world.virtual())


def codes(world: World, vendor: str) -> tuple[int, list[int]]:
    """What a poll shows of the whole and of the items."""
    found: Any = body(world.poll("made-up.1", vendor))
    return int(found["code"]), [int(item["code"]) for item in found["items"]]


@pytest.mark.parametrize(
    ("outcome", "code"), [("owed", 0), ("trying", 4), ("delivered", 0), ("failed", 4), ("refused", 0)]
)
def test_a_job_of_qiniu_shows_4_while_its_notification_is_not_taken(outcome: str, code: int) -> None:
    world = world_of("qiniu", WHOLE % "succeeded")
    assert codes(world, "qiniu")[0] == 2
    world.advance(10_000)
    play(world, "qiniu", OUTCOMES[outcome])
    assert codes(world, "qiniu") == (code, [0, 3])


@pytest.mark.parametrize("state", ["succeeded", "failed"])
@pytest.mark.parametrize(
    ("outcome", "whole", "items"),
    [
        ("owed", 4, [4, 18]),
        ("trying", 4, [4, 18]),
        ("delivered", 6, [6, 20]),
        ("failed", 5, [5, 19]),
        ("refused", 3, [3, 2]),
    ],
)
def test_a_task_of_wangsu_shows_the_words_of_its_notification(
    outcome: str, whole: int, items: list[int], state: str
) -> None:
    world = world_of("wangsu", WHOLE % state)
    before = codes(world, "wangsu")
    world.advance(10_000)
    play(world, "wangsu", OUTCOMES[outcome])
    assert codes(world, "wangsu") == (whole, items)
    world.do.tasks.goto(Key("wangsu", "made-up.1"), "processing")
    assert codes(world, "wangsu") == before


@pytest.mark.parametrize(
    ("first", "second", "whole", "items"),
    [
        ("owed", "owed", 4, [4, 18]),
        ("delivered", "owed", 4, [6, 18]),
        ("delivered", "delivered", 6, [6, 20]),
        ("delivered", "failed", 5, [6, 19]),
        ("failed", "delivered", 5, [5, 20]),
        ("refused", "delivered", 6, [3, 20]),
        ("refused", "refused", 3, [3, 2]),
    ],
)
def test_with_separate_each_item_has_its_own_outcome(first: str, second: str, whole: int, items: list[int]) -> None:
    world = world_of("wangsu", SEPARATE + BY_ITEMS)
    world.advance(10_000)
    if first == "owed":
        assert codes(world, "wangsu") == (1, [4, 1])
        world.advance(10_000)
        assert codes(world, "wangsu") == (whole, items)
        return
    waits = OUTCOMES[first], OUTCOMES[second]
    results = {item: list(found) for item, found in enumerate(waits)}
    while any(results.values()) and (due := world.store.next_due()) is not None:
        world.advance(max(0, due - world.virtual()))
        attempt = world.notifications.take(Key("wangsu", "made-up.1"))
        if attempt is not None and not results[attempt.item or 0]:
            break
        if attempt is not None:
            world.notifications.settle(attempt, results[attempt.item or 0].pop(0))
    world.advance(10_000)
    assert codes(world, "wangsu") == (whole, items)


@pytest.mark.parametrize("vendor", ["qiniu", "wangsu"])
def test_by_default_and_without_an_address_no_poll_depends_on_the_receiver(vendor: str) -> None:
    seen = []
    for results, url, real in (([], URL, False), ([TAKEN], URL, False), ([BUSY] * 20, URL, False), ([], "", True)):
        world = world_of(vendor, WHOLE % "succeeded", url=url, real=real)
        bodies = [world.poll("made-up.1", vendor).body]
        world.advance(10_000)
        for _ in range(20):
            play(world, vendor, results[:1])
            bodies.append(world.poll("made-up.1", vendor).body)
        seen.append((bodies, [entry.state for entry in world.entries() if entry.poll]))
    assert all(each == seen[0] for each in seen)


def test_what_is_shown_is_what_everybody_is_told() -> None:
    world = world_of("wangsu", WHOLE % "succeeded")
    world.advance(10_000)
    shown = []
    for result in (TAKEN, TAKEN):
        world.poll("made-up.1", "wangsu")
        view = world.do.tasks.read(Key("wangsu", "made-up.1"))
        shown.append((world.last().state, world.last().step, view.state))
        play(world, "wangsu", [result])
    assert shown == [("notifying", "succeeded", "notifying"), ("notified", "succeeded", "notified")]


def test_a_peek_and_the_polls_ahead_show_it_too() -> None:
    world = world_of("wangsu", WHOLE % "succeeded")
    world.advance(10_000)
    play(world, "wangsu", [TAKEN])
    assert world.poll("made-up.1", "wangsu", "HEAD").header("Content-Length") == str(
        len(world.poll("made-up.1", "wangsu").body)
    )
