"""What notifications cost: nothing where nobody has an address, little where somebody has, and no square."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Iterator
from functools import partial
from typing import Any

from mock_server.emulator.notifications import Result
from mock_server.engine.task import Key
from mock_server.journal.journal import Journal
from mock_server.journal.moves import Moves
from tests.support.alone import alone
from tests.support.calls import calls_of
from tests.support.emulators import World, scenario

STEPS = "steps: [{state: waiting, for: 10s}, {state: succeeded}]"
URL = "http://127.0.0.1:9/told"
FORM = f"bucket=shop&key=made-up/1.mp4&fops=avthumb/mp4;vframe/jpg/offset/7&notifyURL={URL}".encode()
TAKEN = Result(200)


def world_of() -> World:
    world = World(scenario(STEPS), room=10_000)
    world.do.time.freeze()
    return world


def records(world: World) -> Iterator[tuple[Any, ...]]:
    return (record for _, record in world.store.scan())


def test_a_task_without_an_address_takes_two_empty_texts_and_no_moment() -> None:
    world = world_of()
    world.poll()
    world.advance(20_000)
    world.poll()
    (record,) = records(world)
    assert record[3] is record[4] is record[2] == ""
    assert (world.store.export().wakes, world.store.next_due()) == ((), None)


def sizes_of_submitted(count: int) -> list[float]:
    """The bytes of a submitted task before, between and after its attempts, but for the journal, which has bounds."""
    sizes = []
    world = world_of()
    world.store._journal = Journal(entries=1)
    world.store._journal.moves = Moves(most=1)
    for _ in range(10):
        world.ask("/pfop", "POST", FORM)
    world.advance(10_000)
    for _, key in world.store.due(world.virtual()):
        attempt = world.notifications.take(key)
        assert attempt is not None
        world.notifications.settle(attempt, TAKEN)  # pools and contracts are read at the first one
    tracemalloc.start()
    try:
        for _ in range(count):
            world.ask("/pfop", "POST", FORM)
        gc.collect()
        sizes.append(tracemalloc.get_traced_memory()[0] / count)
        for result in (Result(503), Result(503), TAKEN):
            world.advance(10_000)
            taken = [world.notifications.take(key) for _, key in world.store.due(world.virtual())]
            assert len(taken) == count
            for attempt in taken:
                assert attempt is not None
                world.notifications.settle(attempt, result)
            del taken, attempt
            gc.collect()
            sizes.append(tracemalloc.get_traced_memory()[0] / count)
    finally:
        tracemalloc.stop()
    return sizes


def test_a_submitted_task_with_two_items_and_an_address_takes_less_than_a_kilobyte() -> None:
    assert max(alone(sizes_of_submitted, 300)) < 1_000


def test_nothing_is_left_of_tasks_that_are_gone() -> None:
    world = world_of()
    for _ in range(300):
        world.ask("/pfop", "POST", FORM)
        world.advance(10_000)
        for _, key in world.store.due(world.virtual()):
            world.notifications.take(key)
        world.do.reset.reset(["tasks"])
    assert world.store.due(10**15) == ()
    assert len(world.store._wakes._heap) < 100


def tell_all(world: World) -> None:
    """Tells all that is due now, one task after the other."""
    while due := world.store.due(world.virtual(), 1):
        attempt = world.notifications.take(due[0][1])
        assert attempt is not None
        world.notifications.settle(attempt, TAKEN)


def test_a_thousand_that_are_owed_at_one_moment_do_not_cost_the_square() -> None:
    calls = []
    for count in (100, 1_000):
        world = world_of()
        for k in range(count):
            world.do.tasks.create("qiniu", "made-up", f"made-up.{k}", notify=URL)
        world.advance(10_000)

        calls.append(calls_of(partial(tell_all, world)) / count)
    assert calls[1] < calls[0] * 1.2


def test_a_poll_of_a_task_without_an_address_does_the_same_whatever_others_owe() -> None:
    calls = []
    for notify in ("", URL):
        world = world_of()
        world.do.tasks.create("qiniu", "made-up", "made-up.2", notify=notify)
        world.advance(10_000)
        world.notifications.take(Key("qiniu", "made-up.2"))
        world.poll()
        calls.append(calls_of(world.poll))
    assert calls[0] == calls[1]
