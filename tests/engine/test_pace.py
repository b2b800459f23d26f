"""What tasks with a notify address play: nothing waits for polls that may never come, and nothing ends later for it."""

from __future__ import annotations

from graphlib import TopologicalSorter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.engine import walk as engine
from mock_server.engine.cursor import Crossing, Cursor, born, due, poll
from mock_server.engine.draws import Draws
from mock_server.engine.durations import LONGEST, Span
from mock_server.engine.forecast import forecast
from mock_server.engine.pace import PACE, paced, paced_steps
from mock_server.engine.run import run_of
from mock_server.engine.scenario import Edge, Item, Scenario, State, Step
from mock_server.engine.task import Key, new_task
from tests.engine.test_cursor_laws import visits
from tests.engine.test_item_steps import BY_POLLS, BY_TIME, WHOLE
from tests.support.strategies import VENDOR, Ask, Walk, lasting, loaded_items, scenario_of, scenarios, walks, ways

END = Step("end", State.SUCCEEDED)
DRAWS = Draws(0, "made-up.1")
paces = st.integers(1, 3_000)
LATER = 10**12


def waiting(*to: int, polls: int | None = 2, lasts: Span | None = None, hold: bool = False) -> Step:
    """A step that leads on."""
    return Step("waits", State.PROCESSING, polls=polls, lasts=lasts, edges=ways(*to), hold=hold)


def lengths(*steps: Step) -> list[int | None]:
    """How long each step lasts in the variant, with a pace of 100 ms."""
    return [None if step.lasts is None else step.lasts.low for step in paced_steps(steps, 100)]


def test_a_step_that_waits_for_polls_also_ends_after_a_pace_for_each() -> None:
    assert lengths(waiting(1, polls=2), waiting(2, polls=1), END) == [200, 100, None]


def test_polls_still_end_it_if_they_come_first() -> None:
    scenario = paced(scenario_of(waiting(1), END), 100)
    cursor, _ = poll(scenario, DRAWS, born(0), 10)
    cursor, crossing = poll(scenario, DRAWS, cursor, 20)
    assert crossing == Crossing(0, 1, 20)


def test_an_error_that_polls_end_is_no_different() -> None:
    assert lengths(Step("error", error=599, polls=3, edges=ways(1)), END) == [300, None]


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ((waiting(1, polls=2, lasts=lasting(5)), END), [5, None]),
        ((waiting(1, polls=None, lasts=lasting(5)), END), [5, None]),
        ((waiting(1, polls=None, hold=True), END), [None, None]),
        ((Step("asks", State.PROCESSING, edges=(Edge(1, 0), Edge(2, 0))), END, END), [None, None, None]),
        ((waiting(0),), [None]),
        ((waiting(1), waiting(0, 2), END), [None, None, None]),
        ((waiting(1), waiting(2), waiting(1, 3), END), [200, None, None, None]),
        ((waiting(1), waiting(2, 3), waiting(1, lasts=lasting(5)), waiting(4), END), [200, None, 5, 200, None]),
    ],
    ids=["with for", "for alone", "held", "people alone", "itself", "two", "behind one", "before and behind one"],
)
def test_other_steps_are_as_they_are_written(steps: tuple[Step, ...], expected: list[int | None]) -> None:
    assert lengths(*steps) == expected


def test_a_way_back_that_only_people_take_is_no_loop() -> None:
    back = Step("waits", State.PROCESSING, polls=2, edges=(Edge(2), Edge(0, 0)))
    assert lengths(waiting(1), back, END) == [200, 200, None]


def test_a_step_between_two_loops_ends() -> None:
    steps = (waiting(0, 1), waiting(2), waiting(2, 3), END)
    assert lengths(*steps) == [None, 200, None, None]


def test_no_step_lasts_longer_than_can_be_written() -> None:
    (step, _) = paced_steps((waiting(1, polls=1_000_000), END), 10**9)
    assert step.lasts == Span(LONGEST, LONGEST)


def test_a_scenario_in_which_nothing_waits_for_polls_alone_is_its_own_variant() -> None:
    scenario = scenario_of(waiting(1, polls=None, lasts=lasting(5)), END, items=(Item(), Item()))
    assert paced(scenario, PACE) is scenario


def test_a_thousand_steps_take_no_time_to_speak_of() -> None:
    steps = [waiting(k + 1, max(0, k - 5)) if k % 3 == 0 else waiting(k + 1) for k in range(999)]
    assert sum(step.lasts is None for step in paced_steps((*steps, END), 1)) > 500


@given(scenarios(), paces)
def test_the_variant_differs_in_nothing_but_how_long_steps_last(scenario: Scenario, pace: int) -> None:
    found = paced(scenario, pace)
    for step, variant in zip(scenario.steps, found.steps, strict=True):
        if variant != step:
            assert (step.lasts, step.polls is not None, step.moves) == (None, True, True)
            assert variant.lasts == Span((step.polls or 0) * pace, (step.polls or 0) * pace)
    assert (found.version, found.rates, found.faults) == (scenario.version, scenario.rates, scenario.faults)


@given(scenarios(), paces)
def test_every_loop_of_the_variant_has_a_step_that_time_alone_does_not_end(scenario: Scenario, pace: int) -> None:
    timed = {
        k: [edge.to for edge in step.edges if edge.weight]
        for k, step in enumerate(paced(scenario, pace).steps)
        if step.lasts is not None and step.moves
    }
    TopologicalSorter(timed).prepare()


@given(scenarios(), paces)
def test_whatever_is_on_no_loop_and_waits_for_no_person_ends_without_polls(scenario: Scenario, pace: int) -> None:
    variant = paced(scenario, pace)
    for k, step in enumerate(variant.steps):
        if step.moves and not _comes_back(scenario, k):
            assert due(variant, DRAWS, Cursor(0, 0, k)) is not None


def _comes_back(scenario: Scenario, start: int) -> bool:
    """Whether polls and time may lead from a step to itself."""
    seen, ahead = set[int](), [start]
    while ahead:
        step = scenario.steps[ahead.pop()]
        for edge in step.edges if step.moves else ():
            if edge.weight and edge.to not in seen:
                seen.add(edge.to)
                ahead.append(edge.to)
    return start in seen


@given(walks(), paces)
def test_the_same_polls_take_the_same_way_and_no_step_ends_later_than_written(walk: Walk, pace: int) -> None:
    asks = (*walk.asks, Ask(5_000, "look"))
    written = visits(walk, asks)[1]
    found = visits(walk._replace(scenario=paced(walk.scenario, pace)), asks)[1]
    assert len(found) >= len(written)
    for early, late in zip(found, written, strict=False):
        assert (early.origin, early.to) == (late.origin, late.to)
        assert early.at <= late.at


def numbers(items: tuple[Item, ...], now: int, polls: int = 0) -> tuple[int, ...]:
    """Where items stand that began at 0."""
    return engine.walk(engine.Walkers(items, DRAWS), Cursor(0, 0, polls=polls), now).numbers


@pytest.mark.parametrize(
    ("now", "polls", "expected"),
    [
        (0, 0, 0),
        (199, 0, 0),
        (200, 0, 1),
        (299, 0, 1),
        (300, 0, 2),
        (0, 1, 0),
        (0, 2, 1),
        (0, 3, 2),
        (199, 1, 0),
        (200, 1, 1),
        (250, 2, 1),
        (250, 3, 2),
    ],
)
def test_items_count_the_paces_since_they_began_where_there_were_fewer_polls(
    now: int, polls: int, expected: int
) -> None:
    (item,) = paced(scenario_of(WHOLE, items=(BY_POLLS,)), 100).items[VENDOR]
    assert numbers((item,), now, polls) == (expected,)


def test_items_that_share_their_steps_still_do_and_others_are_as_written() -> None:
    items = paced(scenario_of(WHOLE, items=(BY_POLLS, BY_TIME, BY_POLLS)), 100).items[VENDOR]
    assert items[0].steps is items[2].steps
    assert items[1] is BY_TIME


def test_it_is_known_when_items_that_count_polls_will_move_on() -> None:
    scenario = paced(scenario_of(WHOLE, items=(BY_POLLS,)), 100)
    run = run_of(scenario, Key(VENDOR, DRAWS.id), new_task(scenario, 0, born(0)), 0)
    assert run.due == 200
    coming = [(each.at, each.to) for each in forecast(run)]
    assert coming == [(200, "second"), (300, "end")]
    polled = run_of(scenario, run.key, run.task.at(run.cursor._replace(polls=2, asked=2), ()), 50)
    assert [stay and (stay.number, stay.since, stay.due) for stay in (polled.stay(0),)] == [(1, None, 300)]


@given(st.lists(loaded_items(), min_size=1, max_size=3), paces, st.integers(0, 9), st.integers(0, 9_000))
def test_no_item_is_behind_where_it_is_written_to_be(script: list[Item], pace: int, polls: int, now: int) -> None:
    items = paced(scenario_of(WHOLE, items=tuple(script)), pace).items[VENDOR]
    written = engine.walk(engine.Walkers(script, DRAWS), Cursor(0, 0, polls=polls), now)
    found = engine.walk(engine.Walkers(items, DRAWS), Cursor(0, 0, polls=polls), now)
    assert all(early >= late for early, late in zip(found.numbers, written.numbers, strict=True))


@given(st.lists(loaded_items(), min_size=1, max_size=3), paces)
def test_items_end_without_polls_unless_they_wait_for_a_person(script: list[Item], pace: int) -> None:
    items = paced(scenario_of(WHOLE, items=tuple(script)), pace).items[VENDOR]
    places = engine.walk(engine.Walkers(items, DRAWS), Cursor(0, 0), LATER).places
    assert all(place.is_final or place.hold for place in places)
