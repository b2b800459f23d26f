"""Calls that make time pass and wait for receivers: each holds a thread, so only so many may."""

from __future__ import annotations

import threading
from collections.abc import Callable

from mock_server.control.refused import Kind, Refused
from mock_server.control.shift import SHIFTS, Shifts
from mock_server.control.tasks import Tasks
from mock_server.control.time import MOVES, Time
from mock_server.emulator.notifications import Attempt, Result
from mock_server.engine.run import Run
from mock_server.engine.task import Key
from tests.support.emulators import World, scenario
from tests.support.harness import PATIENCE
from tests.support.wire_kit import until

TIMED = "steps: [{state: waiting, for: 10s}, {state: succeeded}]\n"
NOTIFY = b"bucket=b&key=made-up&fops=a&notifyURL=http%3A%2F%2F127.0.0.1%3A9%2F"


def wait_for(gate: threading.Event) -> None:
    """Waits as a delivery does whose receiver takes its time."""
    gate.wait(PATIENCE)


def refused_of(count: int, call: Callable[[], object], gate: threading.Event) -> int:
    """How many of one call more than `count` at once are refused, while all others wait for the gate."""
    refused: list[Kind] = []

    def attempt() -> None:
        try:
            call()
        except Refused as error:
            refused.append(error.kind)

    threads = [threading.Thread(target=attempt) for _ in range(count + 1)]
    for thread in threads:
        thread.start()
    until(lambda: bool(refused), "one call is refused")
    gate.set()
    for thread in threads:
        thread.join(PATIENCE)
    assert set(refused) == {Kind.BUSY}
    return len(refused)


def test_only_so_many_calls_wait_to_move_the_clock() -> None:
    world, gate = World(scenario(TIMED)), threading.Event()
    world.clock(lambda clock, real: clock.freeze(real))
    time = Time(world.ledger, lambda _: wait_for(gate))
    begun = world.virtual()
    assert refused_of(MOVES.value, lambda: time.advance(1_000), gate) == 1
    assert world.virtual() == begun + 1_000 * MOVES.value


def test_only_so_many_shifts_wait_for_receivers() -> None:
    world, gate = World(scenario(TIMED)), threading.Event()
    world.ask("/pfop", "POST", NOTIFY)
    ((key, _),) = world.store.scan()
    shifts = Shifts(world.ledger, lambda *_: wait_for(gate))

    def stay(_: int) -> Run:
        run = world.ledger.read(key)
        assert run is not None
        return run

    assert refused_of(SHIFTS.value, lambda: shifts.walk(key, 1, stay), gate) == 1


def test_a_shift_of_a_task_that_notifies_nobody_waits_for_none() -> None:
    world = World(scenario(TIMED))
    world.poll()
    waited: list[Key] = []
    shifts = Shifts(world.ledger, lambda key, _: waited.append(key))
    moved: list[int] = []
    key = Key("qiniu", "made-up.1")

    def move(by: int) -> Run:
        moved.append(by)
        run = world.ledger.read(key)
        assert run is not None
        return run

    shifts.walk(key, 15_000, move)
    assert (waited, moved) == ([], [15_000])


def shifted(meanwhile: Callable[[World, Key, int], Attempt | None], *, sends: bool = True) -> tuple[World, int]:
    """Shifts a task past all its attempts, none of which is taken; the world then, and how many were made.

    `meanwhile` is what others do after each delivery; the attempt that they began ends in the next one.
    """
    world = World(scenario(TIMED))
    world.clock(lambda clock, real: clock.freeze(real))
    key = Key("qiniu", "made-up.1")
    world.do.tasks.create(key.vendor, "made-up", key.id, notify="http://127.0.0.1:9/")
    under_way: list[Attempt] = []
    made, deliveries = 0, 0

    def deliver(key: Key, _: float) -> None:
        nonlocal made, deliveries
        deliveries += 1
        assert deliveries < 100, "the walk goes on for ever"
        if not sends:
            return
        attempt = under_way.pop() if under_way else world.notifications.take(key)
        while attempt is not None:
            world.notifications.settle(attempt, Result(503, "Busy"))
            made += 1
            attempt = world.notifications.take(key)
        begun = meanwhile(world, key, deliveries)
        under_way.extend([] if begun is None else [begun])

    emulator = world.server.emulator
    Tasks(world.ledger, emulator.evictor, world.server.registry, 0, deliver).shift(key, 4 * 3_600_000)
    return world, made


def test_a_shift_walks_on_past_a_moment_that_came_by_other_means() -> None:
    def advances(world: World, _: Key, count: int) -> None:
        if count in (2, 5):
            world.advance(20_000)

    assert shifted(lambda *_: None)[1] == 14
    assert shifted(advances)[1] == 14


def test_a_shift_waits_for_an_attempt_that_began_meanwhile() -> None:
    def begins(world: World, key: Key, count: int) -> Attempt | None:
        if count not in (2, 5):
            return None
        world.advance(20_000)
        return world.notifications.take(key)

    assert shifted(begins)[1] == 14


def test_a_shift_ends_though_nothing_can_be_sent() -> None:
    world, made = shifted(lambda *_: None, sends=False)
    assert made == 0
    assert world.step() == "succeeded"


def test_an_advance_stands_at_each_due_moment_while_what_is_due_is_sent() -> None:
    world, stood = World(scenario(TIMED)), []
    world.clock(lambda clock, real: clock.freeze(real))
    begun = world.virtual()
    world.ask("/pfop", "POST", NOTIFY)
    time = Time(world.ledger, lambda to: stood.append((to - begun, world.virtual() - begun)))
    time.advance(60_000)
    assert stood == [(0, 0), (10_000, 10_000)]
    assert world.virtual() - begun == 60_000
