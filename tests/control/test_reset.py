"""Reset: what a fresh server has, as a whole and scope by scope."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from mock_server.api.words import SCOPES
from mock_server.control import bundle
from mock_server.control.armed import Aim
from mock_server.control.refused import Kind, Refused
from mock_server.engine.scenario import Effect
from mock_server.engine.task import Key
from mock_server.faults.armed import Armed
from mock_server.http.message import Response, request_of
from tests.support.controls import Bench, bench

IDS = ("happy-path.1", "flaky.1", "throttled.1", "realistic.1", "one-by-one.1", "uploaded.1", "nothing.1")
FROM_START = (Armed(7, Effect(error=599), "qiniu", "happy-path.*", times=2), Armed(8, Effect(error=500), id="x"))
PARTS: Mapping[str, tuple[str, ...]] = {
    "tasks": ("tasks", "ended", "dropped", "unmatched", "made", "submits"),
    "faults": ("armed",),
    "journal": ("entries", "moves"),
    "clock": ("clock",),
    "scenarios": ("scenarios",),
    "coverage": (),
    "rules": ("rules",),
}


def fresh() -> Bench:
    return bench(armed=FROM_START, speed=2.0, max_tasks=12, seed=7)


def dirty() -> Bench:
    """A server on which everything there is has been touched."""
    world = fresh()
    do = world.do
    do.scenarios.upload("uploaded", "about: Mine.\nsteps: [{state: waiting, for: 1h}, {state: succeeded}]\n")
    do.scenarios.upload("happy-path", "about: Mine.\nsteps: [{state: failed}]\n")
    do.tasks.create("qiniu", "slow")
    world.server.emulator.answer(request_of("POST", "/pfop", (), b"bucket=b&key=slow&fops=a"))
    for vendor in ("qiniu", "huawei", "wangsu"):
        for id in IDS:
            world.poll(id, vendor)
        world.now.ms += 137
    do.faults.arm(Effect(error=500), Aim(lasts=3_600_000))
    do.rules.add("slow", "huawei")
    do.time.advance(600_000)
    do.time.at_speed(3)
    do.time.freeze()
    do.tasks.goto(Key("qiniu", "realistic.1"), "succeeded")
    world.polls(3, "uploaded.1")
    return world


def beside(world: Bench) -> Bench:
    """A fresh server whose machine shows the same time."""
    other = fresh()
    other.now.ms = world.now.ms
    other.do.reset.reset(["clock"])
    return other


def next_responses(world: Bench) -> list[Response]:
    """What the next polls of every vendor get, with time between them; first those of a task created without an id."""
    responses = [world.poll(world.do.tasks.create("qiniu", "slow").id)]
    for _ in range(4):
        responses += [world.poll(id, vendor) for vendor in ("qiniu", "huawei", "wangsu") for id in IDS]
        world.now.ms += 2_100
    return responses


def test_the_dirt_is_everywhere() -> None:
    world, other = dirty(), fresh()
    clean, dirt = other.dump(), world.dump()
    assert {part for part in clean if clean[part] == dirt[part]} == {"format", "version", "settings", "actions"}
    assert all(dirt["counters"][name] for name in ("exchanges", "polls", "by_status", "seen", "crossed"))


def test_after_a_reset_everything_is_as_on_a_fresh_server() -> None:
    world = dirty()
    other = beside(world)
    world.do.reset.reset()
    assert world.dump() == other.dump()
    assert next_responses(world) == next_responses(other)
    assert world.dump() == other.dump()


@pytest.mark.parametrize("scope", SCOPES)
def test_a_scope_is_reset_alone(scope: str) -> None:
    world = dirty()
    before, other = world.dump(), beside(world).dump()
    world.do.reset.reset([scope])
    after = world.dump()
    for part in PARTS[scope]:
        assert part == "scenarios" or after[part] == other[part]
    untouched = after.keys() - PARTS[scope] - {"counters", "tasks", "armed", "scenarios"}
    assert {part: after[part] for part in untouched} == {part: before[part] for part in untouched}
    assert counters_of(after) == expected_counters(scope, before)


def counters_of(dump: Mapping[str, Any]) -> dict[str, Any]:
    return dict(dump["counters"])


def expected_counters(scope: str, before: Mapping[str, Any]) -> dict[str, Any]:
    counters, zero = counters_of(before), counters_of(fresh().dump())
    gone = {"journal": counters.keys() - {"seen", "crossed"}, "coverage": {"seen", "crossed"}}.get(scope, set())
    return {name: zero[name] if name in gone else value for name, value in counters.items()}


@pytest.mark.parametrize("scope", ["faults", "journal", "scenarios", "coverage", "rules"])
def test_a_scope_that_is_not_the_tasks_leaves_them_as_they_are(scope: str) -> None:
    world = dirty()
    before = world.dump()["tasks"]
    world.do.reset.reset([scope])
    assert world.dump()["tasks"] == before


def test_the_clock_goes_back_together_with_all_tasks() -> None:
    world = dirty()
    back = world.do.time.read().now - world.now.ms
    before = {(view.vendor, view.id): view for view in world.do.tasks.list()}
    until = world.do.faults.list()[-1].until
    world.do.reset.reset(["clock"])
    assert world.do.time.read() == (world.now.ms, world.now.ms, 2.0, False)
    for view in world.do.tasks.list():
        then = before[view.vendor, view.id]
        due = None if then.due is None else then.due - back
        moves = then.moves._replace(due=then.moves.due and due)
        assert view == then._replace(born=then.born - back, since=then.since - back, due=due, moves=moves)
    assert until is not None
    assert world.do.faults.list()[-1].until == until - back


def test_a_rate_is_as_full_as_it_was_when_the_clock_went_back() -> None:
    throttled = "steps: [{state: processing, hold: true}]\nfaults: [{when: {rate: 3/s}, error: 429}]"
    worlds = [bench(throttled), bench(throttled)]
    for world in worlds:
        world.do.time.advance(50_000)
        world.polls(3, gap=10)
    worlds[1].do.reset.reset(["clock"])
    assert [r.status for r in worlds[0].polls(9, gap=100)] == [r.status for r in worlds[1].polls(9, gap=100)]


def test_uploads_go_and_what_they_hid_is_in_force_again() -> None:
    world = dirty()
    world.do.faults.disarm()
    world.do.reset.reset(["scenarios"])
    library = world.do.scenarios.library().scenarios
    assert "uploaded" not in library
    assert library["happy-path"].source.endswith("happy-path.yaml")
    assert world.poll("uploaded.1").status == 200  # it runs on


def test_an_id_that_had_to_go_is_free_after_a_reset_of_the_tasks() -> None:
    world = bench("[{state: succeeded}]", max_tasks=1)
    world.poll("made-up.1")
    world.poll("made-up.2")
    assert world.poll("made-up.1").status == 404
    world.do.reset.reset(["tasks"])
    assert world.poll("made-up.1").status == 200


def test_an_unknown_scope_is_refused_and_nothing_is_reset() -> None:
    world = dirty()
    before = world.dump()
    with pytest.raises(Refused, match='did you mean "tasks"') as caught:
        world.do.reset.reset(["journal", "task"])
    assert caught.value.kind is Kind.INVALID
    assert world.dump() == before


def test_a_clock_reset_again_and_again_writes_no_record_and_shows_the_tasks_as_old_as_they_were() -> None:
    world = bench("[{state: waiting, for: 1h}, {state: succeeded}]")
    world.poll()
    key = Key("qiniu", "made-up.1")
    for reset in range(1, 4):
        record = world.server.store.read(key)
        world.do.time.advance(600_000)
        born = world.do.tasks.read(key).born
        world.do.reset.reset(["clock"])
        assert world.do.tasks.read(key).born == born - 600_000
        assert world.do.time.read().now == world.now.ms
        if reset == 1:
            assert world.server.store.read(key) is record
    assert world.server.store.control().offset == 1_800_000
    world.do.time.advance(1_800_000 - 1)
    assert json.loads(world.poll().body)["code"] == 1
    world.do.time.advance(1)
    assert json.loads(world.poll().body)["code"] == 0


def test_after_a_reset_of_the_clock_a_task_can_be_moved_shifted_and_taken_elsewhere() -> None:
    world = bench(
        "[{state: waiting, hold: true, next: done}, {state: processing, name: done, for: 1h}, {state: failed}]"
    )
    world.poll()
    key = Key("qiniu", "made-up.1")
    world.do.time.advance(600_000)
    world.do.reset.reset(["clock"])
    moved = world.do.tasks.next(key)
    assert (moved.since, moved.due) == (world.now.ms, world.now.ms + 3_600_000)
    assert world.do.tasks.shift(key, 60_000).due == world.now.ms + 3_540_000
    assert world.do.tasks.read(key).due == world.now.ms + 3_540_000
    other = bench()
    bundle.load(other.server, world.dump())
    assert other.server.store.control().offset == 0
    assert other.do.tasks.read(key) == world.do.tasks.read(key)
    assert other.dump() == world.dump()
