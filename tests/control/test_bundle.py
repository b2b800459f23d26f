"""A run as one value: loaded into a fresh server, the next polls get what the first server would have said."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_server.control import bundle
from mock_server.control.armed import Aim
from mock_server.control.refused import Kind, Refused
from mock_server.control.task_view import Wanted
from mock_server.engine.scenario import Ahead, Daily, Effect, Lognormal, Span
from mock_server.engine.task import Key
from mock_server.http.message import Response, request_of
from mock_server.journal.journal import Entry
from mock_server.store.store import Change
from tests.support.controls import Bench, bench

VENDORS = ("qiniu", "huawei", "wangsu")
NAMES = ("flaky", "throttled", "realistic", "one-by-one", "expires", "partial-failure", "uploaded", "nothing")
UPLOAD = "about: Mine.\nsteps: [{{state: waiting, polls: {0}}}, {{state: processing, for: 1s..9s}}, {{state: failed}}]"

acts = st.one_of(
    st.tuples(st.just("poll"), st.sampled_from(VENDORS), st.sampled_from(NAMES), st.integers(1, 3)),
    st.tuples(st.just("wait"), st.integers(0, 20_000)),
    st.tuples(st.just("advance"), st.integers(0, 900_000)),
    st.tuples(st.just("arm"), st.sampled_from(["error", "delay", "late", "headers", "fault"]), st.integers(1, 5)),
    st.tuples(st.just("upload"), st.integers(1, 3)),
    st.tuples(st.just("freeze")),
    st.tuples(st.just("speed"), st.sampled_from([0.5, 20.0])),
    st.tuples(st.just("goto"), st.sampled_from(NAMES)),
)
EFFECTS = {
    "error": Effect(error=599),
    "delay": Effect(delay=Span(5, 50)),
    "late": Effect(delay=Lognormal(20, 300)),
    "headers": Effect(headers=(("Retry-After", "3"), ("X-Reqid", None))),
    "fault": Effect(fault="dribble", over=7),
    "page": Effect(fault="html", status=200, headers=(("Retry-After", Ahead(30_000)),)),
    "body": Effect(body="\ufeff[]", type="text/plain", length=-3),
    "redirect": Effect(redirect="self", status=307),
}


def perform(world: Bench, act: tuple[Any, ...]) -> None:
    """One thing that happens to a server."""
    match act:
        case "poll", vendor, name, times:
            for k in range(times):
                world.poll(f"{name}.{k}", vendor)
        case "wait", by:
            world.now.ms += by
        case "advance", by:
            world.do.time.advance(by)
        case "arm", what, times:
            world.do.faults.arm(EFFECTS[what], Aim(id="flaky*", times=times, lasts=times * 9_000))
        case "upload", polls:
            world.do.scenarios.upload("uploaded", UPLOAD.format(polls))
        case ("freeze",):
            world.do.time.freeze()
        case "speed", speed:
            world.do.time.at_speed(speed)
        case "goto", name:
            for view in world.do.tasks.list()[:2]:
                world.do.tasks.goto(Key(view.vendor, view.id), view.steps[-1])


def responses(world: Bench) -> list[Response]:
    """The next polls of everything, with time between them."""
    found = []
    for gap in (0, 700, 5_000, 60_000):
        world.now.ms += gap
        found += [world.poll(f"{name}.{k}", vendor) for name in NAMES for k in (0, 1) for vendor in VENDORS]
    return found


def copied(world: Bench, **settings: Any) -> Bench:
    """A fresh server, on another day, that went on from the bundle of a world, by way of JSON text."""
    other = bench(**settings)
    other.now.ms += 123_456_789
    bundle.load(other.server, json.loads(json.dumps(world.dump())))
    return other


@settings(max_examples=12)
@given(st.lists(acts, max_size=15), st.sampled_from([5, 1_000]))
def test_a_loaded_bundle_replays_the_same_responses_byte_for_byte(happened: list[tuple[Any, ...]], room: int) -> None:
    world = bench(max_tasks=room, seed=3)
    for act in happened:
        perform(world, act)
    other = copied(world, max_tasks=room, seed=3)
    assert other.dump() == world.dump()
    assert responses(other) == responses(world)


def test_a_bundle_keeps_the_speed_of_the_clock_and_the_ids_that_had_to_go() -> None:
    world = bench("[{state: succeeded}]", max_tasks=1)
    world.do.time.at_speed(20)
    world.polls(2)
    world.poll("made-up.2")
    other = copied(world, max_tasks=1)
    assert (other.do.time.read().speed, other.poll().status) == (20, 404)


def test_a_bundle_keeps_the_version_that_a_running_task_plays() -> None:
    world = bench()
    world.do.scenarios.upload("uploaded", UPLOAD.format(3))
    world.poll("uploaded.1")
    world.do.scenarios.remove("uploaded")
    other = copied(world)
    assert other.poll("uploaded.1") == world.poll("uploaded.1")
    assert other.poll("uploaded.2").status == 404


def test_a_bundle_keeps_every_version_of_one_name_that_tasks_play() -> None:
    world = bench()
    for polls in (3, 4, 5):
        world.do.scenarios.upload("uploaded", UPLOAD.format(polls))
        world.poll(f"uploaded.{polls}")
    other = copied(world)
    for polls in (3, 4, 5):
        assert other.polls(4, f"uploaded.{polls}") == world.polls(4, f"uploaded.{polls}")


def test_a_bundle_has_what_was_done_and_what_is_done_later_counts_on() -> None:
    world = bench("[{state: waiting, polls: 3}, {state: succeeded}]")
    world.poll()
    world.server.actions.add("clock", "advance 1s")
    world.server.actions.add("goto", "succeeded", vendor="qiniu", id="made-up.1", born=7)
    other = bench("[{state: failed}]")
    for _ in range(5):
        other.server.actions.add("freeze")
    bundle.load(other.server, world.dump())
    assert other.server.actions.read() == world.server.actions.read()
    other.server.actions.add("reset")
    assert [each.number for each in other.server.actions.read()] == [1, 2, 3]


def test_a_bundle_of_before_actions_were_saved_leaves_those_of_the_server() -> None:
    world = bench("[{state: failed}]")
    world.server.actions.add("freeze")
    made = bench("[{state: failed}]").dump()
    del made["actions"]
    bundle.load(world.server, made)
    assert [each.what for each in world.server.actions.read()] == ["freeze"]


def test_a_fault_armed_for_a_time_of_day_is_in_the_bundle() -> None:
    world = bench()
    world.do.faults.arm(Effect(error=599), Aim(daily=Daily(7_200_000, 600_000)))
    other = copied(world)
    assert other.do.faults.list() == world.do.faults.list()


def test_faults_armed_after_a_bundle_are_numbered_above_those_in_it() -> None:
    world = bench("[{state: succeeded}]")
    numbers = [world.do.faults.arm(Effect(error=599), Aim(id="made-up.9")).number for _ in range(3)]
    world.do.faults.disarm(1)
    other = copied(world)
    assert other.do.faults.arm(Effect(error=500)).number == max(numbers) + 1
    assert [fault.number for fault in other.do.faults.list()] == [2, 3, 4]
    assert other.do.faults.disarm(4) == 1
    assert other.do.faults.arm(Effect(error=500)).number == 5


def test_faults_armed_before_a_bundle_do_not_lend_their_numbers_to_later_ones() -> None:
    other = bench()
    for _ in range(5):
        other.do.faults.arm(Effect(error=500))
    bundle.load(other.server, bench().dump())
    assert other.do.faults.list() == ()
    assert other.do.faults.arm(Effect(error=500)).number == 6


@pytest.mark.parametrize("vendor", VENDORS)
def test_ids_minted_after_a_bundle_go_on_after_those_in_it(vendor: str) -> None:
    world = bench("[{state: succeeded}]")
    minted = [world.do.tasks.create(vendor, "made-up").id for _ in range(3)]
    other = copied(world)
    later = [other.do.tasks.create(vendor, "made-up").id for _ in range(2)]
    assert set(later).isdisjoint(minted)
    assert later == [world.do.tasks.create(vendor, "made-up").id for _ in range(2)]
    assert len(other.do.tasks.list()) == 5


def test_a_bundle_brings_the_lists_of_items_that_its_scenarios_name(tmp_path: Path) -> None:
    (tmp_path / "fixtures" / "qiniu").mkdir(parents=True)
    (tmp_path / "fixtures" / "qiniu" / "mine.json").write_text('[{"cmd": "avthumb/mp4"}, {"cmd": "vframe/jpg"}]')
    text = "about: A list.\nvendors: [qiniu]\nitems: {fixture: mine}\nsteps: [{state: succeeded}]\n"
    (tmp_path / "listed.yaml").write_text(text)
    world = bench(scenarios=(tmp_path,))
    assert copied(world).poll("listed.1") == world.poll("listed.1")


def test_a_bundles_scenarios_stand_alone_until_a_reset(tmp_path: Path) -> None:
    (tmp_path / "filed.yaml").write_text("about: Here.\nsteps: [{state: succeeded}]\n")
    other = copied(bench(), scenarios=(tmp_path,))
    (tmp_path / "filed.yaml").write_text("about: Here still.\nsteps: [{state: failed}]\n")
    other.server.catalogue.reload_if_changed()
    assert other.poll("filed.1").status == 404
    other.do.reset.reset()
    assert other.poll("filed.1").status == 200


def test_bodies_that_are_no_text_survive() -> None:
    world = bench()
    request, response = request_of("POST", "/x", (), b"\xff\x00"), Response(200, "OK", (), b"\xfe")
    world.server.store.transact(None, lambda *_: Change(Entry(1, 1, request, response, "ours")))
    other = copied(world)
    assert other.do.requests.query().entries[-1][2:4] == (request, response)


@pytest.mark.parametrize(
    ("here", "flags"),
    [
        ({"seed": 4}, "--seed 0"),
        ({"profile": "live"}, "--profile sdk"),
        ({"option": (("huawei", "casing", "upper"),)}, "without --option"),
        ({"default_scenario": "happy-path"}, "without --default-scenario"),
    ],
)
def test_a_server_that_would_response_otherwise_refuses_and_names_the_flag(here: dict[str, Any], flags: str) -> None:
    other = bench(**here)
    before = other.dump()
    with pytest.raises(Refused, match=flags.removesuffix(" 0")) as caught:
        bundle.load(other.server, bench().dump())
    assert caught.value.kind is Kind.CONFLICT
    assert other.dump() == before


def test_all_settings_that_differ_are_told_at_once_with_the_flags_that_mend_them() -> None:
    world = bench(seed=9, option=(("huawei", "casing", "upper"),), default_scenario="slow")
    with pytest.raises(Refused) as caught:
        bundle.load(bench().server, world.dump())
    said = str(caught.value)
    assert "--seed 9" in said
    assert "--option huawei.casing=upper" in said
    assert "--default-scenario slow" in said


def test_more_tasks_than_there_is_room_for_are_refused() -> None:
    world = bench("[{state: succeeded}]")
    for k in range(3):
        world.poll(f"made-up.{k}")
    with pytest.raises(Refused, match="--max-tasks 3") as caught:
        copied(world, max_tasks=2)
    assert caught.value.kind is Kind.FULL


def _spoil(*path: str | int, to: Any) -> Callable[[Any], None]:
    def spoil(made: Any) -> None:
        for part in path[:-1]:
            made = made[part]
        made[path[-1]] = to(made[path[-1]]) if callable(to) else to

    return spoil


SPOILED = (
    (_spoil("format", to="a bundle"), "$.format", "mock-server bundle"),
    (_spoil("version", to=3), "$.version", "the version of bundles"),
    (lambda made: made.update(clokc=1), "$.clokc", 'did you mean "clock"'),
    (lambda made: made.pop("clock"), "$", "`clock` is missing"),
    (_spoil("clock", "speed", to=0), "$.clock.speed", "exclusiveMinimum"),
    (_spoil("tasks", 0, "step", to=9), "$.tasks[0].step", "steps, counted from 0"),
    (_spoil("tasks", 0, "vendor", to="quiniu"), "$.tasks[0].vendor", 'did you mean "qiniu"'),
    (_spoil("tasks", 0, "scenario", to="made-up@0"), "$.tasks[0].scenario", "has no scenario"),
    (_spoil("tasks", 0, "buckets", to=[1]), "$.tasks[0].buckets", "0 rates"),
    (_spoil("tasks", 0, "given", to="{}"), "$.tasks[0].given", "a mapping or null"),
    (_spoil("tasks", 0, "given", to={"items": [1]}), "$.tasks[0].given.items[0]", "a mapping"),
    (_spoil("tasks", to=lambda tasks: tasks * 2), "$.tasks[2].id", "stands here twice"),
    (_spoil("ended", to=[["qiniu", "x"]]), "$.ended[0]", "no task 'x'"),
    (_spoil("dropped", to=[["qiniu", "made-up.1"]]), "$.dropped[0]", "still there"),
    (_spoil("armed", 0, "effect", "error", to="throtled"), "$.armed[0].effect.error", 'did you mean "throttled"'),
    (_spoil("armed", 0, "vendor", to="quiniu"), "$.armed[0].vendor", 'did you mean "qiniu"'),
    (_spoil("armed", 0, "effect", "delay", to={"low": 2, "high": 1}), "$.armed[0].effect.delay", "the smaller"),
    (_spoil("armed", 0, "effect", "delay", to={"low": 2, "p99": 1}), "$.armed[0].effect.delay.low", "needs"),
    (_spoil("entries", 1, "number", to=1), "$.entries[1].number", "numbers that rise"),
    (_spoil("entries", 0, "response", "body", to={"base64": "?"}), "$.entries[0].response.body.base64", "base64"),
    (_spoil("entries", 0, "response", "body", to={"base64": "a"}), "$.entries[0].response.body", "or bytes as"),
    (_spoil("entries", 0, "response", "body", to={}), "$.entries[0].response.body", "or bytes as"),
    (_spoil("actions", 1, "number", to=1), "$.actions[1].number", "numbers that rise"),
    (_spoil("actions", 1, "number", to=10**14 + 1), "$.actions[1].number", "100000000000000 or less"),
    (_spoil("actions", 0, "detail", to="x" * 201), "$.actions[0].detail", "200"),
    (_spoil("entries", to=[]), "$.counters.exchanges", "2 exchanges, but 0 kept"),
    (_spoil("scenarios", 0, "text", to="steps: [{state: failed}]"), "$.scenarios[0].text", "do not edit"),
    (_spoil("scenarios", 0, "text", to="steps: [{state: succeded}]"), "made-up.yaml:1:17", "succeeded"),
    (_spoil("scenarios", to=lambda listed: listed * 2), "$.scenarios[1].version", "stands here twice"),
)


@pytest.mark.parametrize(("spoil", "where", "said"), SPOILED)
def test_a_bundle_that_cannot_be_is_refused_by_its_place_and_changes_nothing(
    spoil: Callable[[Any], None], where: str, said: str
) -> None:
    world = bench("[{state: waiting, polls: 3}, {state: succeeded}]")
    world.poll("made-up.1")
    world.poll("made-up.2")
    world.do.faults.arm(Effect(error=500))
    world.server.actions.add("clock", "advance 1s")
    world.server.actions.add("goto", "succeeded", vendor="qiniu", id="made-up.1", born=0)
    made = copy.deepcopy(world.dump())
    spoil(made)
    other = bench("[{state: failed}]")
    other.poll()
    before = other.dump()
    with pytest.raises(Refused) as caught:
        bundle.load(other.server, made)
    assert caught.value.kind is Kind.INVALID
    assert where in [problem.where for problem in caught.value.problems]
    assert said in str(caught.value)
    assert other.dump() == before


@pytest.mark.parametrize("value", [None, [], "bundle", 7, {}])
def test_what_is_no_bundle_is_refused(value: Any) -> None:
    with pytest.raises(Refused):
        bundle.load(bench().server, value)


def test_all_problems_of_a_bundle_are_told_at_once() -> None:
    world = bench("[{state: succeeded}]")
    world.poll()
    made = world.dump()
    made["tasks"][0].update(step=5, buckets=[1, 2], vendor="quiniu")
    with pytest.raises(Refused) as caught:
        bundle.load(bench().server, made)
    assert [problem.where for problem in caught.value.problems] == [
        "$.tasks[0].vendor",
        "$.tasks[0].step",
        "$.tasks[0].buckets",
        "$.ended[0]",
    ]


def test_after_a_bundle_no_task_gets_the_id_of_one_that_was_dropped_before_it() -> None:
    world = bench("[{state: succeeded}]")
    gone = world.do.tasks.create("qiniu", "made-up")
    bundle.load(world.server, world.dump())
    world.do.tasks.drop(Wanted(id=gone.id))
    assert world.do.tasks.create("qiniu", "made-up").id != gone.id


def test_a_bundle_of_before_misses_were_counted_still_loads() -> None:
    world = bench("[{state: succeeded}]")
    world.poll("nobody")
    saved = world.dump()
    assert saved.pop("unmatched") == 1
    bundle.load(world.server, saved)
    assert world.server.store.control().unmatched == 0


WALKING = "items: [{steps: [{state: processing, for: 10s}, {state: succeeded}]}]"


def test_what_items_crossed_is_counted_once_across_a_bundle() -> None:
    world = bench(WALKING)
    world.polls(2, gap=10_000)
    again = copied(world)
    again.now.ms = world.now.ms
    again.poll()
    assert [edge.crossed for edge in again.do.coverage().scenarios[0].edges] == [1]
    assert again.dump()["tasks"][0]["walked"] == 10_000


def test_a_bundle_of_before_items_were_counted_still_loads() -> None:
    world = bench(WALKING)
    world.poll()
    saved = world.dump()
    assert saved["tasks"][0].pop("walked") == 0
    bundle.load(world.server, saved)
    world.polls(2, gap=10_000)
    world.poll()
    assert [edge.crossed for edge in world.do.coverage().scenarios[0].edges] == [1]


STEERED = """items:
  - steps: [{state: processing, for: 10s}, {state: succeeded}]
  - steps: [{state: processing, for: 10s, next: {succeeded: 1, failed: 0}}, {state: succeeded}, {state: failed}]
"""


def steered() -> Bench:
    """A server whose tasks people moved: items of one, the other to an end for a reason."""
    world = bench(STEERED, "[{state: processing, hold: true}, {state: failed}]")
    world.polls(2, gap=1_000)
    world.do.tasks.fail(Key("qiniu", "made-up.1"), 1, "source is gone")
    world.do.tasks.goto(Key("qiniu", "made-up.1"), "processing", 0)
    world.poll("made-up-2.1")
    world.do.tasks.fail(Key("qiniu", "made-up-2.1"), None, "too large")
    return world


def test_a_bundle_keeps_where_people_put_items_and_why_they_failed() -> None:
    world = steered()
    saved = world.dump()
    assert [task["manual"] for task in saved["tasks"]] == [
        {"items": [[0, 0, 2_000, 2, 1, None], [1, 2, 2_000, 2, 1, 0]], "reasons": ["source is gone"]},
        {"reason": ["too large", None]},
    ]
    again = bench(no_builtin=True)
    bundle.load(again.server, saved)
    assert again.dump() == saved
    for each in (world, again):
        each.do.time.advance(9_999)
        assert [item.step for item in each.do.tasks.list()[0].items or ()] == ["processing", "failed"]
        each.do.time.advance(1)
        assert [item.step for item in each.do.tasks.list()[0].items or ()] == ["succeeded", "failed"]
        assert b"too large" in each.poll("made-up-2.1").body
        assert b"source is gone" in each.poll().body
    assert world.do.coverage() == again.do.coverage()


@pytest.mark.parametrize(
    ("task", "manual", "where"),
    [
        (0, {"items": [[2, 0, 0, 0, 1, None]]}, "items[0]"),
        (0, {"items": [[0, 2, 0, 0, 1, None]]}, "items[0]"),
        (0, {"items": [[0, 0, 0, 3, 1, None]]}, "items[0]"),
        (0, {"items": [[1, 2, 0, 0, 1, 1]], "reasons": ["one"]}, "items[0]"),
        (0, {"items": [[0, 0, -1, 0, 1, None]]}, "items[0][2]"),
        (0, {"items": [[0, 0, 0, 0, 1]]}, "items[0]"),
        (0, {"reasons": [""]}, "reasons[0]"),
        (1, {"items": [[0, 0, 0, 0, 1, None]]}, "items[0]"),
        (1, {"reason": ["x" * 2_049, None]}, "reason[0]"),
        (1, {"reason": ["x", 1_000]}, "reason[1]"),
        (1, {"because": "x"}, "because"),
        (1, {"reasons": ["x" * 2_000] * 40}, ""),
    ],
)
def test_what_nobody_can_have_set_is_refused_by_its_place(task: int, manual: Any, where: str) -> None:
    saved = steered().dump()
    saved["tasks"][task]["manual"] = manual
    with pytest.raises(Refused) as caught:
        bundle.load(bench(no_builtin=True).server, saved)
    assert caught.value.problems[0].where == f"$.tasks[{task}].manual.{where}".rstrip("."), caught.value.problems


def test_a_bundle_has_no_number_for_which_its_check_takes_the_slow_way() -> None:
    def floats(value: Any) -> list[float]:
        if isinstance(value, dict | list):
            return [found for each in (value.values() if isinstance(value, dict) else value) for found in floats(each)]
        return [value] if isinstance(value, float) else []

    world = bench("[{state: succeeded}]")
    world.polls(2)
    saved = world.dump()
    assert floats(saved) == []
    saved["clock"]["speed"] = 1.0  # as servers wrote it before
    bundle.load(world.server, saved)
    assert world.server.store.control().clock.speed == 1.0


def test_an_item_that_was_moved_at_the_end_of_time_is_loaded_again() -> None:
    world = bench("[{state: waiting}]")
    world.do.scenarios.upload(
        "walks", "items: [{steps: [{state: processing, hold: true, next: {failed: 1}}, {state: failed}]}]\n"
    )
    world.poll("walks.1")
    world.do.time.set(200_000_000_000_000)
    world.do.tasks.fail(Key("qiniu", "walks.1"), item=0)
    bundle.load(world.server, world.dump())
