"""What of a scenario is lit: where a task is and was, the ways it took and who took them, the polls of each step."""

from __future__ import annotations

from msgspec.structs import replace

from mock_server.api.values import ItemStay, TaskItem, TaskWhole, Way
from mock_server.engine.state import State
from mock_server.scenarios.timeline import timeline_of
from mock_server.scenarios.timeline.light import UNLIT, ItemLight, Taken, light_of
from tests.scenarios.test_plots import at, poll, task
from tests.support.emulators import renderer
from tests.support.loading import scenario

STEPS = timeline_of(
    scenario(
        "steps:\n"
        "- {name: queued, state: waiting, polls: 1}\n"
        "- {name: work, state: processing, for: 3s, next: {done: 1, queued: 1}}\n"
        "- {name: done, state: succeeded}\n"
    ),
    renderer(),
)
ITEMS = timeline_of(
    scenario("items: {count: 2, each: {steps: [{state: processing, for: 3s}, {state: succeeded}]}}"), renderer()
)


def ways(*made: tuple[str | None, str, str]) -> tuple[Way, ...]:
    return tuple(Way(origin, to, at(k * 1_000), by) for k, (origin, to, by) in enumerate(made))  # type: ignore[arg-type]  # the words are those of the API


def test_a_task_is_where_it_stands_and_was_where_it_came_from() -> None:
    whole = task(9_000, poll(1, 1_000, "waiting", "queued"), poll(2, 6_000))
    light = light_of(whole, STEPS)
    assert (light.here, light.been) == (1, frozenset({0}))
    assert light.ways == {(0, 1): Taken(1)}
    assert {k: [(run.saw, run.times) for run in runs] for k, runs in light.polls.items()} == {
        0: [("waiting", 1)], 1: [("processing", 1)],
    }  # fmt: skip


def test_a_way_is_counted_and_is_a_persons_only_if_nobody_else_took_it() -> None:
    made = ways(
        (None, "queued", "birth"), ("queued", "work", "hand"), ("work", "queued", "time"),
        ("queued", "work", "poll"), ("work", "done", "hand"), ("done", "work", "hand"),
    )  # fmt: skip
    light = light_of(task(9_000, poll(1, 1_000), way=made), STEPS)
    assert light.ways == {
        (0, 1): Taken(2), (1, 0): Taken(1), (1, 2): Taken(1, manual=True), (2, 1): Taken(1, manual=True),
    }  # fmt: skip
    assert light.been == frozenset({0, 2})


def test_polls_of_a_step_are_told_run_by_run_with_their_faults() -> None:
    whole = task(9_000, poll(1, 1_000), poll(2, 2_000), poll(3, 3_000, "error", fault="599"), poll(4, 4_000))
    (runs,) = light_of(whole, STEPS).polls.values()
    assert [(run.saw, run.times, run.struck) for run in runs] == [
        ("processing", 2, False), ("error", 1, True), ("processing", 1, False),
    ]  # fmt: skip


def test_polls_of_an_earlier_task_of_the_id_are_left_out() -> None:
    earlier = [replace(poll(number, 100 * number), asked=number + 6) for number in (1, 2)]
    whole = task(9_000, *earlier, replace(poll(3, 2_000), asked=1), replace(poll(4, 3_000), asked=2))
    (runs,) = light_of(whole, STEPS).polls.values()
    assert [run.times for run in runs] == [2]


def test_a_forgotten_task_is_nowhere_and_one_that_nobody_polled_is_unlit() -> None:
    whole = task(9_000, poll(1, 1_000))
    assert whole.task is not None
    assert light_of(replace(whole, task=replace(whole.task, expired=True)), STEPS).here is None
    assert light_of(TaskWhole(at(0), None, "slow", (), None, (), (), ()), STEPS) == UNLIT


def test_each_item_is_lit_where_it_stands_and_where_it_was() -> None:
    stays = (
        ItemStay("processing", State.PROCESSING, at(0), at(3_000)),
        ItemStay("succeeded", State.SUCCEEDED, at(3_000), None),
    )
    whole = task(9_000, poll(1, 1_000), items=(stays, stays))
    assert whole.task is not None
    walking = (TaskItem("succeeded", State.SUCCEEDED, None), TaskItem("processing", State.PROCESSING, at(9_500)))
    light = light_of(replace(whole, task=replace(whole.task, walking=walking)), ITEMS)
    assert light.items == (ItemLight(1, frozenset({0})), ItemLight(0))
