"""One task whole: its way with who made it, its history, what is to come; and an id that nobody polled yet."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_server.control.armed import Aim
from mock_server.control.refused import Kind, Refused
from mock_server.control.task_view import Wanted
from mock_server.control.whole import Looking, Whole
from mock_server.engine.cursor import BIRTH
from mock_server.engine.scenario import Effect
from mock_server.engine.task import Key
from mock_server.http.message import request_of
from tests.support.controls import Bench, bench

ONE = Key("qiniu", "made-up.1")
STORY = "[{state: waiting, polls: 2}, {state: processing, for: 10s}, {state: succeeded}]"


def whole(world: Bench, **looking: int) -> Whole:
    return world.do.wholes.read(ONE, Looking(**looking))


def way(world: Bench) -> list[tuple[int, int, str]]:
    return [(each.crossing.origin, each.crossing.to, each.by) for each in whole(world).way]


def test_the_way_tells_who_made_each_change_of_step() -> None:
    world = bench(STORY)
    world.polls(2)
    world.now.ms += 10_000
    world.poll()
    world.do.tasks.goto(ONE, "processing")
    world.do.time.advance(10_000)
    world.do.tasks.goto(ONE, "waiting")
    assert way(world) == [
        (BIRTH, 0, "birth"),
        (0, 1, "poll"),
        (1, 2, "time"),
        (2, 1, "hand"),
        (1, 2, "time"),
        (2, 0, "hand"),
    ]


def test_what_time_did_since_anybody_looked_is_on_the_way_too() -> None:
    world = bench(STORY)
    world.polls(2)
    world.now.ms += 10_000
    found = whole(world).way
    assert [each.by for each in found] == ["birth", "poll", "time"]
    assert found[2].crossing.at == found[1].crossing.at + 10_000


def test_the_way_of_an_earlier_task_of_the_same_id_is_not_its_own() -> None:
    world = bench(STORY)
    world.polls(2)
    world.do.tasks.goto(ONE, "waiting")
    world.do.tasks.drop(Wanted())
    world.polls(2)
    assert way(world) == [(BIRTH, 0, "birth"), (0, 1, "poll")]


ACTS = st.lists(
    st.sampled_from(
        [
            "poll",
            "peek",
            "wait",
            "advance",
            "next",
            "drop",
            "create",
            "shift",
            "goto waiting",
            "goto succeeded",
            "reset clock",
        ]
    ),
    max_size=14,
)


@given(ACTS)
@settings(deadline=None)
def test_as_long_as_nothing_is_lost_the_way_has_every_change_of_step(acts: list[str]) -> None:
    world = bench(STORY)
    for act in acts:
        there = world.server.ledger.read(ONE)
        if act == "poll":
            world.poll()
        elif act == "peek":
            world.poll(method="HEAD")
        elif act == "wait":
            world.now.ms += 6_000
        elif act == "advance":
            world.do.time.advance(6_000)
        elif act == "reset clock":
            world.do.reset.reset(["clock"])
        elif act == "shift" and there is not None:
            world.do.tasks.shift(ONE, 7_000)
        elif act == "create" and there is None:
            world.do.tasks.create("qiniu", "made-up", ONE.id)
        elif act == "drop":
            world.do.tasks.drop(Wanted())
        elif act.startswith("goto") and there is not None:
            world.do.tasks.goto(ONE, act.removeprefix("goto "))
        elif act == "next" and there is not None and there.step.edges:
            world.do.tasks.next(ONE)
    run = world.server.ledger.read(ONE)
    if run is None:
        return
    found = whole(world).way
    assert len(found) == run.cursor.hops + 1
    assert [each.crossing.origin for each in found[1:]] == [each.crossing.to for each in found[:-1]]
    assert found[-1].crossing.to == run.cursor.step
    assert [each.crossing.at for each in found] == sorted(each.crossing.at for each in found)


@pytest.mark.parametrize("undo", ["shift", "reset clock"])
def test_what_moves_a_task_moves_its_way(undo: str) -> None:
    world = bench(STORY)
    world.poll()
    world.now.ms += 3_000
    world.poll()
    world.now.ms += 12_000
    world.poll()
    world.do.time.advance(600_000)
    world.do.tasks.goto(ONE, "waiting")

    def ages() -> list[int]:
        found = whole(world)
        assert found.view is not None
        assert found.way[-1].crossing.at == found.view.since
        return [each.crossing.at - found.view.born for each in found.way]

    before = ages()
    assert before == [0, 3_000, 13_000, 615_000]
    if undo == "shift":
        world.do.tasks.shift(ONE, 60_000)
    else:
        world.do.reset.reset(["clock"])
    assert ages() == before


def test_the_history_is_newest_first_and_goes_on_before_a_number() -> None:
    world = bench(STORY)
    world.polls(5)
    world.poll("made-up.2")
    first = whole(world, limit=2)
    assert ([entry.number for entry in first.history], first.older) == ([5, 4], 4)
    rest = whole(world, limit=9, before=4)
    assert ([entry.number for entry in rest.history], rest.older) == ([3, 2, 1], None)


def test_the_next_poll_is_the_one_that_the_client_sends() -> None:
    world = bench("steps: [{state: processing, hold: true}]\nfaults: [{redirect: self}]")
    path = "/status/get/prefop?id=made-up.1&extra=1"
    world.server.emulator.answer(request_of("GET", path, (), b""))
    assert whole(world).ahead[0].response.header("Location") == path


def test_what_is_ahead_and_what_is_forecast_come_with_it() -> None:
    world = bench(STORY)
    world.poll()
    world.do.faults.arm(Effect(error=599), Aim(times=1))
    told = whole(world, ahead=3, every=5_000)
    assert [(each.step, each.faults) for each in told.ahead] == [
        ("waiting", ("599",)),
        ("processing", ()),
        ("succeeded", ()),
    ]
    assert told.forecast == ()
    world.poll()
    assert [(each.what, each.to) for each in whole(world).forecast] == [("step", "succeeded")]


def test_an_id_that_nobody_polled_names_what_claims_it() -> None:
    world = bench(STORY)
    told = whole(world)
    assert (told.view, told.claimed_by, told.way, told.history) == (None, "made-up", (), ())
    assert [each.step for each in told.ahead][:3] == ["waiting", "waiting", "processing"]
    assert world.server.ledger.read(ONE) is None
    world.poll()
    assert whole(world).claimed_by is None


@pytest.mark.parametrize(
    ("id", "said"),
    [("mad-up.1", "the nearest id that a scenario claims is 'made-up'"), ("q", "a task is born at its first poll")],
)
def test_an_id_that_nothing_claims_is_not_found(id: str, said: str) -> None:
    world = bench(STORY)
    with pytest.raises(Refused) as caught:
        world.do.wholes.read(Key("qiniu", id), Looking())
    assert caught.value.kind is Kind.NOT_FOUND
    assert said in str(caught.value)


def test_a_task_that_had_to_go_says_so() -> None:
    world = bench("[{state: succeeded}]", max_tasks=1)
    world.poll()
    world.poll("made-up.2")
    with pytest.raises(Refused, match="dropped to make room"):
        whole(world)
