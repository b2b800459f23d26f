"""What a task that is played alone would send to its address, and that a task of a server owes the very same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from mock_server.control.refused import Refused
from mock_server.emulator.course import course_of
from mock_server.emulator.playback import Playback
from mock_server.emulator.sent import Sent
from mock_server.engine.outbox import outbox_of
from mock_server.engine.pace import PACE, paced
from mock_server.engine.scenario import Scenario
from mock_server.engine.task import Key
from mock_server.scenarios.library import library_of
from tests.support.emulators import World, renderer, scenario, shipped
from tests.support.shipped import NOTIFIES

ADDRESS = "http://127.0.0.1:9/n"
NOBODY_POLLS = 10**9
EACH = scenario(
    "vendors: [wangsu]\noptions: {wangsu: {separate: '1'}}\nitems: 2\n"
    "notify: {send: [{item: 0, after: 10s}, {item: 1}]}\n"
    "steps: [{state: waiting, polls: 1}, {state: processing, polls: 1}, {state: succeeded}]\n",
    "each",
)

# Milliseconds after the first of polls that are a second apart; the third sees the end, which began with the second.
BY_POLLS: Mapping[str, Sequence[int]] = {
    "happy-path": [1_000],
    "told-for-real": [1_000],
    "told-twice": [1_000, 3_000],
    "told-late": [301_000],
    "never-told": [],
    "told-early": [0],
    "told-out-of-order": [],
    "forged-notification": [1_000],
    "instant": [0],
    "fails-late": [2_000],
    "one-by-one": [40_000],
    "notify-failed": [],
    "never-ends": [],
    "outage": [],
}
# And after its birth, where nobody polls: at three seconds a poll.
BY_PACE: Mapping[str, Sequence[int]] = {
    "happy-path": [6_000],
    "told-twice": [6_000, 8_000],
    "told-early": [3_000],
    "instant": [0],
    "fails-late": [9_000],
    "one-by-one": [40_000],
    "slow": [39_000],
    "not-found-at-first": [9_000],
}


def sent(played: Scenario, vendor: str, every: int = 1_000) -> list[tuple[int, int | None]]:
    """The moments of the notifications of a task that is polled, and the items that they are about."""
    key = Key(vendor, f"{played.name}.1")
    playback = Playback(renderer(), paced(played, PACE), key, 0, 0, notify=ADDRESS)
    return [(each.at, each.item) for each in course_of([playback], every, 1_000).sent]


def owed(played: Scenario, vendor: str) -> list[tuple[int, int | None]]:
    """The moments of the notifications of a task of a server that nobody polls."""
    world = World(played)
    begin = world.virtual()
    world.do.tasks.create(vendor, played.name, "mine", notify=ADDRESS)
    world.advance(NOBODY_POLLS)
    world.poll("mine", vendor)
    box = outbox_of(world.task("mine", vendor).outbox)
    return sorted((each.due - begin, each.item) for each in box.owed)


@pytest.mark.parametrize("vendor", ["qiniu", "wangsu"])
@pytest.mark.parametrize("name", BY_POLLS)
def test_a_polled_task_sends_what_the_table_says(name: str, vendor: str) -> None:
    played = shipped(name)
    if vendor in played.vendors:
        assert sent(played, vendor) == [(at, None) for at in BY_POLLS[name]]


@pytest.mark.parametrize("name", BY_PACE)
def test_a_task_that_nobody_polls_sends_it_by_the_pace(name: str) -> None:
    assert owed(shipped(name), "wangsu") == [(at, None) for at in BY_PACE[name]]


def test_every_shipped_scenario_about_notifications_is_in_the_table() -> None:
    assert set(NOTIFIES) <= set(BY_POLLS)


def test_single_items_are_notified_of_as_the_scenario_says() -> None:
    assert sent(EACH, "wangsu") == [(1_000, 1), (11_000, 0)]
    assert owed(EACH, "wangsu") == [(6_000, 1), (16_000, 0)]


def test_a_vendor_that_notifies_nobody_sends_nothing() -> None:
    assert sent(shipped("happy-path"), "huawei") == []
    with pytest.raises(Refused, match="huawei notifies nobody"):
        owed(shipped("happy-path"), "huawei")


def test_vendors_that_send_at_the_same_moment_are_told_together() -> None:
    played = paced(shipped("happy-path"), PACE)
    playing = [
        Playback(renderer(), played, Key(vendor, "happy-path.1"), 0, 0, notify=ADDRESS)
        for vendor in ("qiniu", "huawei", "wangsu")
    ]
    assert course_of(playing, 1_000, 100).sent == (Sent(1_000, 0, None, ("qiniu", "wangsu")),)
    silent = [each._replace(notify="", scenario=shipped("happy-path")) for each in playing]
    assert course_of(silent, 1_000, 100).sent == ()


def test_a_task_keeps_the_notifications_of_the_version_that_it_was_born_with() -> None:
    steps = "steps: [{state: processing, polls: 1}, {state: succeeded}]\n"
    early, late = (scenario(f"{steps}notify: {{send: {send}}}\n", "kept") for send in ("[{}, {after: 1s}]", "[]"))
    world = World(early)
    begin = world.virtual()
    world.do.tasks.create("qiniu", "kept", "mine", notify=ADDRESS)
    world.library = library_of([late], earlier=world.library)
    world.do.tasks.create("qiniu", "kept", "another", notify=ADDRESS)
    world.advance(NOBODY_POLLS)
    for id, expected in (("mine", [3_000, 4_000]), ("another", [])):
        world.poll(id)
        assert [each.due - begin for each in outbox_of(world.task(id).outbox).owed] == expected


@pytest.mark.parametrize("polls", [0, 1, 2, 3])
def test_polls_that_come_first_bring_the_notification_forward(polls: int) -> None:
    world = World(shipped("happy-path"))
    begin = world.virtual()
    world.do.tasks.create("qiniu", "happy-path", "mine", notify=ADDRESS)
    for _ in range(polls):
        world.poll("mine")
        world.advance(500)
    world.advance(NOBODY_POLLS)
    world.poll("mine")
    (owed,) = outbox_of(world.task("mine").outbox).owed
    assert owed.due - begin == [6_000, 3_000, 500, 500][polls]
