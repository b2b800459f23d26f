"""What a task's client saw, run by run; how the task moves on; and whether its end is still unread."""

from __future__ import annotations

from typing import Any

import pytest

from mock_server.control.armed import Aim
from mock_server.control.seen import RUNS
from mock_server.control.task_view import MovesOn, TaskView, Wanted
from mock_server.engine.scenario import Effect
from mock_server.engine.task import Key
from mock_server.journal.filter import Filter
from tests.support.calls import calls_of
from tests.support.controls import Bench, bench

ONE = Key("qiniu", "made-up.1")
STORY = "[{state: waiting, polls: 2}, {state: processing, for: 10s}, {state: succeeded}]"
LOOP = "[{state: waiting, polls: 1}, {state: processing, polls: 1, next: waiting}]"


def view(world: Bench, id: str = ONE.id) -> TaskView:
    return world.do.tasks.read(Key("qiniu", id))


def runs(world: Bench) -> list[tuple[Any, ...]]:
    return [(run.saw.word, run.saw.status, run.times) for run in view(world).seen.runs]


def test_equal_polls_in_a_row_are_one_run_and_the_oldest_come_first() -> None:
    world = bench(STORY)
    world.do.faults.arm(Effect(error=599), Aim(times=1))
    world.polls(3)
    world.do.faults.arm(Effect(fault="reset"), Aim(times=2))
    world.polls(3)
    assert runs(world) == [
        ("error", 599, 1),
        ("waiting", 200, 1),
        ("processing", 200, 1),
        ("cut", None, 2),
        ("processing", 200, 1),
    ]
    last = view(world).seen.last
    assert last is not None
    assert (last.number, last.asked) == (6, 6)


def test_a_peek_is_no_poll_and_no_other_task_is_mixed_in() -> None:
    world = bench(STORY)
    world.poll()
    world.poll(method="HEAD")
    world.poll("made-up.2")
    world.poll(ONE.id, "huawei")
    assert runs(world) == [("waiting", 200, 1)]


def test_what_a_client_saw_costs_as_much_as_it_is_polls() -> None:
    held = "[{state: waiting, hold: true}]"
    counts = []
    for polls in (300, 600):
        world = bench(held)
        world.polls(polls)
        for _ in range(polls):
            world.poll(vendor="wangsu")
        counts.append([calls_of(lambda ask=ask: ask(ONE)) for ask in (world.do.tasks.read, world.do.wholes.recorded)])  # type: ignore[misc]  # a default binds
    assert all(many <= 2 * few for few, many in zip(*counts, strict=True))


def test_only_the_newest_runs_are_shown() -> None:
    world = bench(LOOP)
    world.polls(2 * RUNS + 1)
    assert len(runs(world)) == RUNS
    assert runs(world)[-1] == ("waiting", 200, 1)


def test_what_an_earlier_task_of_the_same_id_showed_is_not_its_own() -> None:
    world = bench(STORY)
    world.polls(4)
    world.do.tasks.drop(Wanted(id=ONE.id))
    world.do.tasks.create("qiniu", "made-up", ONE.id)
    assert (runs(world), view(world).seen.last) == ([], None)
    world.poll()
    assert runs(world) == [("waiting", 200, 1)]


MOVES = {
    "[{state: waiting, polls: 3}, {state: succeeded}]": MovesOn("poll", 2),
    "[{state: waiting, for: 10s}, {state: succeeded}]": MovesOn("time", None, 10_000),
    "[{state: waiting, for: 10s, polls: 3}, {state: succeeded}]": MovesOn("either", 2, 10_000),
    "[{state: waiting, hold: true, next: succeeded}, {state: succeeded}]": MovesOn("hand"),
    "[{state: succeeded}]": MovesOn("end"),
    "[{error: 599}]": MovesOn("end"),
    "expires: 1ms\nsteps: [{state: waiting, polls: 3}, {state: succeeded}]": MovesOn("end"),
}


@pytest.mark.parametrize(("steps", "moves"), MOVES.items())
def test_a_task_says_how_it_moves_on(steps: str, moves: MovesOn) -> None:
    world = bench(steps)
    world.poll()
    born = view(world).born
    world.now.ms += 1
    due = None if moves.due is None else born + moves.due
    assert view(world).moves == moves._replace(due=due)


def test_items_that_walk_by_themselves_move_the_task_on() -> None:
    world = bench()
    world.poll("one-by-one.1")
    found = view(world, "one-by-one.1")
    assert found.moves == MovesOn("items", None, found.born + 10_000)


class TestUnseen:
    """Whether the end of a task is one that its client has yet to read."""

    def unseen(self, world: Bench) -> bool:
        return view(world).seen.unseen

    def test_a_task_at_work_has_nothing_to_be_read(self) -> None:
        world = bench(STORY)
        world.poll()
        assert not self.unseen(world)

    def test_an_end_is_unseen_until_it_is_polled(self) -> None:
        world = bench(STORY)
        world.polls(2)
        world.now.ms += 10_000
        assert self.unseen(world)
        world.poll()
        assert not self.unseen(world)

    @pytest.mark.parametrize("effect", [Effect(error=599), Effect(fault="reset"), Effect(fault="malformed")])
    @pytest.mark.parametrize("count", ["all", "seen"])
    def test_a_poll_that_could_not_be_read_does_not_show_it(self, effect: Effect, count: str) -> None:
        world = bench(f"count: {count}\nsteps: [{{state: waiting, polls: 1}}, {{state: succeeded}}]")
        world.poll()
        world.do.faults.arm(effect, Aim(times=1))
        world.poll()
        assert self.unseen(world)
        world.poll()
        assert not self.unseen(world)

    def test_an_error_for_ever_is_read_as_one_but_not_as_another(self) -> None:
        world = bench("[{state: waiting, polls: 1}, {error: 404}]")
        world.poll()
        world.do.faults.arm(Effect(error=599), Aim(times=1))
        world.poll()
        assert self.unseen(world)
        world.poll()
        assert not self.unseen(world)

    def test_a_task_that_is_moved_away_and_back_is_to_be_read_again(self) -> None:
        world = bench(STORY)
        world.polls(2)
        world.do.tasks.goto(ONE, "succeeded")
        world.poll()
        world.do.tasks.goto(ONE, "waiting")
        world.do.tasks.goto(ONE, "succeeded")
        assert self.unseen(world)

    def test_items_that_ended_are_unseen_until_a_poll_shows_the_whole(self) -> None:
        world = bench("items: [{steps: [{state: processing, polls: 1}, {state: failed}]}]")
        world.poll()
        assert self.unseen(world)
        world.do.faults.arm(Effect(fault="empty"), Aim(times=1))
        world.poll()
        assert self.unseen(world)
        world.poll()
        assert not self.unseen(world)

    def test_where_too_little_is_kept_to_tell_nothing_is_claimed(self) -> None:
        world = bench("[{state: waiting, polls: 1}, {state: succeeded}]")
        world.polls(2)
        world.do.requests.forget(Filter())
        assert not self.unseen(world)

    def test_what_the_vendor_has_forgotten_is_not_to_be_read(self) -> None:
        world = bench("expires: 5s\nsteps: [{state: waiting, for: 1s}, {state: succeeded}]")
        world.poll()
        world.now.ms += 5_000
        assert not self.unseen(world)
