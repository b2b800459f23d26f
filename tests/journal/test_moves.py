"""Changes of step that no exchange tells: kept beside the exchanges, and told apart by who made them."""

from __future__ import annotations

from mock_server.engine.cursor import BIRTH, Crossing
from mock_server.engine.task import Key
from mock_server.journal.moves import MOVES, MoveBy, Moves, made_by
from tests.support.controls import bench

TIMED = "[{state: waiting, for: 10s}, {state: processing, for: 20s}, {state: succeeded}]"
ONE = Key("qiniu", "made-up.1")
A, B = ("v", "a"), ("v", "b")
STEP: tuple[str, Crossing, MoveBy] = ("s@1", Crossing(0, 1, 5), "time")


def test_the_clocks_walk_people_and_births_by_hand_are_told_apart() -> None:
    world = bench(TIMED)
    born = world.do.time.read().now
    world.do.tasks.create("qiniu", "made-up", ONE.id)
    world.do.time.advance(12_000)
    world.do.tasks.goto(ONE, "waiting")
    found = [(each.by, each.crossing) for each in reversed(world.server.store.moves(ONE))]
    assert found == [
        ("birth", (BIRTH, 0, born)),
        ("time", (0, 1, born + 10_000)),
        ("hand", (1, 0, born + 12_000)),
    ]


def test_what_time_did_before_a_person_came_is_told_as_times() -> None:
    world = bench(TIMED)
    world.poll()
    world.now.ms += 12_000
    world.do.tasks.next(ONE)
    assert [(each.by, each.crossing[:2]) for each in world.server.store.moves(ONE)] == [
        ("hand", (1, 2)),
        ("time", (0, 1)),
    ]


def test_what_an_exchange_tells_is_no_move() -> None:
    world = bench(TIMED)
    world.poll()
    world.now.ms += 12_000
    world.poll()
    assert world.server.store.moves(ONE) == ()
    assert world.server.store.glance().moves == 0


def test_a_move_knows_which_exchange_came_before_it() -> None:
    world = bench(TIMED)
    world.polls(3)
    world.do.tasks.next(ONE)
    world.poll()
    world.do.tasks.next(ONE)
    assert [(each.number, each.after) for each in world.server.store.moves(ONE)] == [(2, 4), (1, 3)]


def test_beyond_the_bound_the_oldest_are_forgotten_and_no_exchange_is() -> None:
    world = bench("[{state: waiting, hold: true, next: b}, {state: waiting, name: b, hold: true, next: waiting}]")
    world.polls(3)
    for k in range(MOVES.value + 5):
        world.do.tasks.goto(ONE, ("b", "waiting")[k % 2])
    found = world.server.store.moves(ONE)
    assert (len(found), found[0].number, found[-1].number) == (MOVES.value, MOVES.value + 5, 6)
    assert len(world.server.store.history(ONE, 10)) == 3
    counted = world.server.store.counters().crossed
    assert sum(counted.values()) == MOVES.value + 6


def test_the_newest_of_a_task_is_known_as_long_as_it_is_kept() -> None:
    moves = Moves(most=2)
    for key in (A, A, B):
        moves.add(*key, 0, [STEP])
    newest = moves.newest(*A)
    assert newest is not None
    assert (newest.number, [each.number for each in moves.of_task(*A)]) == (2, [2])
    moves.add(*B, 0, [STEP])
    assert (moves.newest(*A), moves.of_task(*A)) == (None, ())
    assert [each.number for each in moves] == [3, 4]
    assert [each.number for each in moves.before(4)] == [3]
    assert [each.number for each in moves.before(10**18)] == [4, 3]


def test_a_hand_makes_the_last_change_of_step_alone() -> None:
    crossed = [("s@1", Crossing(0, 1, 5)), ("s@1", Crossing(1, 2, 6))]
    assert [by for _, _, by in made_by(crossed, by_hand=True)] == ["time", "hand"]
    assert [by for _, _, by in made_by(crossed, by_hand=False)] == ["time", "time"]


def test_a_bundle_brings_the_moves_too() -> None:
    world, other = bench(TIMED), bench(TIMED)
    world.poll()
    world.do.tasks.next(ONE)
    other.server.store.replace(world.server.store.export())
    assert other.server.store.moves(ONE) == world.server.store.moves(ONE)
    assert other.server.store.glance().moves == 1
    world.do.reset.reset(["journal"])
    assert world.server.store.moves(ONE) == ()
