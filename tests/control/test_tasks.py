"""Tasks in a hand: created, looked at, moved one by one, dropped."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest

from mock_server.control.refused import Kind, Refused
from mock_server.control.task_view import TaskView, Wanted
from mock_server.engine.task import Key
from tests.support.controls import Bench, bench

ONE = Key("qiniu", "made-up.1")
LADDER = "[{state: waiting, hold: true, next: processing}, {state: processing, polls: 2}, {state: succeeded}]"
FORK = "[{state: processing, for: 60s, next: {failed: 1, succeeded: 0}}, {state: failed}, {state: succeeded}]"
TIMED = "[{state: waiting, for: 10s}, {state: processing, for: 20s}, {state: succeeded}]"


def refused(wish: Callable[[], object]) -> Refused:
    with pytest.raises(Refused) as caught:
        wish()
    return caught.value


def code(world: Bench, id: str = "made-up.1") -> int:
    return int(json.loads(world.poll(id).body)["code"])


def test_next_moves_a_held_task_along_its_only_way() -> None:
    world = bench(LADDER)
    assert code(world) == 1
    assert world.do.tasks.next(ONE).step == "processing"
    assert [code(world) for _ in range(3)] == [2, 2, 0]


def test_where_several_ways_are_open_next_names_them_and_moves_nothing() -> None:
    world = bench(FORK)
    world.poll()
    before = world.dump()["tasks"]
    error = refused(lambda: world.do.tasks.next(ONE))
    assert error.kind is Kind.CONFLICT
    assert "failed, succeeded" in str(error)
    assert world.dump()["tasks"] == before
    assert world.do.tasks.next(ONE, "succeeded").step == "succeeded"


@pytest.mark.parametrize(("to", "said"), [(None, "no way leads out"), ("failed", "no way leads out")])
def test_an_end_has_no_next(to: str | None, said: str) -> None:
    world = bench("[{state: succeeded}]")
    world.poll()
    assert said in str(refused(lambda: world.do.tasks.next(ONE, to)))


def test_next_along_no_way_suggests_the_one_that_was_meant() -> None:
    world = bench(FORK)
    world.poll()
    assert 'did you mean "succeeded"' in str(refused(lambda: world.do.tasks.next(ONE, "succeded")))


def test_goto_takes_any_step_even_back() -> None:
    world = bench(LADDER)
    world.poll()
    assert world.do.tasks.goto(ONE, "succeeded").ended
    assert world.do.tasks.goto(ONE, "waiting").ways == ("processing",)
    assert code(world) == 1


def test_goto_an_unknown_step_is_refused_with_the_nearest() -> None:
    world = bench(LADDER)
    world.poll()
    error = refused(lambda: world.do.tasks.goto(ONE, "proccessing"))
    assert error.kind is Kind.INVALID
    assert 'did you mean "processing"' in str(error)


@pytest.mark.parametrize("pieces", [(30_000,), (10_000, 20_000), (1, 29_999), (9_999, 1, 19_999, 1)])
def test_shift_may_be_split_as_one_likes(pieces: tuple[int, ...]) -> None:
    world = bench(TIMED)
    world.poll()
    views = [world.do.tasks.shift(ONE, piece) for piece in pieces]
    assert views[-1].step == "succeeded"
    assert views[-1].since == world.now.ms
    assert views[-1].born == world.now.ms - 30_000


def test_a_hand_touches_no_other_task() -> None:
    world = bench(TIMED)
    world.poll()
    world.poll("made-up.2")
    other = world.do.tasks.read(Key("qiniu", "made-up.2"))
    world.do.tasks.shift(ONE, 60_000)
    world.do.tasks.goto(ONE, "waiting")
    assert world.do.tasks.read(Key("qiniu", "made-up.2")) == other


@pytest.mark.parametrize(
    "move",
    [
        lambda world: world.do.tasks.read(ONE),
        lambda world: world.do.tasks.next(ONE),
        lambda world: world.do.tasks.goto(ONE, "waiting"),
        lambda world: world.do.tasks.shift(ONE, 1),
    ],
)
def test_a_task_that_is_not_there_is_not_found(move: Callable[[Bench], TaskView]) -> None:
    assert refused(lambda: move(bench(LADDER))).kind is Kind.NOT_FOUND


@pytest.mark.parametrize(
    ("vendor", "form"),
    [("qiniu", r"z0\.[0-9a-f]{24}"), ("huawei", "[0-9a-f]{32}"), ("wangsu", "[0-9a-f]{36}")],
)
def test_a_task_without_an_id_gets_one_in_the_vendors_form(vendor: str, form: str) -> None:
    worlds = [bench(LADDER), bench(LADDER)]
    ids = [[world.do.tasks.create(vendor, "made-up").id for _ in range(3)] for world in worlds]
    assert ids[0] == ids[1]
    assert len(set(ids[0])) == 3
    assert all(re.fullmatch(form, id) for id in ids[0])
    assert worlds[0].poll(ids[0][0], vendor).status == 200


def test_a_created_task_plays_its_scenario_whatever_its_id_claims() -> None:
    world = bench(LADDER, "[{state: failed}]")
    world.do.tasks.create("qiniu", "made-up-2", "made-up.1")
    assert code(world) == 3


def test_a_created_task_has_the_items_it_was_given() -> None:
    world = bench(LADDER)
    world.do.tasks.create("qiniu", "made-up", "job", items=[{"cmd": "avthumb/mp4"}, {"cmd": "vframe/jpg"}])
    assert [item["cmd"] for item in json.loads(world.poll("job").body)["items"]] == ["avthumb/mp4", "vframe/jpg"]


def test_submitted_items_do_not_win_over_a_scenarios_own() -> None:
    world = bench("vendors: [qiniu]\nitems: [{cmd: avthumb/flac}, {}]\nsteps: [{state: succeeded}]")
    world.do.tasks.create("qiniu", "made-up", "job", items=[{"cmd": "vframe/jpg"}])
    found = json.loads(world.poll("job").body)["items"]
    assert [item["cmd"] == "avthumb/flac" for item in found] == [True, False]
    assert "vframe/jpg" not in [item["cmd"] for item in found]


@pytest.mark.parametrize("held", [True, False])
def test_a_task_created_again_at_the_same_time_with_other_items_shows_the_new_ones(held: bool) -> None:
    world = bench(LADDER if held else "[{state: succeeded}]")
    world.do.time.freeze()

    def created(*commands: str) -> list[str]:
        world.do.tasks.create("qiniu", "made-up", "job", items=[{"cmd": command} for command in commands])
        return [item["cmd"] for item in json.loads(world.poll("job").body)["items"]]

    assert created("avthumb/mp4") == ["avthumb/mp4"]
    world.do.tasks.drop(Wanted(id="job"))
    assert created("vframe/jpg") == ["vframe/jpg"]
    world.do.tasks.drop(Wanted(id="job"))
    assert created("avthumb/mp4", "vframe/jpg") == ["avthumb/mp4", "vframe/jpg"]


@pytest.mark.parametrize(
    ("move", "edges", "entered", "leaps"),
    [
        (lambda world: world.do.tasks.goto(ONE, "waiting"), [1, 1, 0], [2, 1, 1, 0], 1),
        (lambda world: world.do.tasks.next(ONE), [1, 1, 1], [1, 1, 1, 1], 0),
    ],
    ids=["goto", "next"],
)
def test_a_manual_move_counts_every_step_that_time_crossed_before_it(
    move: Callable[[Bench], TaskView], edges: list[int], entered: list[int], leaps: int
) -> None:
    world = bench(
        "[{state: waiting, for: 10s}, {state: processing, for: 20s}, {name: again, state: processing, for: 30s},"
        " {state: succeeded}]"
    )
    world.poll()
    world.now.ms += 35_000
    move(world)
    (covered,) = world.do.coverage().scenarios
    assert [edge.crossed for edge in covered.edges] == edges
    assert [step.entered for step in covered.steps] == entered
    assert covered.leaps == leaps


def test_an_id_that_is_taken_is_a_conflict_and_the_task_stays() -> None:
    world = bench(LADDER)
    world.poll()
    before = world.dump()["tasks"]
    assert refused(lambda: world.do.tasks.create("qiniu", "made-up", "made-up.1")).kind is Kind.CONFLICT
    assert world.dump()["tasks"] == before


@pytest.mark.parametrize(
    ("vendor", "scenario", "said"),
    [
        ("quiniu", "made-up", 'did you mean "qiniu"'),
        ("qiniu", "made-upp", 'did you mean "made-up"'),
        ("huawei", "made-up-2", "only qiniu"),
    ],
)
def test_what_cannot_be_created_is_refused_with_what_could(vendor: str, scenario: str, said: str) -> None:
    world = bench(LADDER, "vendors: [qiniu]\nsteps: [{state: succeeded}]")
    error = refused(lambda: world.do.tasks.create(vendor, scenario))
    assert error.kind is Kind.INVALID
    assert said in str(error)
    assert world.dump()["tasks"] == []


def test_a_full_server_refuses_to_create() -> None:
    world = bench(LADDER, max_tasks=1)
    world.poll()
    assert refused(lambda: world.do.tasks.create("qiniu", "made-up")).kind is Kind.FULL


def test_a_task_that_time_ended_unseen_makes_room_for_one_that_is_created() -> None:
    world = bench(TIMED, max_tasks=1)
    world.poll()
    world.now.ms += 10**6
    assert world.do.tasks.create("qiniu", "made-up", "made-up.2").id == "made-up.2"


def test_a_dropped_task_is_born_anew_at_its_next_poll() -> None:
    world = bench(LADDER)
    world.poll()
    world.do.tasks.next(ONE)
    assert world.do.tasks.drop(Wanted(id="made-up.*")) == 1
    assert world.do.tasks.list() == ()
    assert code(world) == 1


def test_tasks_are_listed_by_vendor_id_scenario_and_state() -> None:
    world = bench(LADDER, "[{state: succeeded}]")
    for id in ("made-up.1", "made-up.2", "made-up-2.1"):
        world.poll(id)
    world.poll("made-up.1", "wangsu")

    def ids(**wanted: str) -> list[str]:
        return [view.id for view in world.do.tasks.list(Wanted(**wanted))]

    assert ids(vendor="wangsu") == ["made-up.1"]
    assert ids(vendor="qiniu", id="made-up.*") == ["made-up.1", "made-up.2"]
    assert ids(scenario="made-up-2") == ids(state="succeeded") == ["made-up-2.1"]
    assert len(world.do.tasks.list(most=2)) == 2


def test_looking_at_tasks_moves_nothing() -> None:
    world = bench(TIMED)
    world.poll()
    world.now.ms += 15_000
    before = world.dump()
    assert [view.step for view in world.do.tasks.list()] == ["processing"]
    assert world.do.tasks.read(ONE).due == world.now.ms + 15_000
    assert world.dump() == before


def test_the_state_of_a_task_whose_items_walk_follows_from_them() -> None:
    world = bench("items: [{steps: [{state: processing, polls: 1}, {state: failed}]}]\n# steps")
    assert world.do.tasks.create("qiniu", "made-up", "made-up.1").state == "processing"
    world.poll()
    assert world.do.tasks.read(ONE).state == "failed"
