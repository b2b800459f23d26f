"""A task that is played alone sees what a server answers, and its moments are those at which something changes."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.emulator.course import Course, cell_of, course_of
from mock_server.emulator.playback import Playback
from mock_server.engine.durations import length
from mock_server.engine.scenario import Daily, Effect, Fault, Item, Scenario, When, Window
from mock_server.engine.task import Key
from mock_server.scenarios.timeline.phrases import moment
from tests.support.documents import Block, blocks, is_scenario
from tests.support.emulators import renderer
from tests.support.loading import load, scenario
from tests.support.strategies import items, scenarios

START = 1_767_225_600_000
TABLES = [block for block in blocks("yaml") if is_scenario(block) and block.table]


def playback(scenario: Scenario, vendor: str = "qiniu", id: str = "made-up.1") -> Playback:
    """A task of the scenario that nobody has polled."""
    return Playback(renderer(), scenario, Key(vendor, id), 0, START)


def polled_at(start: Playback, moments: Sequence[int]) -> list[str]:
    """The cells of polls at these moments."""
    cells = []
    for at in moments:
        polled, start = start.poll(START + at)
        dialect = start.renderer.registry.dialect(start.key.vendor, start.scenario.options)
        cells.append(cell_of(polled.entry, dialect))
    return cells


@pytest.mark.parametrize("block", TABLES, ids=lambda block: block.where)
def test_cells_are_written_as_the_documentation_writes_them(block: Block) -> None:
    scenario = load(block.text, block.name).scenario
    (_, *vendors), *rows = block.table
    moments = [0 if row[0] == "0s" else length(row[0]) for row in rows]
    for column, vendor in enumerate(vendors, 1):
        told = [row[column].replace("`", "") for row in rows]
        assert polled_at(playback(scenario, vendor, f"{scenario.name}.t"), moments) == told


@pytest.mark.parametrize(
    ("fault", "cell"),
    [
        ("{error: 599, headers: {Retry-After: '5'}}", "599"),
        ("{fault: reset}", "reset"),
        ("{fault: malformed, delay: 250ms}", "malformed, 250ms late"),
        ("{fault: html}", "502, html"),
        ("{fault: html, status: 200}", "html"),
        ("{fault: charset}", "0 [0], charset"),
        ("{fault: stale}", "0 [0], stale"),
        ("{fault: dribble, over: 2s}", "0 [0], dribble"),
        ("{status: 203}", "203 0 [0]"),
        ("{status: 304}", "304"),
        ("{body: 'null'}", "body"),
        ("{body: 'no', status: 503}", "503, body"),
        ("{redirect: self}", "302, redirect"),
        ("{length: +5}", "bad_length"),
        ("{headers: {X-Reqid: null}}", "0 [0]"),
    ],
)
def test_a_cell_says_what_a_fault_left_of_a_response(fault: str, cell: str) -> None:
    made = scenario(f"steps: [{{state: succeeded}}]\nfaults: [{fault}]\n")
    assert polled_at(playback(made), [0]) == [cell]


@pytest.mark.parametrize(
    ("ms", "text"),
    [(0, "0s"), (250, "250ms"), (3_999, "3.999s"), (90_000, "90s"), (195_327, "3m15.327s"), (7_200_000, "2h"),
     (3_661_000, "1h1m1s"), (864_000_000, "10d"), (90_061_001, "1d1h1m1.001s")],
)  # fmt: skip
def test_a_moment_is_exact_and_in_units_that_are_easy_to_read(ms: int, text: str) -> None:
    assert moment(ms) == text


def by_time(made: Scenario) -> Scenario:
    """The scenario with steps that polls do not end."""
    steps = [dataclasses.replace(step, polls=None) for step in made.steps]
    return dataclasses.replace(made, steps=tuple(steps), vendors=("qiniu", "wangsu"))


def windows() -> st.SearchStrategy[Fault]:
    """A fault with a window of time, since birth or of each day."""
    low = st.integers(0, 9_000)
    since = st.builds(lambda low, lasts: When(time=Window(low, low + lasts)), low, st.integers(1, 5_000))
    daily = st.builds(lambda low, lasts: When(daily=Daily(low, lasts)), low, st.integers(1, 5_000))
    return st.builds(Fault, since | daily, st.sampled_from([Effect(error=599), Effect(fault="reset")]))


@given(scenarios().map(by_time), st.lists(windows(), max_size=2), st.none() | st.integers(1, 9_000), st.data())
def test_between_two_rows_of_a_task_that_time_moves_nothing_changes(
    made: Scenario, faults: list[Fault], expires: int | None, data: st.DataObject
) -> None:
    made = dataclasses.replace(made, faults=tuple(faults), expires=expires)
    course = course_of([playback(made)], 1_000, 200)
    assert_course(made, course, data)


def test_a_delay_that_is_drawn_is_no_change() -> None:
    made = scenario("steps: [{state: waiting, polls: 3}, {state: succeeded}]\nfaults: [{delay: 1ms..1s}]\n")
    assert [row.at for row in course_of([playback(made)], 1_000, 200).rows] == [0, 3_000]


def test_a_fault_by_chance_makes_no_moments_of_its_own() -> None:
    made = scenario(
        "steps: [{state: waiting, for: 1h}, {state: succeeded}]\nfaults: [{when: {chance: 0.5}, error: 599}]\n"
    )
    assert course_of([playback(made)], 1_000, 200).polls < 6


ONE_BY_ONE = scenario("items: [{steps: [{state: processing, for: 3s}, {state: succeeded}]}]")


@given(st.lists(items(), min_size=1, max_size=4), st.data())
def test_so_it_is_with_items_that_time_moves(made: list[Item], data: st.DataObject) -> None:
    timed = [item for item in made if all(step.polls is None for step in item.steps)]
    listed = tuple(timed) or ONE_BY_ONE.items["qiniu"]
    whole = dataclasses.replace(ONE_BY_ONE, items=dict.fromkeys(ONE_BY_ONE.vendors, listed))
    assert_course(whole, course_of([playback(whole)], 1_000, 200), data)


def assert_course(made: Scenario, course: Course, data: st.DataObject) -> None:
    """A poll at any moment sees what the last row says, and each row is another than the one before."""
    for before, after in pairwise(course.rows):
        assert (before.cells, before.notes) != (after.cells, after.notes)
    last = course.rows[-1].at
    at = data.draw(st.integers(0, last + 2_000 if course.ending == "end" else last))
    row = next(row for row in reversed(course.rows) if row.at <= at)
    assert polled_at(playback(made), [0, at])[1] == row.cells[0]
