"""Coverage: which steps and edges were entered, crossed and seen, however the tasks were moved."""

from __future__ import annotations

import pytest

from mock_server.api.coverage import EdgeCoverage, EdgeName, ScenarioCoverage, Totals
from mock_server.engine.cursor import Crossing
from mock_server.engine.task import Key
from mock_server.http.message import Response, request_of
from mock_server.journal import journal
from mock_server.journal.coverage import percent
from mock_server.journal.journal import Entry, Journal
from tests.support.controls import Bench, bench

FORK = """steps:
  - {state: waiting, for: 10s}
  - {state: processing, polls: 1, next: {succeeded: 1, failed: 0}}
  - {state: failed}
  - {state: succeeded}"""
ONE = Key("qiniu", "made-up.1")


def covered(world: Bench) -> ScenarioCoverage:
    (scenario,) = world.do.coverage().scenarios
    return scenario


def counted(world: Bench) -> tuple[list[tuple[int, int]], list[int]]:
    """Entered and seen by step, and crossed by edge."""
    scenario = covered(world)
    return [(step.entered, step.seen) for step in scenario.steps], [edge.crossed for edge in scenario.edges]


def test_a_fresh_server_has_covered_nothing() -> None:
    scenario = covered(bench(FORK))
    assert scenario.never_entered == scenario.never_seen == ("waiting", "processing", "failed", "succeeded")
    assert scenario.never_crossed == (
        EdgeName("waiting", "processing"),
        EdgeName("processing", "succeeded"),
        EdgeName("processing", "failed"),
    )
    assert [edge.by_hand for edge in scenario.edges] == [False, False, True]


def test_a_step_that_passed_between_two_polls_is_entered_and_not_seen() -> None:
    world = bench("[{state: waiting, for: 10s}, {state: processing, for: 10s}, {state: succeeded}]")
    world.polls(2, gap=25_000)
    assert counted(world) == ([(1, 1), (1, 0), (1, 1)], [1, 1])
    assert covered(world).never_seen == ("processing",)


def test_what_an_advance_moves_counts_once_though_no_poll_tells_it() -> None:
    world = bench(FORK)
    world.poll()
    world.do.time.advance(10_000)
    assert counted(world) == ([(1, 1), (1, 0), (0, 0), (0, 0)], [1, 0, 0])
    world.poll()
    assert counted(world) == ([(1, 1), (1, 1), (0, 0), (1, 0)], [1, 1, 0])


def test_what_a_hand_moves_counts_and_a_leap_is_no_edge() -> None:
    world = bench(FORK)
    world.do.tasks.create("qiniu", "made-up", "made-up.1")
    world.do.tasks.next(ONE)
    world.do.tasks.next(ONE, "failed")
    world.do.tasks.goto(ONE, "waiting")
    world.do.tasks.shift(ONE, 10_000)
    assert counted(world) == ([(2, 0), (2, 0), (1, 0), (0, 0)], [2, 0, 1])
    assert (covered(world).tasks, covered(world).leaps) == (1, 1)


def test_peeks_and_looks_cover_nothing() -> None:
    world = bench(FORK)
    world.poll(method="HEAD")
    world.do.tasks.list()
    assert world.do.coverage().all == Totals(4, 0, 0, 3, 0, 0, 0, 0)


def test_counts_stay_exact_when_the_journal_forgets() -> None:
    worlds = [bench(FORK), bench(FORK, journal_entries=1)]
    for world in worlds:
        world.polls(3, gap=10_000)
    worlds[0].do.requests.forget()
    assert counted(worlds[0]) == counted(worlds[1]) == ([(1, 1), (1, 1), (0, 0), (1, 1)], [1, 1, 0])


def test_totals_can_leave_out_what_was_never_played() -> None:
    world = bench(FORK, "[{state: succeeded}]")
    world.polls(3, gap=10_000)
    assert world.do.coverage().all == Totals(5, 3, 3, 3, 2, 60, 60, 66)
    assert world.do.coverage().played == Totals(4, 3, 3, 3, 2, 75, 75, 66)
    assert [percent(3, 4), percent(0, 0), percent(199, 200)] == [75, 100, 99]


def test_a_version_that_is_no_longer_in_force_is_not_counted() -> None:
    world = bench(FORK)
    world.poll()
    world.play("[{state: succeeded}]")
    assert counted(world) == ([(0, 0)], [])


def test_the_counts_of_versions_met_first_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "COVERAGE", journal.COVERAGE._replace(value=10))
    kept = Journal()
    asked, response = request_of("GET", "/", (), b""), Response(200, "OK", (), b"")
    for k in range(25):
        crossed = (Crossing(0, 1, 0),)
        kept.append(Entry(0, 0, asked, response, "fits", True, scenario=f"s@{k}", step="one", crossed=crossed))
        kept.note([(f"s@{k}", Crossing(-1, 0, 0))])
    counters = kept.counters()
    assert list(counters.seen) == [(f"s@{k}", "one") for k in range(15, 25)]
    assert list(counters.crossed)[-1] == ("s@24", -1, 0)
    assert len(counters.crossed) == 10


WALKING = """items:
  - steps: [{state: processing, polls: 1, next: {succeeded: 1, failed: 0}}, {state: succeeded}, {state: failed}]
  - steps: [{state: waiting, for: 10s}, {state: processing, for: 10s}, {state: succeeded}]
  - steps: [{state: waiting, for: 10s}, {state: processing, for: 10s}, {state: succeeded}]
"""


def test_of_items_with_steps_each_step_and_edge_is_counted() -> None:
    world = bench(WALKING)
    world.poll()
    assert [(step.name, step.entered, step.seen) for step in covered(world).steps] == [
        ("0: processing", 1, 1),
        ("0: succeeded", 1, 0),
        ("0: failed", 0, 0),
        ("1-2: waiting", 2, 1),
        ("1-2: processing", 0, 0),
        ("1-2: succeeded", 0, 0),
    ]
    assert [edge.crossed for edge in covered(world).edges] == [1, 0, 0, 0]
    assert covered(world).edges[1] == EdgeCoverage("0: processing", "0: failed", 0, True)
    assert world.do.coverage().all == Totals(6, 3, 2, 4, 1, 50, 33, 25)


def test_what_items_crossed_while_nobody_polled_is_counted_once() -> None:
    world = bench(WALKING)
    world.do.tasks.create("qiniu", "made-up", "made-up.1")
    world.do.time.advance(5_000)
    assert counted(world)[1] == [0, 0, 0, 0]
    world.do.time.advance(5_000)
    assert counted(world)[1] == [0, 0, 2, 0]
    world.now.ms += 10_000
    world.do.tasks.list()
    world.poll(method="HEAD")
    assert counted(world)[1] == [0, 0, 2, 0]
    world.poll()
    assert counted(world) == ([(1, 1), (1, 0), (0, 0), (2, 0), (2, 0), (2, 1)], [1, 0, 2, 2])
    world.do.tasks.shift(ONE, 60_000)
    assert counted(world)[1] == [1, 0, 2, 2]


def test_items_that_begin_anew_enter_their_first_steps_again() -> None:
    world = bench(WALKING)
    world.poll()
    world.do.tasks.goto(ONE, "items")
    assert [step.entered for step in covered(world).steps] == [2, 1, 0, 4, 0, 0]
    assert (covered(world).tasks, covered(world).leaps) == (1, 1)


def test_an_expired_task_shows_no_step_of_its_items() -> None:
    world = bench(f"expires: 5s\n{WALKING}")
    world.polls(2, gap=6_000)
    assert [step.seen for step in covered(world).steps] == [1, 0, 0, 1, 0, 0]


def test_many_items_that_take_turns_are_named_in_few_words() -> None:
    quick, slow = "steps: [{state: succeeded}]", "steps: [{state: waiting, polls: 1}, {state: succeeded}]"
    world = bench("items:\n" + "".join(f"  - {quick if k % 2 else slow}\n" for k in range(9)))
    assert [step.name for step in covered(world).steps] == [
        "0, 2, 4, …: waiting",
        "0, 2, 4, …: succeeded",
        "1, 3, 5, …: succeeded",
    ]
