"""The record of a task: it loses nothing, and costs the garbage collector nothing."""

from __future__ import annotations

import gc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.engine.cursor import Cursor, born
from mock_server.engine.scenario import Effect, Fault, Rate, Scenario, State, Step, When
from mock_server.engine.task import UNTOUCHED, Key, Manual, Reason, Task, given_text, new_task, unpack
from mock_server.engine.walk import Start
from tests.engine.test_item_steps import BY_TIME
from tests.support.strategies import scenario_of

times = st.integers(-(2**63), 2**63)
counts = st.integers(0, 2**40)
cursors = st.builds(Cursor, times, times, counts, counts, counts, counts)
buckets = st.lists(times, max_size=4).map(tuple[int, ...])
texts = (st.text(), times, st.text(), st.text(), st.text())
starts = st.builds(Start, counts, times, counts, counts, st.none() | st.text(min_size=1))
reasons = st.builds(Reason, st.text(min_size=1), st.none() | counts)
manuals = st.builds(Manual, st.dictionaries(counts, starts, max_size=3), st.none() | reasons)
plain = st.builds(Task, *texts, times, times, counts, counts, counts, counts, buckets, st.just(-1), st.just(""))
tasks = plain | st.builds(
    lambda task, walked, manual: task._replace(walked=walked).by_hand(manual), plain, st.integers(-1, 2**40), manuals
)


def rated(rates: int) -> Scenario:
    """A scenario with so many faults that have a rate, and one that has none."""
    faults = [Fault(When(rate=Rate(1, 1_000)), Effect(error=599))] * rates
    end = Step("end", State.SUCCEEDED)
    return Scenario("slow", "1f", "", (end,), ("lamp",), faults=(*faults, Fault(When(), Effect(delay=None))))


@given(tasks)
def test_a_task_comes_back_from_its_record_as_it_was(task: Task) -> None:
    again = unpack(task.pack())
    assert again == task
    assert type(again) is Task


@given(tasks)
def test_a_record_is_an_exact_tuple_of_atoms(task: Task) -> None:
    record = task.pack()
    assert type(record) is tuple
    assert {type(atom) for atom in record} == {str, int}


@pytest.mark.parametrize("rates", [0, 1, 3])
def test_the_collector_leaves_records_alone_once_it_has_seen_them(rates: int) -> None:
    task = new_task(rated(rates), 0, born(5))
    records = [task.at(Cursor(5, k, 0, k, k, k), tuple(range(rates))).pack() for k in range(50)]
    gc.collect()
    assert not any(gc.is_tracked(record) for record in records)


def test_a_new_task_stands_at_its_start_with_one_bucket_for_each_rate() -> None:
    task = new_task(rated(2), 7, born(500), given='{"items": [{"key": "a"}]}', notify="http://127.0.0.1/done")
    place = (500, 500, 0, 0, 0, 0, (0, 0))
    assert tuple(task) == ("slow@1f", 7, '{"items": [{"key": "a"}]}', "http://127.0.0.1/done", "", *place, -1, "")


def test_a_task_that_is_not_created_with_anything_has_no_items_and_notifies_nobody() -> None:
    assert new_task(rated(0), 0, born(0))[2:5] == ("", "", "")


@given(tasks, cursors, buckets)
def test_a_task_at_another_place_is_the_same_task(task: Task, cursor: Cursor, buckets: tuple[int, ...]) -> None:
    moved = task.at(cursor, buckets)
    assert (moved.cursor, moved.buckets) == (cursor, buckets)
    assert moved[:5] == task[:5]
    assert moved.at(task.cursor, task.buckets) == task
    assert unpack(task.pack_at(cursor, buckets)) == moved


@given(tasks, manuals)
def test_what_people_set_comes_back_as_it_was(task: Task, manual: Manual) -> None:
    assert unpack(task.by_hand(manual).pack()).set_by_hand() == manual
    assert task.by_hand(UNTOUCHED).manual == ""


@given(tasks, st.integers(0, 2**40))
def test_a_record_says_up_to_where_its_items_are_counted(task: Task, walked: int) -> None:
    assert unpack(task.pack_at(task.cursor, task.buckets, walked)) == task._replace(walked=walked)


@given(plain)
def test_only_tasks_whose_items_have_steps_or_that_people_moved_store_anything_for_that(task: Task) -> None:
    assert len(task.pack()) == 11 + len(task.buckets)
    assert len(task._replace(walked=0).pack()) == 13 + len(task.buckets)
    assert new_task(rated(1), 0, born(0)).walked == -1
    assert new_task(scenario_of(Step("items"), items=(BY_TIME,)), 0, born(0)).walked == 0


def test_a_reason_that_many_items_share_is_stored_once() -> None:
    starts = {k: Start(1, 0, 0, 1, "not a valid video") for k in range(50)}
    task = new_task(rated(0), 0, born(0)).by_hand(Manual(starts))
    assert task.manual.count("not a valid video") == 1


def test_a_tasks_draws_come_from_its_own_seed_and_id() -> None:
    one = new_task(rated(0), 7, born(0))
    assert one.draws("a") == (7, "a")
    assert one.draws("a").unit("for", 0) == new_task(rated(1), 7, born(99)).draws("a").unit("for", 0)


def test_tasks_of_one_id_at_two_vendors_are_two_tasks() -> None:
    assert len({Key("one", "a"), Key("two", "a"), Key("one", "b"), Key("one", "a")}) == 3


@pytest.mark.parametrize("fields", [[], [{"key": "a.mp4"}, {}]])
def test_a_task_keeps_the_items_it_was_created_with(fields: list[dict[str, str]]) -> None:
    items = new_task(rated(0), 0, born(0), given=given_text(fields)).items()
    assert [item.fields for item in items] == fields
    assert not any(item.steps for item in items)
