"""The record of a task: it loses nothing, and costs the garbage collector nothing."""

from __future__ import annotations

import gc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.engine.cursor import Cursor, born
from mock_server.engine.scenario import Effect, Fault, Rate, Scenario, State, Step, When
from mock_server.engine.task import Key, Task, given_text, new_task, unpack

times = st.integers(-(2**63), 2**63)
counts = st.integers(0, 2**40)
cursors = st.builds(Cursor, times, times, counts, counts, counts, counts)
buckets = st.lists(times, max_size=4).map(tuple[int, ...])
texts = (st.text(), times, st.text(), st.text(), st.text())
tasks = st.builds(Task, *texts, times, times, counts, counts, counts, counts, buckets)


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
    assert tuple(task) == ("slow@1f", 7, '{"items": [{"key": "a"}]}', "http://127.0.0.1/done", "", *place)


def test_a_task_that_is_not_created_with_anything_has_no_items_and_notifies_nobody() -> None:
    assert new_task(rated(0), 0, born(0))[2:5] == ("", "", "")


@given(tasks, cursors, buckets)
def test_a_task_at_another_place_is_the_same_task(task: Task, cursor: Cursor, buckets: tuple[int, ...]) -> None:
    moved = task.at(cursor, buckets)
    assert (moved.cursor, moved.buckets) == (cursor, buckets)
    assert moved[:5] == task[:5]
    assert moved.at(task.cursor, task.buckets) == task
    assert unpack(task.pack_at(cursor, buckets)) == moved


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
