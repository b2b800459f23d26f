"""The clock in a hand: nothing moves by time while it is frozen, and a moved clock passes no due moment."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Callable, Iterator

import pytest

from mock_server.control import bundle
from mock_server.control.refused import Kind, Refused
from mock_server.control.time import Time
from mock_server.engine.task import Key, Record
from mock_server.store.store import Change, Decide
from tests.support.controls import Bench, bench
from tests.support.poller import Now

TIMED = "[{state: waiting, for: 10s}, {state: processing, for: 20s}, {state: succeeded}]"
TURNS = "[{state: waiting, for: 1s}, {state: processing, for: 1s}, {state: succeeded}]"


def test_while_it_is_frozen_nothing_moves_by_time() -> None:
    world = bench(TIMED)
    world.poll()
    before = world.do.time.freeze()
    world.now.ms += 10**9
    assert world.do.time.read()._replace(real=0) == before._replace(real=0)
    assert world.do.tasks.read(Key("qiniu", "made-up.1")).step == "waiting"


def test_a_resumed_clock_runs_on_from_where_it_stood() -> None:
    world = bench(TIMED)
    stood = world.do.time.freeze().now
    world.now.ms += 5_000
    assert world.do.time.resume().now == stood
    world.now.ms += 7
    assert world.do.time.read().now == stood + 7


def test_a_frozen_clock_is_moved_by_hand() -> None:
    world = bench(TIMED)
    world.poll()
    begin = world.do.time.freeze().now
    assert world.do.time.advance(10_000).now == begin + 10_000
    assert world.do.tasks.read(Key("qiniu", "made-up.1")).step == "processing"


def test_an_advance_walks_all_tasks_in_the_order_of_their_due_moments() -> None:
    world = bench(TIMED, TURNS)
    world.do.time.freeze()
    world.poll("made-up.1")
    world.do.time.advance(9_500)
    world.poll("made-up-2.1")
    begin = world.do.time.read().now
    world.do.time.advance(60_000)
    tasks = {raw["id"]: (raw["since"] - begin, raw["step"]) for raw in world.dump()["tasks"]}
    assert tasks == {"made-up.1": (20_500, 2), "made-up-2.1": (2_000, 2)}


def test_the_clock_stands_at_each_due_moment_while_its_work_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    world = bench(TIMED, TURNS)
    world.do.time.freeze()
    begin = world.do.time.read().now
    world.poll("made-up.1")
    world.poll("made-up-2.1")
    stood: list[int] = []
    transact = world.server.store.transact

    def watched(key: Key | None, decide: object) -> object:
        stood.append(world.do.time.read().now - begin)
        return transact(key, decide)  # type: ignore[arg-type]  # passed on as it came

    monkeypatch.setattr(world.server.store, "transact", watched)
    world.do.time.advance(40_000)
    assert stood == [1_000, 2_000, 10_000, 30_000]


def test_a_due_moment_that_nobody_saw_before_is_met_late_and_stays_what_it_was() -> None:
    world = bench(TIMED)
    world.poll()
    born = world.now.ms
    world.now.ms += 15_000
    world.do.time.advance(0)
    assert world.do.tasks.read(Key("qiniu", "made-up.1")).since == born + 10_000


def test_the_clock_can_be_set_to_a_later_date_and_never_back() -> None:
    world = bench(TIMED)
    now = world.do.time.read().now
    assert world.do.time.set(now + 86_400_000).now == now + 86_400_000
    with pytest.raises(Refused) as caught:
        world.do.time.set(now)
    assert caught.value.kind is Kind.INVALID
    assert "reset begins anew at the machine's time, with no tasks; shift makes time pass for one task alone" in str(
        caught.value
    )


@pytest.mark.parametrize(("verb", "value"), [("set", 10**15), ("advance", 10**15), ("advance", -1), ("at_speed", 0)])
def test_a_time_or_speed_that_cannot_be_is_refused_and_changes_nothing(verb: str, value: int) -> None:
    world = bench(TIMED)
    before = world.do.time.read()
    with pytest.raises(Refused):
        getattr(world.do.time, verb)(value)
    assert world.do.time.read() == before


def test_a_faster_clock_takes_tasks_along() -> None:
    world = bench(TIMED)
    world.poll()
    assert world.do.time.at_speed(100).speed == 100
    world.now.ms += 300
    assert world.do.tasks.read(Key("qiniu", "made-up.1")).step == "succeeded"


def test_two_advances_at_once_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    world = bench(TIMED)
    begin = world.do.time.freeze().now
    world.poll()
    second = threading.Thread(target=world.do.time.advance, args=(30_000,))
    scan = world.server.store.scan

    def scanned_while_another_comes() -> object:
        monkeypatch.undo()
        second.start()
        second.join(0.05)  # it has to wait; if it did not, it would be through by then
        return scan()

    monkeypatch.setattr(world.server.store, "scan", scanned_while_another_comes)
    world.do.time.advance(12_000)
    second.join(20)
    assert world.do.time.read().now == begin + 42_000
    assert {raw["since"] - begin for raw in world.dump()["tasks"]} == {30_000}


def test_an_advance_adds_just_what_was_asked_for_however_long_the_walk_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    world = bench(TIMED, TURNS)
    world.poll("made-up.1")
    world.poll("made-up-2.1")
    before = world.do.time.read()
    begun = world.now.ms

    def ticking(self: Now) -> int:
        self.ms += 1  # every look at the machine's clock takes a millisecond
        return self.ms

    monkeypatch.setattr(Now, "__call__", ticking)
    after = world.do.time.advance(60_000)
    assert after.real > begun + 10
    assert after.now - after.real == before.now - before.real + 60_000


def test_an_advance_adds_no_more_than_was_asked_for_though_the_machines_clock_steps_back_on_the_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = bench(TIMED)
    begin = world.do.time.read().now
    world.poll()
    world.now.ms += 500
    store = world.server.store
    scan = store.scan

    def scanned_while_the_machine_steps_back() -> Iterator[tuple[Key, Record]]:
        found = list(scan())
        world.now.ms -= 500
        return iter(found)

    monkeypatch.setattr(store, "scan", scanned_while_the_machine_steps_back)
    assert world.do.time.advance(9_600).now == begin + 9_600


def test_an_advance_breaks_off_if_somebody_resets_the_clock_on_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    world = bench(TIMED)
    world.do.time.advance(86_400_000)
    world.poll()
    store = world.server.store
    transact, resets = store.transact, iter([["clock"]])

    def reset_once(key: Key | None, decide: Decide) -> Change:
        world.do.reset.reset(next(resets, []))
        return transact(key, decide)

    monkeypatch.setattr(store, "transact", reset_once)
    before = world.now.ms
    with pytest.raises(Refused, match="the server was reset, or a bundle was loaded") as refused:
        world.do.time.advance(15_000)
    assert refused.value.kind == Kind.CONFLICT
    assert world.do.time.read().now == before


RESETS: list[Callable[[Bench], object]] = [
    lambda world: world.do.reset.reset(),
    lambda world: world.do.reset.reset(["clock"]),
    lambda world: world.do.reset.reset(["tasks"]),
    lambda world: bundle.load(world.server, json.loads(json.dumps(world.dump()))),
]
WALKS: list[Callable[[Time], object]] = [
    lambda time: time.advance(60_000),
    lambda time: time.set(time.read().now + 60_000),
]


@pytest.mark.parametrize("begin_anew", RESETS)
@pytest.mark.parametrize("walk", WALKS)
@pytest.mark.parametrize("stop", [1, 2, 3])
def test_a_walk_leaves_alone_what_began_anew_on_its_way(
    begin_anew: Callable[[Bench], object], walk: Callable[[Time], object], stop: int
) -> None:
    world, stops, left = bench(TIMED), itertools.count(1), list[int]()
    world.do.time.freeze()
    world.poll()

    def deliver(_: int) -> None:
        if next(stops) == stop:
            begin_anew(world)
            left.append(world.do.time.read().now)

    with pytest.raises(Refused, match="was reset") as refused:
        walk(Time(world.server.ledger, deliver))
    assert refused.value.kind == Kind.CONFLICT
    assert [world.do.time.read().now] == left


@pytest.mark.parametrize("only", ["journal", "coverage", "faults"])
def test_a_walk_goes_on_if_only_other_things_are_reset(only: str) -> None:
    world = bench(TIMED)
    world.do.time.freeze()
    world.poll()
    time = Time(world.server.ledger, lambda _: world.do.reset.reset([only]))
    begun = time.read().now
    assert time.advance(60_000).now == begun + 60_000
