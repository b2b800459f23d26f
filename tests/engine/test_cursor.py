"""The rules of steps, one example each."""

from __future__ import annotations

import json
from hashlib import blake2b

import pytest

from mock_server.engine import cursor as engine
from mock_server.engine.cursor import Crossing, Cursor
from mock_server.engine.draws import Draws
from mock_server.engine.run import sample
from mock_server.engine.scenario import Edge, State, Step
from tests.support.strategies import VENDOR, lasting, scenario_of, ways

DRAWS = Draws(0, "made-up.1")
END = Step("end", State.SUCCEEDED)
TIMED = scenario_of(
    Step("first", State.WAITING, lasts=lasting(3_000), edges=ways(1)),
    Step("second", State.PROCESSING, lasts=lasting(5_000), edges=ways(2)),
    END,
)
COUNTED = scenario_of(
    Step("first", State.WAITING, polls=2, edges=ways(1)),
    Step("second", State.PROCESSING, polls=1, edges=ways(2)),
    END,
)
EITHER = scenario_of(Step("both", State.WAITING, polls=2, lasts=lasting(3_000), edges=ways(1)), END)
LOOP = scenario_of(
    Step("rest", State.WAITING, lasts=lasting(1_000, 9_000), edges=ways(1)),
    Step("again", State.PROCESSING, polls=1, edges=(Edge(0, 3), Edge(2, 1))),
    END,
)


def independent_unit(draws: Draws, *what: str | int) -> float:
    """A draw as the language describes it, written anew."""
    text = json.dumps([draws.seed, draws.id, *what], separators=(",", ":"))
    return int(blake2b(text.encode("ascii")).hexdigest()[:16], 16) / 2**64


def test_a_task_is_born_in_its_first_step_with_nothing_counted() -> None:
    assert engine.born(700) == Cursor(born=700, since=700, step=0, polls=0, hops=0, asked=0)


@pytest.mark.parametrize(("now", "step"), [(0, 0), (2_999, 0), (3_000, 1), (7_999, 1), (8_000, 2)])
def test_a_step_holds_from_its_entry_until_just_before_its_end(now: int, step: int) -> None:
    assert engine.advance(TIMED, DRAWS, engine.born(0), now)[0].step == step


def test_a_late_poll_does_not_stretch_later_steps() -> None:
    cursor, _ = engine.advance(TIMED, DRAWS, engine.born(0), 7_000)
    assert cursor == Cursor(0, since=3_000, step=1, hops=1)
    assert engine.due(TIMED, DRAWS, cursor) == 8_000


def test_every_step_crossed_unseen_is_told_with_its_due_moment() -> None:
    cursor, crossed = engine.advance(TIMED, DRAWS, engine.born(100), 60_000)
    assert crossed == (Crossing(0, 1, 3_100), Crossing(1, 2, 8_100))
    assert cursor == Cursor(100, since=8_100, step=2, hops=2)


def test_a_moment_before_the_entry_changes_nothing() -> None:
    cursor = Cursor(0, since=5_000, step=1, polls=1, hops=1, asked=3)
    assert engine.advance(TIMED, DRAWS, cursor, -1) == (cursor, ())


def test_polls_end_a_step_with_the_last_of_them() -> None:
    first, none = engine.poll(COUNTED, DRAWS, engine.born(0), 10)
    second, crossing = engine.poll(COUNTED, DRAWS, first, 20)
    assert (first, none) == (Cursor(0, 0, step=0, polls=1, asked=1), None)
    assert (second, crossing) == (Cursor(0, since=20, step=1, hops=1, asked=2), Crossing(0, 1, 20))


def test_a_poll_that_comes_before_the_entry_does_not_take_the_task_back() -> None:
    cursor = Cursor(0, since=50, step=1)
    assert engine.poll(COUNTED, DRAWS, cursor, 20) == (Cursor(0, 50, step=2, hops=1, asked=1), Crossing(1, 2, 50))


def test_a_poll_that_does_not_count_raises_asked_only() -> None:
    cursor = Cursor(0, 0, step=0, polls=1, asked=4)
    assert engine.poll(COUNTED, DRAWS, cursor, 20, counts=False) == (cursor._replace(asked=5), None)


def test_time_first_ends_a_step_that_has_both() -> None:
    cursor, _ = engine.poll(EITHER, DRAWS, engine.born(0), 1_000)
    assert engine.advance(EITHER, DRAWS, cursor, 3_000) == (
        Cursor(0, since=3_000, step=1, polls=0, hops=1, asked=1),
        (Crossing(0, 1, 3_000),),
    )


def test_polls_first_end_a_step_that_has_both() -> None:
    cursor, _ = engine.poll(EITHER, DRAWS, engine.born(0), 1_000)
    assert engine.poll(EITHER, DRAWS, cursor, 2_000)[1] == Crossing(0, 1, 2_000)


def test_an_end_stays_whatever_happens() -> None:
    there = Cursor(0, since=8_000, step=2, hops=2)
    assert engine.due(TIMED, DRAWS, there) is None
    assert engine.advance(TIMED, DRAWS, there, 10**12) == (there, ())
    assert engine.poll(TIMED, DRAWS, there, 10**12) == (there._replace(polls=1, asked=1), None)


@pytest.mark.parametrize(
    "step",
    [
        Step("held", State.PROCESSING, polls=1, lasts=lasting(5), edges=ways(1), hold=True),
        Step("for hands", State.PROCESSING, polls=1, lasts=lasting(5), edges=(Edge(1, 0), Edge(1, 0))),
    ],
    ids=lambda step: step.name,
)
def test_a_step_that_only_a_hand_ends_outlasts_polls_and_time(step: Step) -> None:
    scenario = scenario_of(step, END)
    assert engine.advance(scenario, DRAWS, engine.born(0), 10**9) == (engine.born(0), ())
    assert engine.poll(scenario, DRAWS, engine.born(0), 10**9) == (Cursor(0, 0, polls=1, asked=1), None)


def test_a_loop_draws_anew_at_each_visit() -> None:
    cursor = engine.born(0)
    seen = []
    for hops in range(0, 12, 2):
        length = 1_000 + int(independent_unit(DRAWS, "for", hops) * 8_001)
        seen.append((engine.due(LOOP, DRAWS, cursor._replace(hops=hops)), cursor.since + length))
    assert [drawn for drawn, _ in seen] == [length for _, length in seen]
    assert len({length for _, length in seen}) == len(seen)


@pytest.mark.parametrize("hops", range(1, 30, 2))
def test_the_way_out_is_the_one_that_the_seed_and_the_hops_say(hops: int) -> None:
    cursor = Cursor(0, 0, step=1, hops=hops)
    to = 0 if independent_unit(DRAWS, "next", hops) * 4 < 3 else 2
    assert engine.poll(LOOP, DRAWS, cursor, 5)[1] == Crossing(1, to, 5)


def test_weights_are_kept_over_many_tasks() -> None:
    fork = scenario_of(Step("fork", State.PROCESSING, polls=1, edges=(Edge(1, 9), Edge(2, 1))), END, END)
    ends = [engine.poll(fork, Draws(0, f"t{k}"), engine.born(0), 0)[0].step for k in range(4_000)]
    # Five standard deviations; the draws are hashes, so the count is the same on every run.
    assert abs(ends.count(2) - 400) < 5 * (4_000 * 0.1 * 0.9) ** 0.5


class Fixed(Draws):
    """Draws that all come out as one half."""

    def unit(self, *what: str | int) -> float:
        return 0.5


@pytest.mark.parametrize(("weights", "to"), [((1, 1), 2), ((2, 1), 1), ((1, 2), 2), ((1, 1, 2), 3)])
def test_the_weight_of_an_edge_begins_where_that_of_the_one_before_ends(weights: tuple[int, ...], to: int) -> None:
    edges = tuple(Edge(k, weight) for k, weight in enumerate(weights, start=1))
    fork = scenario_of(Step("fork", State.PROCESSING, polls=1, edges=edges), *[END] * len(edges))
    assert engine.poll(fork, Fixed(0, "any"), engine.born(0), 0)[0].step == to


@pytest.mark.parametrize(
    "edges", [(Edge(1, 0), Edge(2, 1)), (Edge(1, 0), Edge(2, 1), Edge(2, 1)), (Edge(2), Edge(1, 0))]
)
def test_an_edge_for_hands_is_never_chosen(edges: tuple[Edge, ...]) -> None:
    fork = scenario_of(Step("fork", State.PROCESSING, polls=1, edges=edges), END, END)
    assert {engine.poll(fork, Draws(0, f"t{k}"), engine.born(0), 0)[0].step for k in range(200)} == {2}


def test_a_hop_by_hand_starts_its_step_afresh() -> None:
    moved, crossing = engine.hop(Cursor(5, 10, step=0, polls=3, hops=4, asked=9), 2, 77)
    assert (moved, crossing) == (Cursor(5, 77, step=2, polls=0, hops=5, asked=9), Crossing(0, 2, 77))


def test_a_shifted_task_began_and_entered_its_step_earlier() -> None:
    assert engine.shift(Cursor(5_000, 6_000, 1, 2, 3, 4), 600) == Cursor(4_400, 5_400, 1, 2, 3, 4)


@pytest.mark.parametrize(("now", "expired"), [(100, False), (1_099, False), (1_100, True), (9_999, True)])
def test_a_task_expires_its_time_after_birth(now: int, expired: bool) -> None:
    scenario = scenario_of(END, expires=1_000)
    assert engine.expired(scenario, Cursor(born=100, since=900), now) is expired


def test_a_task_without_expiry_never_expires() -> None:
    assert engine.expired(scenario_of(END), Cursor(0, 0), 10**15) is False


@pytest.mark.parametrize(
    ("step", "over"),
    [
        (Step("succeeded", State.SUCCEEDED), True),
        (Step("notified", State.NOTIFIED), True),
        (Step("error", error=404), True),
        (Step("processing", State.PROCESSING), False),
        (Step("held", State.SUCCEEDED, hold=True), False),
        (Step("for hands", State.SUCCEEDED, edges=(Edge(0, 0),)), False),
    ],
    ids=lambda value: value.name if isinstance(value, Step) else "",
)
def test_only_an_end_is_over(step: Step, over: bool) -> None:
    assert sample(scenario_of(step), VENDOR).ended is over
