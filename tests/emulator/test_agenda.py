"""The agenda: every time at which time itself moves a task, once, in order, its work done before the next."""

from __future__ import annotations

import pytest

from mock_server.emulator.agenda import Agenda
from mock_server.engine.cursor import BIRTH
from mock_server.engine.task import Key
from mock_server.store.store import Change, Decide
from tests.support.emulators import World, scenario

TIMED = "steps: [{state: waiting, for: 10s}, {state: processing, for: 20s}, {state: succeeded}]\n"
POLLED = "steps: [{state: waiting, polls: 1}, {state: processing, for: 5s}, {state: succeeded}]\n"
LATE = 10**15


def walked(world: World, to: int) -> list[int]:
    """The times of a walk up to `to` milliseconds after now, counted from now; the clock goes along."""
    begin, found = world.virtual(), []
    for due in Agenda(world.ledger).until(begin + to):
        found.append(due - begin)
        world.advance(max(0, due - world.virtual()))
    return found


def world_of(text: str = TIMED) -> World:
    """A world whose clock stands still, with one task."""
    world = World(scenario(text))
    world.clock(lambda clock, real: clock.freeze(real))
    world.poll()
    return world


@pytest.mark.parametrize(
    ("to", "times", "step"),
    [
        (9_999, [], "waiting"),
        (10_000, [10_000], "processing"),
        (29_999, [10_000], "processing"),
        (30_000, [10_000, 30_000], "succeeded"),
        (LATE, [10_000, 30_000], "succeeded"),
    ],
)
def test_it_meets_each_due_time_up_to_the_last_one_included(to: int, times: list[int], step: str) -> None:
    world = world_of()
    assert (walked(world, to), world.step()) == (times, step)


def test_two_tasks_that_are_due_together_are_met_once() -> None:
    world = world_of()
    world.poll("made-up.2")
    assert walked(world, 10_000) == [10_000]
    assert [world.step(f"made-up.{k}") for k in (1, 2)] == ["processing"] * 2


def test_due_times_of_several_tasks_are_met_in_their_order() -> None:
    world = world_of()
    world.advance(4_000)
    world.poll("made-up.2")
    assert walked(world, LATE) == [6_000, 10_000, 26_000, 30_000]


def test_a_step_that_was_over_before_the_walk_is_met_first_at_the_time_it_ended() -> None:
    world = world_of()
    world.advance(12_000)
    assert walked(world, 0) == [-2_000]
    assert (world.step(), world.task().since) == ("processing", world.virtual() - 2_000)


def test_steps_that_wait_for_polls_are_not_on_it() -> None:
    world = World(scenario(POLLED))
    world.do.tasks.create("qiniu", "made-up", "made-up.1")
    assert walked(world, LATE) == []
    world.poll()
    assert walked(world, LATE) == [5_000]


def test_each_change_of_step_is_counted_once() -> None:
    world = world_of()
    walked(world, LATE)
    version = world.task().scenario
    assert world.counters().crossed == {(version, BIRTH, 0): 1, (version, 0, 1): 1, (version, 1, 2): 1}


def test_nothing_is_written_for_a_task_that_a_poll_moved_on_during_the_walk(monkeypatch: pytest.MonkeyPatch) -> None:
    world = world_of()
    walk = Agenda(world.ledger).until(world.virtual() + 10_000)
    world.advance(next(walk) - world.virtual())
    world.poll()
    changes: list[Change] = []
    transact = world.store.transact

    def watched(key: Key | None, decide: Decide) -> Change:
        changes.append(transact(key, decide))
        return changes[-1]

    monkeypatch.setattr(world.store, "transact", watched)
    assert list(walk) == []
    assert changes == [Change()]


def test_a_task_that_went_during_the_walk_stays_gone() -> None:
    world = world_of()
    world.poll("made-up.2")
    walk = Agenda(world.ledger).until(world.virtual() + LATE)
    world.advance(next(walk) - world.virtual())
    world.store.transact(Key("qiniu", "made-up.1"), lambda *_: Change(drop=True))
    due = next(walk)
    assert due == world.virtual() + 20_000
    assert world.store.read(Key("qiniu", "made-up.1")) is None
    assert world.step("made-up.2") == "processing"
