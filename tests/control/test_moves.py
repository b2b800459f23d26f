"""Items moved one by one, and tasks moved to an end: where they go, what they show, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from mock_server.control.refused import Kind, Refused
from mock_server.control.task_view import ItemAt, TaskView
from mock_server.engine.scenario import State
from mock_server.engine.task import Key
from tests.support.controls import Bench, bench

ONE = Key("qiniu", "made-up.1")
FILES = """items:
  - steps: [{state: processing, for: 10s, next: {succeeded: 1, failed: 0}}, {state: succeeded}, {state: failed}]
  - steps: [{state: processing, for: 20s, next: {succeeded: 1, failed: 0}}, {state: succeeded}, {state: failed}]
  - steps: [{state: waiting, for: 5s}, {state: processing, for: 20s}, {state: succeeded}]
"""
GOOD = "items: 2\nsteps: [{state: processing, hold: true}, {state: succeeded}]"
ENDS = """items: 2
steps:
  - {state: waiting, hold: true}
  - {state: processing, polls: 1, next: {far: 0, both: 0, near: 1, other: 0, error: 0}}
  - {name: far, state: failed, items: [failed, succeeded]}
  - {name: both, state: failed}
  - {name: near, state: succeeded, items: [succeeded, failed]}
  - {name: other, state: succeeded}
  - {error: 599}
"""


def world_of(text: str) -> Bench:
    """A server with one task, which stands at its start."""
    world = bench(text)
    world.do.tasks.create("qiniu", "made-up", "made-up.1")
    return world


def steps(view: TaskView) -> list[str]:
    assert view.items is not None
    return [item.step for item in view.items]


def reasons(world: Bench) -> list[str | None]:
    """What a poll says of each item's failure."""
    return [item.get("error") or None for item in json.loads(world.poll().body)["items"]]


def refused(wish: Callable[[], object]) -> Refused:
    with pytest.raises(Refused) as caught:
        wish()
    return caught.value


def test_a_task_tells_where_each_item_stands_and_which_moves_on_next() -> None:
    world = world_of(FILES)
    view = world.do.tasks.read(ONE)
    born = view.born
    assert view.items == (
        ItemAt("processing", State.PROCESSING, born + 10_000),
        ItemAt("processing", State.PROCESSING, born + 20_000),
        ItemAt("waiting", State.WAITING, born + 5_000),
    )
    assert (view.state, view.due, view.moves.due) == (State.PROCESSING, born + 5_000, born + 5_000)
    world.do.time.advance(25_000)
    view = world.do.tasks.read(ONE)
    assert view.items == (ItemAt("succeeded", State.SUCCEEDED, None),) * 3
    assert (view.due, view.ended) == (None, True)


def test_a_task_whose_steps_are_its_own_tells_of_no_items() -> None:
    assert world_of(GOOD).do.tasks.read(ONE).items is None


def test_an_item_without_steps_beside_others_has_succeeded() -> None:
    view = world_of("items: [{}, {steps: [{state: waiting, polls: 1}, {state: succeeded}]}]").do.tasks.read(ONE)
    assert view.items == (ItemAt("", State.SUCCEEDED, None), ItemAt("waiting", State.WAITING, None))


def test_one_item_moves_and_the_others_stay() -> None:
    world = world_of(FILES)
    assert steps(world.do.tasks.goto(ONE, "failed", 1)) == ["processing", "failed", "waiting"]
    assert steps(world.do.tasks.next(ONE, None, 2)) == ["processing", "failed", "processing"]
    assert steps(world.do.tasks.next(ONE, "succeeded", 0)) == ["succeeded", "failed", "processing"]
    world.do.time.advance(19_999)
    assert steps(world.do.tasks.read(ONE)) == ["succeeded", "failed", "processing"]
    world.do.time.advance(1)
    view = world.do.tasks.read(ONE)
    assert (steps(view), view.state, view.ended) == (["succeeded", "failed", "succeeded"], State.FAILED, True)


def test_a_moved_item_stays_as_far_on_when_the_clock_is_reset() -> None:
    world = world_of(FILES)
    world.do.time.advance(4_000)
    world.do.tasks.goto(ONE, "processing", 2)
    world.do.reset.reset(["clock"])
    world.do.time.advance(19_999)
    assert steps(world.do.tasks.read(ONE)) == ["succeeded", "succeeded", "processing"]
    world.do.time.advance(1)
    assert steps(world.do.tasks.read(ONE))[2] == "succeeded"


def test_a_moved_item_is_shifted_with_its_task() -> None:
    world = world_of(FILES)
    world.do.tasks.goto(ONE, "processing", 2)
    assert steps(world.do.tasks.shift(ONE, 20_000))[2] == "succeeded"


def test_what_people_moved_is_counted_as_edges_and_leaps() -> None:
    world = world_of(FILES)
    world.do.tasks.next(ONE, "failed", 0)
    world.do.tasks.goto(ONE, "succeeded", 2)
    (covered,) = world.do.coverage().scenarios
    assert [(edge.origin, edge.to) for edge in covered.edges if edge.crossed] == [("0: processing", "0: failed")]
    assert (covered.leaps, covered.tasks) == (1, 1)


@pytest.mark.parametrize(
    ("move", "kind", "said"),
    [
        (lambda do: do.goto(ONE, "failed", 2), Kind.INVALID, 'item 2 of made-up has no step "failed"'),
        (lambda do: do.goto(ONE, "failed", 3), Kind.INVALID, "made-up has no item 3 (it has 3, numbered from 0)"),
        (lambda do: do.next(ONE, None, 0), Kind.CONFLICT, 'from step "processing" of item 0 lead succeeded, failed'),
        (lambda do: do.next(ONE, "waiting", 2), Kind.CONFLICT, 'from step "waiting" of item 2 to "waiting"'),
        (lambda do: do.next(ONE), Kind.CONFLICT, "choose one of them, as `item`"),
        (lambda do: do.goto(ONE, "failed"), Kind.INVALID, "choose one of them, as `item`"),
        (lambda do: do.fail(ONE, 2), Kind.CONFLICT, "no end in which item 2 fails"),
        (lambda do: do.fail(ONE, 9), Kind.INVALID, "made-up has no item 9"),
    ],
)
def test_a_move_that_an_item_cannot_make_is_refused_and_moves_nothing(
    move: Callable[[Any], TaskView], kind: Kind, said: str
) -> None:
    world = world_of(FILES)
    before = world.dump()["tasks"]
    error = refused(lambda: move(world.do.tasks))
    assert (error.kind, said in str(error)) == (kind, True), str(error)
    assert world.dump()["tasks"] == before


def test_an_item_without_steps_of_its_own_is_moved_with_its_task_only() -> None:
    for text in (GOOD, "items: [{}, {steps: [{state: waiting, polls: 1}, {state: succeeded}]}]"):
        error = refused(lambda text=text: world_of(text).do.tasks.next(ONE, None, 0))  # type: ignore[misc]  # bound
        assert (error.kind, "item 0 of made-up has no steps of its own" in str(error)) == (Kind.CONFLICT, True)


def test_when_a_task_of_walking_items_fails_every_unfinished_item_does_that_can() -> None:
    world = world_of(FILES)
    world.do.time.advance(10_000)
    view = world.do.tasks.fail(ONE, None, "source is gone")
    assert (steps(view), view.state, view.ended) == (["succeeded", "failed", "succeeded"], State.FAILED, True)
    assert reasons(world) == [None, "source is gone", None]
    assert steps(world.do.tasks.fail(ONE)) == ["failed", "failed", "succeeded"]


def test_when_a_task_of_walking_items_finishes_those_that_failed_stay_so() -> None:
    world = world_of(FILES)
    world.do.tasks.fail(ONE, 1, "too large")
    view = world.do.tasks.finish(ONE)
    assert (steps(view), view.state) == (["succeeded", "failed", "succeeded"], State.FAILED)
    assert reasons(world) == [None, "too large", None]
    assert steps(world.do.tasks.finish(ONE)) == ["succeeded"] * 3


def test_a_task_that_cannot_fail_or_finish_is_refused() -> None:
    timed = "items: [{steps: [{state: waiting, polls: 1}, {state: %s}]}]"
    for text in (GOOD, timed % "succeeded"):
        error = refused(lambda text=text: world_of(text).do.tasks.fail(ONE))  # type: ignore[misc]  # bound
        assert (error.kind, "no end in which the task fails" in str(error)) == (Kind.CONFLICT, True)
    for text in ("[{state: processing, hold: true}, {state: failed}]", timed % "failed"):
        error = refused(lambda text=text: world_of(text).do.tasks.finish(ONE))  # type: ignore[misc]  # bound
        assert (error.kind, "no end in which the task succeeds" in str(error)) == (Kind.CONFLICT, True)


def test_a_task_goes_to_the_nearest_end_or_to_the_one_that_is_meant() -> None:
    assert world_of(ENDS).do.tasks.fail(ONE).step == "far"
    assert world_of(ENDS).do.tasks.finish(ONE).step == "near"
    assert world_of(ENDS).do.tasks.fail(ONE, 0).step == "far"
    assert world_of(ENDS).do.tasks.fail(ONE, 1).step == "near"
    error = refused(lambda: world_of(ENDS.replace("items: [failed, succeeded]", "")).do.tasks.fail(ONE, 0))
    assert "no end in which item 0 fails and not all do" in str(error)


def test_an_end_that_no_way_leads_to_is_found_too() -> None:
    first = "{state: processing, polls: 1, next: {succeeded: 1, failed: 0}}"
    world = world_of(f"[{first}, {{state: succeeded}}, {{state: failed}}]")
    world.do.tasks.finish(ONE)
    assert world.do.tasks.fail(ONE).step == "failed"
    assert world.do.tasks.finish(ONE).step == "succeeded"


@pytest.mark.parametrize(("name", "step"), [("failure-notified", "notified"), ("notified", None)])
def test_a_notify_word_is_a_failure_if_an_item_failed(name: str, step: str | None) -> None:
    world = bench()
    key = Key("wangsu", f"{name}.1")
    world.do.tasks.create(key.vendor, name, key.id)
    if step is None:
        assert "no end in which the task fails" in str(refused(lambda: world.do.tasks.fail(key)))
    else:
        assert world.do.tasks.fail(key).step == step


def test_the_only_item_of_a_task_may_be_named() -> None:
    world = world_of("[{state: processing, hold: true, next: {failed: 0}}, {state: failed}]")
    assert world.do.tasks.fail(ONE, 0, "too large").step == "failed"
    assert reasons(world) == ["too large"]
    assert "it has one, number 0" in str(refused(lambda: world.do.tasks.fail(ONE, 1)))


def test_a_reason_goes_with_the_move_it_was_given_for() -> None:
    world = world_of("[{state: processing, hold: true}, {state: failed, reason: its own}]")
    world.do.tasks.fail(ONE, None, "too large")
    assert reasons(world) == ["too large"]
    world.do.tasks.goto(ONE, "failed")
    assert reasons(world) == ["its own"]


def test_what_people_set_of_one_task_is_bounded_in_bytes() -> None:
    world = world_of("items: {count: 1000, each: {steps: [{state: processing, hold: true}, {state: failed}]}}")
    for k in range(31):
        world.do.tasks.fail(ONE, k, f"{k} {'x' * 2_000}")
    world.do.tasks.fail(ONE, 31, "x" * 2_048)
    before = world.dump()["tasks"]
    error = refused(lambda: world.do.tasks.fail(ONE, 32, "y" * 2_048))
    assert (error.kind, "would take more than 65536 bytes" in str(error)) == (Kind.CONFLICT, True)
    assert world.dump()["tasks"] == before
    world.do.tasks.goto(ONE, "items")
    view = world.do.tasks.fail(ONE, None, "x" * 2_048)
    assert (steps(view), view.ended) == (["failed"] * 1_000, True)
