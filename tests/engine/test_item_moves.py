"""Items that people move: each goes on from where it was put, and every change of step is counted once."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.engine.cursor import BIRTH, born, shift
from mock_server.engine.pace import paced
from mock_server.engine.run import Run, birth, run_of
from mock_server.engine.scenario import Item, ItemStep, Scenario, Shown, State, Step
from mock_server.engine.task import Key, Reason, Task, new_task, unpack
from mock_server.engine.walk import Crossed
from tests.engine.test_cursor import independent_unit
from tests.engine.test_item_steps import BY_POLLS, BY_TIME, DRAWN, WHOLE
from tests.support.strategies import VENDOR, lasting, loaded_items, scenario_of, ways

KEY = Key(VENDOR, "made-up.1")
BEGIN = 1_000


class Came(NamedTuple):
    """Somebody who came `gap` milliseconds later: to look, to poll, to move an item, or to begin anew."""

    gap: int
    what: Literal["look", "poll", "uncounted", "move", "anew"]
    item: int = 0
    to: int = 0


class World:
    """One task, as it is stored, and all changes of step of its items that were counted."""

    def __init__(self, *items: Item, seed: int = 0) -> None:
        self.scenario: Scenario = scenario_of(WHOLE, items=items)
        self.now = BEGIN
        self.counted: list[Crossed] = []
        self.keep(birth(self.scenario, KEY, new_task(self.scenario, seed, born(BEGIN))))

    def keep(self, run: Run, *, polls: bool = False, counts: bool = True) -> None:
        """Stores what comes of a run, as a transaction does."""
        after = run.polled(counts=counts)[0] if polls else run.cursor
        changes = run.item_changes(after)
        self.counted += changes.crossed
        self.record = run.task.pack_at(after, run.task.buckets, changes.until)

    @property
    def task(self) -> Task:
        return unpack(self.record)

    @property
    def run(self) -> Run:
        """The task as it stands now."""
        return run_of(self.scenario, KEY, self.task, self.now)

    def move(self, item: int, to: int, reason: str | None = None) -> None:
        self.keep(self.run.items_hopped({item: to}, reason))

    def let(self, came: Came) -> None:
        """Lets somebody come."""
        self.now += came.gap
        item = came.item % len(self.run.items)
        match came.what:
            case "poll" | "uncounted":
                self.keep(self.run, polls=True, counts=came.what == "poll")
            case "move":
                self.move(item, came.to % len(self.run.items[item].steps))
            case "anew":
                self.keep(self.run.hopped(0))
            case "look":
                self.keep(self.run)


callers = st.builds(
    Came,
    st.integers(0, 3_000),
    st.sampled_from(("look", "poll", "poll", "uncounted", "move", "move", "anew")),
    st.integers(0, 3),
    st.integers(0, 4),
)
plain = st.lists(loaded_items(), min_size=1, max_size=3)
at_a_pace = st.builds(
    lambda items, pace: list(paced(scenario_of(WHOLE, items=tuple(items)), pace).items[VENDOR]),
    plain,
    st.integers(1, 2_000),
)
scripts = plain | at_a_pace


def numbers(world: World) -> tuple[int, ...]:
    return world.run.walked.numbers


@given(scripts, st.lists(callers, max_size=10), st.integers(0, 2**32))
def test_every_change_of_step_is_counted_once(script: list[Item], came: list[Came], seed: int) -> None:
    """The counted ones make one way from before the first step to where the item stands, without gap or repetition."""
    world = World(*script, seed=seed)
    for each in (*came, Came(1_000, "look")):
        world.let(each)
    for k, stands in enumerate(numbers(world)):
        way = [(crossed.origin, crossed.to) for crossed in world.counted if crossed.item == k]
        assert way[0] == (BIRTH, 0)
        begins = [0 if origin == BIRTH else origin for origin, _ in way[1:]]
        ends = [0 if origin == BIRTH else to for (_, to), (origin, _) in pairwise(way)]
        assert begins == ends
        assert way[-1][1] == stands


@given(scripts, st.lists(callers, max_size=8), st.integers(0, 2**32))
def test_who_only_looks_changes_nothing(script: list[Item], came: list[Came], seed: int) -> None:
    looked, left = World(*script, seed=seed), World(*script, seed=seed)
    for each in came:
        half = each.gap // 2
        looked.let(Came(half, "look"))
        looked.let(each._replace(gap=each.gap - half))
        if each.what == "look":
            left.now += each.gap
        else:
            left.let(each)
    for world in (looked, left):
        world.let(Came(5, "look"))
    assert looked.record == left.record
    assert sorted(looked.counted) == sorted(left.counted)


@given(scripts, st.lists(callers, max_size=8), st.integers(0, 5_000))
def test_a_task_that_is_shifted_takes_its_moved_items_along(script: list[Item], came: list[Came], by: int) -> None:
    world = World(*script)
    for each in came:
        world.let(each)
    task = world.task
    early = run_of(world.scenario, KEY, task.at(shift(task.cursor, by), task.buckets), world.now)
    late = run_of(world.scenario, KEY, task, world.now + by)
    assert early.walked == late.walked
    assert late.due == (None if early.due is None else early.due + by)


@given(scripts, st.lists(callers, max_size=8))
def test_the_stays_of_an_item_lead_to_where_it_stands(script: list[Item], came: list[Came]) -> None:
    world = World(*script)
    for each in came:
        world.let(each)
    for k, number in enumerate(numbers(world)):
        stay = world.run.stay(k)
        assert stay is not None
        assert (stay.number, stay.step.name) == (number, script[k].steps[number].name)
        assert stay.since is None or stay.since <= world.now
        assert stay.due is None or stay.due > world.now
        assert [stay.number for stay in world.run.stays(k)][-1:] >= [number]


@given(scripts, st.lists(callers, max_size=8), st.integers(0, 3), st.integers(0, 4))
def test_a_moved_item_leaves_the_others_alone(script: list[Item], came: list[Came], item: int, to: int) -> None:
    world = World(*script)
    for each in came:
        world.let(each)
    before, item = numbers(world), item % len(script)
    to %= len(script[item].steps)
    world.move(item, to)
    assert numbers(world) == (*before[:item], to, *before[item + 1 :])


def test_a_moved_item_goes_on_by_time_from_its_move() -> None:
    world = World(BY_TIME, BY_TIME)
    world.now += 400
    world.move(1, 1)
    assert (numbers(world), world.run.due) == ((0, 1), BEGIN + 900)
    world.now += 499
    assert numbers(world) == (0, 1)
    world.now += 1
    assert numbers(world) == (0, 2)
    world.now += 1_000
    assert numbers(world) == (2, 2)
    assert (world.run.due, world.run.ended) == (None, True)


def test_a_moved_item_counts_the_polls_from_its_move() -> None:
    world = World(BY_POLLS, BY_POLLS)
    world.let(Came(0, "poll"))
    world.move(1, 0)
    world.let(Came(0, "poll"))
    assert numbers(world) == (1, 0)
    assert [stay.polls for k in (0, 1) if (stay := world.run.stay(k))] == [0, 1]
    world.let(Came(0, "poll"))
    assert numbers(world) == (2, 1)


@pytest.mark.parametrize("k", range(6))
def test_an_item_that_enters_a_step_again_draws_anew(k: int) -> None:
    world = World(*[DRAWN] * (k + 1))
    for hops in (0, 1, 2):
        lasts = 1_000 + int(independent_unit(world.run.draws, "for", k, hops) * 8_001)
        stay = world.run.stay(k)
        assert stay is not None
        assert (stay.hops, stay.since, stay.due) == (hops, world.now, world.now + lasts)
        world.move(k, 0)


def test_a_held_item_waits_for_a_person_and_then_goes_on_by_itself() -> None:
    held = ItemStep("held", State.PROCESSING, edges=ways(1), hold=True)
    last = (ItemStep("timed", State.PROCESSING, lasts=lasting(100), edges=ways(2)), ItemStep("end", State.SUCCEEDED))
    world = World(Item(steps=(held, *last)))
    world.let(Came(10**9, "poll"))
    assert numbers(world) == (0,)
    world.move(0, 1)
    world.now += 100
    assert (numbers(world), world.run.ended) == ((2,), True)


def test_an_end_that_is_held_is_not_over() -> None:
    assert not World(Item(steps=(ItemStep("end", State.SUCCEEDED, hold=True),))).run.ended


def test_an_item_that_begins_anew_forgets_where_people_put_it() -> None:
    world = World(BY_TIME)
    world.move(0, 2, "too large")
    world.let(Came(10, "anew"))
    assert (numbers(world), world.task.manual, world.run.due) == ((0,), "", BEGIN + 1_010)


def test_the_reason_of_a_moved_item_is_shown_where_it_failed_and_nowhere_else() -> None:
    world = World(BY_TIME, BY_TIME)
    world.move(0, 2, "too large")
    world.move(1, 0, "too large")
    expected = (Shown(State.FAILED, "too large"), Shown(State.WAITING))
    assert world.run.items_hopped({}).shown == world.run.shown == expected
    world.now += 2_000
    assert world.run.shown == (expected[0], Shown(State.FAILED, "not a valid video"))
    world.move(0, 2)
    assert world.run.shown[0] == Shown(State.FAILED, "not a valid video")


@pytest.mark.parametrize(
    ("reason", "shown"),
    [(Reason("it"), ["it", "it"]), (Reason("it", 1), ["own", "it"]), (None, ["own", "all's"])],
)
def test_the_reason_of_a_moved_task_is_that_of_all_its_failed_items_or_of_one(
    reason: Reason | None, shown: list[str]
) -> None:
    failed = Step("end", State.FAILED, items=(Shown(State.FAILED, "own"), Shown(State.FAILED)), reason="all's")
    scenario = scenario_of(Step("held", State.PROCESSING, hold=True), failed, items=(Item(), Item()))
    run = birth(scenario, KEY, new_task(scenario, 0, born(0))).hopped(1, reason)
    assert [each.reason for each in run.shown] == shown
    assert [each.reason for each in run_of(scenario, KEY, unpack(run.task.pack_at(run.cursor, ())), 9).shown] == shown
    assert {each.reason for each in run.hopped(0, reason).shown} == {None}
