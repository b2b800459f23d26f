"""The laws of time, for every valid scenario, place and moment."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from mock_server.engine.cursor import Crossing, Cursor, advance, due, poll, shift
from mock_server.engine.draws import Draws
from mock_server.engine.scenario import Scenario
from tests.support.strategies import Ask, Walk, moments, walks


def visits(walk: Walk, asks: tuple[Ask, ...]) -> tuple[Cursor, list[Crossing]]:
    """The task after all these have come, and what it crossed."""
    cursor, now, crossed = walk.cursor, walk.cursor.since, list[Crossing]()
    for ask in asks:
        now += ask.gap
        cursor, on_the_way = advance(walk.scenario, walk.draws, cursor, now)
        crossed += on_the_way
        if ask.kind != "look":
            cursor, crossing = poll(walk.scenario, walk.draws, cursor, now, counts=ask.kind == "counted")
            crossed += [crossing] if crossing else []
    return cursor, crossed


def without_looks(asks: tuple[Ask, ...]) -> tuple[Ask, ...]:
    """The same polls at the same moments, with nobody looking in between."""
    kept, gap = list[Ask](), 0
    for ask in asks:
        gap += ask.gap
        if ask.kind != "look":
            kept.append(ask._replace(gap=gap))
            gap = 0
    return (*kept, Ask(gap, "look"))


@given(walks(), moments(), moments())
def test_advancing_twice_is_advancing_once_to_the_later_moment(walk: Walk, a: int, b: int) -> None:
    scenario, draws, cursor, _ = walk
    half, first = advance(scenario, draws, cursor, a)
    whole, second = advance(scenario, draws, half, b)
    assert (whole, first + second) == advance(scenario, draws, cursor, max(a, b))


@given(walks(), st.integers(1, 10_000))
def test_a_moment_before_the_entry_changes_nothing(walk: Walk, before: int) -> None:
    assert advance(walk.scenario, walk.draws, walk.cursor, walk.cursor.since - before) == (walk.cursor, ())


@given(walks())
def test_an_advance_makes_at_most_as_many_hops_as_there_are_steps(walk: Walk) -> None:
    _, crossed = advance(walk.scenario, walk.draws, walk.cursor, 10**12)
    assert len(crossed) <= len(walk.scenario.steps)


@given(walks())
def test_nobody_who_looks_changes_what_polls_see(walk: Walk) -> None:
    assert visits(walk, (*walk.asks, Ask(0, "look"))) == visits(walk, without_looks(walk.asks))


@given(walks())
def test_what_was_crossed_is_one_unbroken_way_through_the_scenario(walk: Walk) -> None:
    start, (end, crossed) = walk.cursor, visits(walk, walk.asks)
    stops = [Crossing(-1, start.step, start.since), *crossed]
    assert all(one.to == two.origin and one.at <= two.at for one, two in pairwise(stops))
    assert all(is_open(walk.scenario, crossing) for crossing in crossed)
    assert (end.step, end.since, end.hops) == (stops[-1].to, stops[-1].at, start.hops + len(crossed))
    assert end.born == start.born


def is_open(scenario: Scenario, crossing: Crossing) -> bool:
    """Whether polls or time may take this edge."""
    return crossing.to in {edge.to for edge in scenario.steps[crossing.origin].edges if edge.weight}


@given(walks())
def test_every_poll_is_asked_and_only_counted_ones_count(walk: Walk) -> None:
    kinds = [ask.kind for ask in walk.asks]
    end, crossed = visits(walk, walk.asks)
    assert end.asked == walk.cursor.asked + len(kinds) - kinds.count("look")
    assert end.polls <= walk.cursor.polls + kinds.count("counted")
    assert crossed or end.polls == walk.cursor.polls + kinds.count("counted")


@given(walks(), st.integers(0, 5_000))
def test_polls_n_takes_up_exactly_n_polls(walk: Walk, later: int) -> None:
    scenario, draws, start, _ = walk
    step = scenario.steps[start.step]
    cursor, now = start, start.since + later
    for left in range((step.polls or 9) - start.polls, 0, -1):
        cursor, crossing = poll(scenario, draws, cursor, now)
        assert (crossing is not None) == (left == 1 and step.polls is not None and step.moves)


@given(walks())
def test_the_due_moment_is_when_time_first_moves_the_task(walk: Walk) -> None:
    scenario, draws, cursor, _ = walk
    end = due(scenario, draws, cursor)
    latest = 10**12 if end is None else end - 1
    assert advance(scenario, draws, cursor, latest) == (cursor, ())
    assert end is None or advance(scenario, draws, cursor, end)[1][0].at == end


@given(walks(), st.integers(-5_000, 5_000), moments())
def test_a_shifted_task_is_the_same_task_seen_later(walk: Walk, by: int, now: int) -> None:
    scenario, draws, cursor, _ = walk
    shifted, crossed = advance(scenario, draws, shift(cursor, by), now)
    plain, as_crossed = advance(scenario, draws, cursor, now + by)
    assert shifted == shift(plain, by)
    assert [edge[:2] for edge in crossed] == [edge[:2] for edge in as_crossed]


@given(walks())
def test_a_replica_that_knows_seed_and_id_takes_the_same_way(walk: Walk) -> None:
    elsewhere = walk._replace(draws=Draws(walk.draws.seed, walk.draws.id))
    assert visits(walk, walk.asks) == visits(elsewhere, walk.asks)
