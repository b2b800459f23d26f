"""Tasks with a notify address end though nobody polls them; all others are as their scenario is written."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mock_server.assembly import assemble
from mock_server.control.listing import Paging
from mock_server.control.task_view import Wanted
from mock_server.engine.cursor import BIRTH
from mock_server.engine.scenario import Scenario
from mock_server.engine.task import Key
from mock_server.settings import Settings
from tests.support.emulators import World, body, scenario

PFOP = b"bucket=b&key=waits/7.mp4&fops=avthumb/mp4"
ADDRESS = "http://127.0.0.1:9/n"
WAITS = scenario(
    "steps: [{state: waiting, polls: 1}, {state: processing, polls: 2}, {state: succeeded}]\n",
    "waits",
)
LOOPS = scenario(
    "steps: [{state: waiting, polls: 1}, {state: processing, polls: 1, next: {processing: 1, succeeded: 0}},"
    " {state: succeeded}]\n",
    "waits",
)
HELD = scenario("steps: [{state: waiting, polls: 1}, {state: processing, hold: true}, {state: succeeded}]\n", "waits")
ITEMS = scenario(
    "items: {count: 2, each: {steps: [{state: waiting, polls: 2}, {state: processing, polls: 1}, {state: succeeded}]}}",
    "waits",
)


def world(played: Scenario = WAITS, address: str = ADDRESS) -> World:
    """A world with one task that nobody has polled."""
    made = World(played)
    made.do.tasks.create("qiniu", "waits", "waits.1", notify=address)
    return made


def state(made: World) -> str:
    return str(made.do.tasks.read(Key("qiniu", "waits.1")).state)


@pytest.mark.parametrize(
    ("after", "expected"),
    [(0, "waiting"), (2_999, "waiting"), (3_000, "processing"), (8_999, "processing"), (9_000, "succeeded")],
)
def test_a_task_with_an_address_goes_on_by_the_pace(after: int, expected: str) -> None:
    made = world()
    made.advance(after)
    assert state(made) == expected


def test_a_task_without_an_address_waits_for_polls() -> None:
    made = world(address="")
    made.advance(10**9)
    assert state(made) == "waiting"


def test_polls_move_it_on_as_written_where_they_come_first() -> None:
    made = world()
    codes = [body(made.poll("waits.1"))["code"] for _ in range(4)]
    assert codes == [1, 2, 2, 0]


def test_a_submitted_task_with_an_address_ends_and_one_without_does_not() -> None:
    made = World(WAITS)
    with_address, without = [
        body(made.ask("/pfop", "POST", PFOP + more))["persistentId"] for more in (b"&notifyURL=http://a.test/", b"")
    ]
    made.advance(9_000)
    assert [body(made.poll(id))["code"] for id in (with_address, without)] == [0, 1]


@pytest.mark.parametrize("played", [LOOPS, HELD], ids=["loop", "held"])
def test_a_loop_and_a_held_step_are_not_paced(played: Scenario) -> None:
    made = world(played)
    made.advance(10**9)
    assert state(made) == "processing"


@pytest.mark.parametrize(
    ("after", "expected"), [(5_999, "waiting"), (6_000, "processing"), (8_999, "processing"), (9_000, "succeeded")]
)
def test_items_that_count_polls_go_on_by_the_pace_too(after: int, expected: str) -> None:
    made = world(ITEMS)
    made.advance(after)
    assert state(made) == expected


def test_each_change_of_step_of_paced_items_is_counted_once() -> None:
    made = world(ITEMS)
    for _ in range(12):
        made.poll("waits.1")
        made.advance(1_000)
    items = {(origin, to): count for (_, origin, to), count in made.counters().crossed.items() if to > 0}
    assert items == {(BIRTH, 1): 2, (1, 2): 2, (2, 3): 2}


def test_the_list_of_tasks_knows_what_shows_by_the_pace() -> None:
    made = world()
    made.advance(3_000)
    for wanted, count in (("waiting", 0), ("processing", 1), ("succeeded", 0)):
        assert len(made.do.tasks.page(Wanted(state=wanted), Paging()).views) == count


def test_a_bundle_goes_on_at_the_same_pace() -> None:
    made = world(replace(WAITS, text=WAITS.version))
    made.advance(4_000)
    made.restart()
    made.advance(4_999)
    assert state(made) == "processing"
    made.advance(1)
    assert state(made) == "succeeded"


def test_the_pace_is_a_setting() -> None:
    server = assemble(Settings(pace="250ms", no_reload=True), real_clock=lambda: 0)
    found = server.catalogue.library
    assert found.pace == 250
    happy = found.scenarios["happy-path"]
    lasting = [step.lasts.low if step.lasts else None for step in found.paced(happy).steps]
    assert lasting == [250, 250, None]
