"""Attempts: taken once, settled once, and gone with the task that owed them."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence

import pytest

from mock_server.control.task_view import Wanted
from mock_server.emulator.commit import wake_of
from mock_server.emulator.notifications import BY_HAND, Attempt, NotOwed, Result
from mock_server.engine.outbox import Outbox, outbox_of
from mock_server.engine.scenario import Adjust
from mock_server.engine.task import Key
from mock_server.vendors.notices import Outcome
from tests.support.emulators import World, adjusted, scenario, shipped

URL = "http://127.0.0.1:9/told?a=b"
KEY = Key("qiniu", "made-up.1")
TAKEN, BUSY, GONE, NOTHING = Result(200, "OK"), Result(503, "Busy"), Result(404, "No"), Result(0, why="no response")
REFUSED = Result(0, why="not allowed", refused=True)
STEPS = "steps: [{state: waiting, for: 10s}, {state: succeeded}]"


def world_of(text: str = STEPS, key: Key = KEY, room: int = 1_000) -> World:
    """A world under a clock that stands, with one task that has an address."""
    world = World(scenario(text), room=room)
    world.do.time.freeze()
    world.do.tasks.create(key.vendor, "made-up", key.id, notify=URL)
    return world


def taken(world: World, key: Key = KEY) -> Attempt:
    attempt = world.notifications.take(key)
    assert attempt is not None
    return attempt


def settled(world: World, result: Result, key: Key = KEY) -> Outcome | None:
    return world.notifications.settle(taken(world, key), result)


def box_of(world: World, key: Key = KEY) -> Outbox:
    return outbox_of(world.task(key.id, key.vendor).outbox)


def wakes(world: World) -> list[int]:
    """When each task wants to be woken, in milliseconds from now."""
    return [at - world.virtual() for at, _ in world.store.due(10**15)]


def test_nothing_is_taken_before_the_end_and_the_end_is_told_at_its_moment() -> None:
    world = world_of()
    assert world.notifications.take(KEY) is None
    assert wakes(world) == [10_000]
    world.advance(9_999)
    assert world.notifications.take(KEY) is None
    world.advance(1)
    attempt = taken(world)
    assert attempt[:5] == (KEY, 0, None, 1, URL)
    told = json.loads(attempt.post.body)
    assert (told["id"], told["code"]) == ("made-up.1", 0)
    assert attempt.post.key == "ak"


def test_what_is_taken_is_not_taken_again_until_it_is_settled() -> None:
    world = world_of()
    world.advance(10_000)
    attempt = taken(world)
    assert world.notifications.take(KEY) is None
    assert wakes(world) == []
    assert world.notifications.settle(attempt, BUSY) == "again"
    assert world.notifications.settle(attempt, TAKEN) is None
    assert wakes(world) == [1_000]


def test_the_schedule_of_a_vendor_runs_from_the_moment_at_which_each_failure_was_committed() -> None:
    world = world_of()
    world.advance(10_000)
    gaps, bodies, outcomes = [], set(), []
    while (attempt := world.notifications.take(KEY)) is not None:
        bodies.add(attempt.post.body)
        world.advance(7)
        outcomes.append(world.notifications.settle(attempt, NOTHING))
        gaps += wakes(world)
        world.advance(gaps[-1] if gaps else 0)
    assert gaps == [1_000 << k for k in range(13)]
    assert outcomes == ["again"] * 13 + ["failed"]
    assert len(bodies) == 1
    assert (box_of(world).owed, box_of(world).done) == ((), {(0, None): "failed"})


@pytest.mark.parametrize(
    ("results", "outcomes"),
    [
        ([BUSY, BUSY, TAKEN], ["again", "again", "delivered"]),
        ([GONE], ["failed"]),
        ([REFUSED], ["refused"]),
        ([Result(204, "No Content"), Result(302, "Found"), TAKEN], ["again", "again", "delivered"]),
    ],
)
def test_attempts_end_when_one_is_taken_or_none_may_follow(results: Sequence[Result], outcomes: list[str]) -> None:
    world = world_of()
    world.advance(10_000)
    found = []
    for result in results:
        found.append(settled(world, result))
        world.advance(sum(wakes(world)))
    assert found == outcomes
    assert world.notifications.take(KEY) is None
    assert world.store.is_ended(KEY)


def test_each_attempt_is_an_entry_of_the_journal_with_what_was_sent_and_what_came() -> None:
    world = world_of()
    world.advance(10_000)
    attempt = taken(world)
    world.notifications.settle(attempt, Result(503, "Busy", (("A", "b"),), b"later"))
    world.advance(1_000)
    settled(world, NOTHING)
    one, two = world.entries()
    assert (one.kind, one.poll, one.vendor, one.id, one.asked) == ("told", False, "qiniu", "made-up.1", 0)
    assert (one.request.method, one.request.target) == ("POST", URL)
    assert (one.request.headers, one.request.body) == (attempt.post.headers, attempt.post.body)
    assert one.response[:4] == (503, "Busy", (("A", "b"),), b"later")
    assert one.told is not None
    assert one.told == (0, None, 1, "ak", "again", one.virtual + 1_000, "right")
    assert (two.response.status, two.note) == (0, "no response")
    assert two.told is not None
    assert (two.told.attempt, two.told.next) == (2, two.virtual + 2_000)
    assert world.task().asked == 0


Undo = Callable[[World], object]


@pytest.mark.parametrize(
    "undo",
    [
        lambda world: world.do.reset.reset(["tasks"]),
        lambda world: world.do.tasks.drop(Wanted()),
        lambda world: (world.do.tasks.drop(Wanted()), world.do.tasks.create(*KEY[:1], "made-up", KEY.id, notify=URL)),
    ],
)
def test_what_became_of_an_attempt_of_a_task_that_is_gone_leaves_no_trace(undo: Undo) -> None:
    world = world_of()
    world.advance(10_000)
    attempt = taken(world)
    undo(world)
    before = (sorted(world.store.scan()), world.store.due(10**15), world.entries())
    assert world.notifications.settle(attempt, BUSY) is None
    assert (sorted(world.store.scan()), world.store.due(10**15), world.entries()) == before


def test_polls_hands_and_time_may_come_while_an_attempt_is_under_way() -> None:
    world = world_of()
    world.advance(10_000)
    attempt = taken(world)
    world.poll()
    world.do.tasks.goto(KEY, "waiting")
    world.do.tasks.shift(KEY, 3_000)
    world.advance(7_000)
    assert world.notifications.settle(attempt, BUSY) == "again"
    world.advance(1_000)
    again = taken(world)
    assert (again.number, again.post) == (2, attempt.post)
    assert world.notifications.settle(again, TAKEN) == "delivered"
    assert box_of(world).made == 1


def test_a_task_has_ended_only_when_it_owes_nothing() -> None:
    world = world_of(room=1)
    world.advance(10_000)
    world.poll()
    assert not world.store.is_ended(KEY)
    assert world.poll("made-up.2").status == 503
    settled(world, TAKEN)
    assert world.poll("made-up.2").status == 200


def test_a_task_keeps_what_the_version_it_was_born_with_says() -> None:
    world = world_of(f"{STEPS}\nnotify: {{send: [{{after: 1m}}]}}")
    world.library = world.library.__class__(
        {}, {**world.library.versions, **{each.version: each for each in (scenario(STEPS),)}}
    )
    world.advance(10_000)
    assert world.notifications.take(KEY) is None
    assert wakes(world) == [60_000]


def test_a_reset_clock_moves_what_is_owed_with_its_task() -> None:
    world = world_of()
    world.advance(10_000)
    first = taken(world)
    world.notifications.settle(first, BUSY)
    world.do.reset.reset(["clock"])
    world.do.time.freeze()
    assert wakes(world) == [1_000]
    world.advance(1_000)
    assert taken(world).post.body == first.post.body


def test_an_attempt_that_a_reset_of_the_clock_fell_into_is_settled_all_the_same() -> None:
    world = world_of()
    world.advance(10_000)
    attempt = taken(world)
    world.do.reset.reset(["clock"])
    world.do.time.freeze()
    assert world.notifications.settle(attempt, BUSY) == "again"
    assert wakes(world) == [1_000]


def test_each_item_is_told_by_itself_where_the_vendor_does_that() -> None:
    key = Key("wangsu", "made-up.1")
    world = world_of(
        "vendors: [wangsu]\noptions: {wangsu: {separate: '1'}}\n"
        "items: [{steps: [{state: processing, for: 2s}, {state: failed}]}, "
        "{steps: [{state: processing, for: 1s}, {state: succeeded}]}]",
        key,
    )
    world.advance(60_000)
    items = []
    while (attempt := world.notifications.take(key)) is not None:
        items.append((attempt.notice, attempt.item))
        world.notifications.settle(attempt, TAKEN)
    assert items == [(0, 1), (1, 0)]


def test_a_loaded_task_is_woken_no_later_than_what_it_owes_whatever_its_items_did_since() -> None:
    world = World(shipped("one-by-one"))
    world.do.time.freeze()
    key = Key("qiniu", "one-by-one.1")
    world.do.tasks.create(key.vendor, "one-by-one", key.id, notify=URL)
    asked = world.notifications.owe(key).due
    for by in (0, 1_000, 60_000):
        world.advance(by)
        assert wake_of(world.library, key, world.task(key.id), world.virtual()) == asked
    settled(world, TAKEN, key)
    task = world.task(key.id)
    assert wake_of(world.library, key, task, world.virtual()) == world.store.next_due()


def test_what_a_person_asks_for_is_told_at_once_in_any_step_again_and_again() -> None:
    world = world_of()
    assert world.notifications.owe(KEY).number == 0
    attempt = taken(world)
    assert json.loads(attempt.post.body)["code"] == 1
    world.notifications.settle(attempt, TAKEN)
    world.notifications.owe(KEY)
    assert settled(world, REFUSED) == "refused"
    world.advance(10_000)
    assert taken(world).notice == 2


@pytest.mark.parametrize(
    ("text", "notify", "why"),
    [
        (STEPS, "", "no address"),
        ("steps: [{error: 599, for: 1s}, {state: succeeded}]", URL, "shows an error"),
        (f"expires: 1s\n{STEPS}", URL, "shows an error"),
    ],
)
def test_what_cannot_be_told_is_not_owed(text: str, notify: str, why: str) -> None:
    world = World(scenario(text))
    world.do.tasks.create(*KEY[:1], "made-up", KEY.id, notify=notify)
    world.advance(2_000 if "expires" in text else 0)
    with pytest.raises(NotOwed, match=why) as refused:
        world.notifications.owe(KEY)
    assert not refused.value.missing


def test_a_task_that_is_not_there_owes_nothing() -> None:
    world = World(scenario(STEPS))
    with pytest.raises(NotOwed, match="no qiniu task") as refused:
        world.notifications.owe(KEY)
    assert refused.value.missing
    assert world.notifications.take(KEY) is None
    world.poll()
    assert world.notifications.take(KEY) is None


def test_no_more_are_owed_at_once_than_a_person_may_ask_for() -> None:
    world = world_of()
    for _ in range(BY_HAND.value):
        world.notifications.owe(KEY)
    with pytest.raises(NotOwed, match="owes 100 notifications already"):
        world.notifications.owe(KEY)
    settled(world, TAKEN)
    world.notifications.owe(KEY)


def test_a_body_that_breaks_its_contract_is_not_sent_and_said_loudly(caplog: pytest.LogCaptureFixture) -> None:
    bad = adjusted(scenario(STEPS), Adjust(put={"qiniu": ((("code",), "none"),)}), step=1)
    world = World(bad)
    world.do.tasks.create(*KEY[:1], "made-up", KEY.id, notify=URL)
    world.advance(10_000)
    with caplog.at_level(logging.ERROR):
        assert world.notifications.take(KEY) is None
    assert "broken notification of qiniu made-up.1" in caplog.text
    assert box_of(world).done == {(0, None): "failed"}
    entry = world.last()
    assert entry.verdict == "broken"
    assert entry.told is not None
    assert entry.told.outcome == "failed"


def test_a_body_that_breaks_its_contract_on_purpose_is_sent() -> None:
    bad = adjusted(scenario(STEPS), Adjust(put={"qiniu": ((("code",), "none"),)}, off_contract=True), step=1)
    world = World(bad)
    world.do.tasks.create(*KEY[:1], "made-up", KEY.id, notify=URL)
    world.advance(10_000)
    assert json.loads(taken(world).post.body)["code"] == "none"


def test_the_first_attempt_whose_name_does_not_resolve_is_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    world = world_of()
    world.advance(10_000)
    with caplog.at_level(logging.INFO, "mock_server.access"):
        for _ in range(2):
            assert settled(world, Result(0, why="orders does not resolve: no", unresolved=True)) == "again"
            world.advance(sum(wakes(world)))
        assert settled(world, NOTHING) == "again"
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO", "INFO"]
