"""Items: what a step says of them, and items that walk by themselves, whose place is a pure function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.engine import walk as engine
from mock_server.engine.cursor import Cursor, born
from mock_server.engine.draws import Draws
from mock_server.engine.run import Run, run_of
from mock_server.engine.scenario import Edge, Item, ItemStep, Shown, State, Step
from mock_server.engine.task import Key, new_task
from tests.engine.test_cursor import independent_unit
from tests.support.strategies import VENDOR, draws, items, lasting, scenario_of, ways

DRAWS = Draws(0, "made-up.1")
LATER = st.integers(0, 9_000)
FAILED = State.FAILED
TWO_FAILED = (Shown(FAILED), Shown(FAILED, "its own"))
WHOLE = Step("items")
BY_TIME = Item(
    steps=(
        ItemStep("first", State.WAITING, lasts=lasting(1_000), edges=ways(1)),
        ItemStep("second", State.PROCESSING, lasts=lasting(500), edges=ways(2)),
        ItemStep("end", State.FAILED, reason="not a valid video"),
    )
)
BY_POLLS = Item(
    steps=(
        ItemStep("first", State.WAITING, polls=2, edges=ways(1)),
        ItemStep("second", State.PROCESSING, polls=1, edges=ways(2)),
        ItemStep("end", State.SUCCEEDED),
    )
)
DRAWN = Item(
    steps=(
        ItemStep("first", State.WAITING, lasts=lasting(1_000, 9_000), edges=ways(1)),
        ItemStep("second", State.PROCESSING, lasts=lasting(1_000, 9_000), edges=(Edge(2, 3), Edge(3, 1))),
        ItemStep("good", State.SUCCEEDED),
        ItemStep("bad", State.FAILED),
    )
)


def shown(cursor: Cursor, now: int, *script: Item, draws: Draws = DRAWS) -> list[State]:
    """The states of items that walk by themselves."""
    return [place.state for place in engine.walk(engine.Walkers(script, draws), cursor, now).places]


def run_at(step: Step, script: tuple[Item, ...], now: int) -> Run:
    """A task that was born at 0 and plays these items, at `now`."""
    scenario = scenario_of(step, items=script)
    return run_of(scenario, Key(VENDOR, DRAWS.id), new_task(scenario, DRAWS.seed, born(0)), now)


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (Step("plain", State.PROCESSING), [(State.PROCESSING, None)] * 2),
        (Step("reason", State.FAILED, reason="too big"), [(FAILED, "too big")] * 2),
        (Step("none", State.SUCCEEDED, items=()), []),
        (Step("words", State.FAILED, items=TWO_FAILED, reason="all's"), [(FAILED, "all's"), (FAILED, "its own")]),
    ],
    ids=lambda value: value.name if isinstance(value, Step) else "",
)
def test_items_show_what_their_step_says(step: Step, expected: list[tuple[State, str | None]]) -> None:
    plain = (Item(), Item())
    assert list(run_at(step, plain, 0).shown) == expected


@pytest.mark.parametrize(
    ("now", "state"),
    [
        (0, State.WAITING),
        (999, State.WAITING),
        (1_000, State.PROCESSING),
        (1_499, State.PROCESSING),
        (1_500, State.FAILED),
    ],
)
def test_an_item_moves_at_its_due_moments(now: int, state: State) -> None:
    assert shown(Cursor(0, since=7_000), 7_000 + now, BY_TIME) == [state]


@pytest.mark.parametrize(
    ("polls", "state"),
    [(0, State.WAITING), (1, State.WAITING), (2, State.PROCESSING), (3, State.SUCCEEDED), (99, State.SUCCEEDED)],
)
def test_an_item_moves_with_its_last_poll(polls: int, state: State) -> None:
    assert shown(Cursor(0, 0, polls=polls), 10**9, BY_POLLS) == [state]


def test_an_item_gives_the_reason_of_the_step_it_stands_in() -> None:
    (item,) = run_at(WHOLE, (BY_TIME,), 2_000).shown
    assert item == Shown(State.FAILED, "not a valid video")


def test_an_item_without_steps_succeeded_beside_others_that_walk() -> None:
    assert shown(born(0), 0, Item(), BY_TIME) == [State.SUCCEEDED, State.WAITING]


@pytest.mark.parametrize("k", range(8))
def test_each_item_draws_its_own_lengths_and_ways(k: int) -> None:
    first, second = (1_000 + int(independent_unit(DRAWS, "for", k, m) * 8_001) for m in (0, 1))
    last = State.SUCCEEDED if independent_unit(DRAWS, "next", k, 1) * 4 < 3 else State.FAILED
    moments = [first - 1, first, first + second - 1, first + second]
    script = (DRAWN,) * (k + 1)
    seen = [shown(born(0), now, *script)[k] for now in moments]
    assert seen == [State.WAITING, State.PROCESSING, State.PROCESSING, last]


@pytest.mark.parametrize(
    ("now", "over"),
    [(0, False), (1_499, False), (1_500, True)],
)
def test_items_are_over_when_the_last_of_them_is(now: int, over: bool) -> None:
    quick = Item(steps=(ItemStep("end", State.SUCCEEDED),))
    script = (quick, Item(), BY_TIME)
    assert run_at(WHOLE, script, now).ended is over


@pytest.mark.parametrize("k", range(4))
def test_items_with_drawn_steps_are_over_just_when_they_show_an_end(k: int) -> None:
    script = (*[Item()] * k, DRAWN)
    end = sum(1_000 + int(independent_unit(DRAWS, "for", k, m) * 8_001) for m in (0, 1))
    assert [run_at(WHOLE, script, end - early).ended for early in (1, 0)] == [False, True]


def test_an_item_draws_anew_for_each_of_many_steps() -> None:
    count = 6
    steps = [ItemStep(f"s{m}", State.PROCESSING, lasts=lasting(1_000, 9_000), edges=ways(m + 1)) for m in range(count)]
    script = (Item(steps=(*steps, ItemStep("end", State.SUCCEEDED))),)
    end = sum(1_000 + int(independent_unit(DRAWS, "for", 0, m) * 8_001) for m in range(count))
    assert shown(Cursor(0, 0), end - 1, *script) == [State.PROCESSING]
    assert shown(Cursor(0, 0), end, *script) == [State.SUCCEEDED]


def test_an_item_stays_where_neither_polls_nor_time_lead_on() -> None:
    script = (Item(steps=(ItemStep("stays", State.WAITING, edges=ways(1)), ItemStep("end", State.SUCCEEDED))),)
    assert shown(Cursor(0, 0, polls=99), 10**12, *script) == [State.WAITING]


def test_an_item_that_processes_for_ever_is_never_over() -> None:
    script = (Item(steps=(ItemStep("stuck", State.PROCESSING),)),)
    assert run_at(WHOLE, script, 10**12).ended is False


def walks(monkeypatch: pytest.MonkeyPatch, script: tuple[Item, ...], look: Callable[[Run], object]) -> int:
    """How many items are walked to make a run and look at it."""
    count = 0
    walk = engine._walk

    def counted(*args: Any) -> Any:
        nonlocal count
        count += 1
        return walk(*args)

    with monkeypatch.context() as patched:
        patched.setattr(engine, "_walk", counted)
        look(run_at(WHOLE, script, 1_200))
    return count


@pytest.mark.parametrize(("script", "expected"), [((BY_TIME,) * 7, 1), ((DRAWN,) * 7, 7), ((BY_TIME, DRAWN) * 3, 4)])
def test_items_are_walked_once_however_often_their_run_is_looked_at(
    monkeypatch: pytest.MonkeyPatch, script: tuple[Item, ...], expected: int
) -> None:
    assert walks(monkeypatch, script, lambda run: (run.shown, run.ended, run.state(lambda _: FAILED))) == expected


@given(draws(), st.lists(items(), min_size=1, max_size=4), st.integers(0, 9), LATER)
def test_items_that_share_steps_stand_where_each_would_alone(
    draws: Draws, script: list[Item], polls: int, now: int
) -> None:
    fixed = [item for item in script if item.is_fixed]
    shared = engine.walk(engine.Walkers((*fixed, *fixed), draws), Cursor(0, 0, polls=polls), now).places
    alone = [engine.walk(engine.Walkers((item,), draws), Cursor(0, 0, polls=polls), now).places[0] for item in fixed]
    assert list(shared) == alone * 2


@given(draws(), st.lists(items(), min_size=1, max_size=4), st.integers(0, 9), st.integers(0, 9), LATER, LATER)
def test_items_never_go_back(draws: Draws, script: list[Item], polls: int, more: int, now: int, later: int) -> None:
    before = places(script, draws, Cursor(0, 0, polls=polls), now)
    after = places(script, draws, Cursor(0, 0, polls=polls + more), now + later)
    assert all(one <= two for one, two in zip(before, after, strict=True))


@given(draws(), st.lists(items(), min_size=1, max_size=4), st.integers(0, 9), st.integers(0, 9_000))
def test_an_items_place_depends_on_nothing_but_seed_id_position_entry_moment_and_polls(
    draws: Draws, script: list[Item], polls: int, now: int
) -> None:
    one = Cursor(0, 100, polls=polls)
    other = Cursor(-7, 100, polls=polls, hops=5, asked=41)
    assert places(script, draws, one, now) == places(script, draws, other, now)
    assert places(script[:1], draws, one, now) == places(script, draws, one, now)[:1]


def places(script: list[Item], draws: Draws, cursor: Cursor, now: int) -> list[int]:
    """The position of the step that each item stands in, read from a copy that shows it as its reason."""
    marked = tuple(
        Item(
            steps=tuple(ItemStep(s.name, s.state, s.polls, s.lasts, s.edges, str(k)) for k, s in enumerate(item.steps))
        )
        for item in script
    )
    return [int(place.reason or 0) for place in engine.walk(engine.Walkers(marked, draws), cursor, now).places]
