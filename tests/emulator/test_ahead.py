"""The polls ahead and the forecast, against what polls then really see."""

from __future__ import annotations

from itertools import islice
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from mock_server.control.armed import Aim
from mock_server.emulator.ahead import polls_ahead
from mock_server.engine.forecast import Coming, forecast
from mock_server.engine.scenario import Effect, Scenario
from mock_server.engine.task import Key
from mock_server.journal.journal import Entry
from tests.emulator.test_machine import drawn, effects
from tests.support.controls import bench
from tests.support.emulators import World, asking, scenario, shipped

ONE = Key("qiniu", "drawn.1")
SHIPPED = ("one-by-one", "flaky", "throttled", "expires", "realistic", "not-found-at-first")
SCENARIOS: st.SearchStrategy[Scenario | str] = st.one_of(drawn("drawn"), st.sampled_from(SHIPPED))
ACTS = st.lists(
    st.tuples(st.just("poll"))
    | st.tuples(st.just("wait"), st.integers(0, 9_000))
    | st.tuples(st.just("advance"), st.integers(0, 9_000))
    | st.tuples(st.just("goto"), st.integers(0, 9))
    | st.tuples(st.just("arm"), effects, st.none() | st.integers(1, 3), st.none() | st.integers(1, 9_000))
    | st.tuples(st.just("reset clock"))
    | st.tuples(st.just("speed"), st.sampled_from([1.0, 7.0])),
    max_size=8,
)


def world_of(drawn: Scenario | str) -> tuple[World, Key]:
    """A world with one scenario, and the key of a task that plays it."""
    played = shipped(drawn) if isinstance(drawn, str) else drawn
    return World(played), Key("qiniu" if "qiniu" in played.vendors else played.vendors[0], f"{played.name}.1")


def perform(world: World, key: Key, act: tuple[Any, ...]) -> None:
    match act:
        case ("poll",):
            world.poll(key.id, key.vendor)
        case "wait", by:
            world.now.ms += by
        case "advance", by:
            world.do.time.advance(by)
        case "goto", step:
            run = world.ledger.read(key)
            if run is not None:
                world.do.tasks.goto(key, run.scenario.steps[step % len(run.scenario.steps)].name)
        case "arm", effect, times, lasts:
            if effect != Effect():
                world.do.faults.arm(effect, Aim(id=key.id, times=times, lasts=lasts))
        case ("reset clock",):
            world.do.reset.reset(["clock"])
        case "speed", speed:
            world.do.time.at_speed(speed)


def ahead(world: World, key: Key, count: int, every: int = 0) -> list[Entry]:
    run, at = world.ledger.simulate(key)
    rules = world.emulator.rules
    return list(islice(polls_ahead(rules, key, asking(*key), run, at, every=every), count))


@given(SCENARIOS, ACTS, st.integers(1, 8), st.integers(0, 4_000))
@settings(max_examples=150, deadline=None)
def test_polls_then_see_what_was_told_ahead(
    drawn: Scenario | str, acts: list[tuple[Any, ...]], count: int, every: int
) -> None:
    world, key = world_of(drawn)
    for act in acts:
        perform(world, key, act)
    world.do.time.at_speed(1.0)
    before = world.store.export()
    told = ahead(world, key, count, every)
    assert world.store.export() == before
    for each in told:
        world.poll(key.id, key.vendor)
        assert world.last()._replace(number=0) == each
        world.now.ms += every


@given(SCENARIOS, ACTS)
@settings(max_examples=150, deadline=None)
def test_time_then_does_what_was_forecast(drawn: Scenario | str, acts: list[tuple[Any, ...]]) -> None:
    world, key = world_of(drawn)
    world.poll(key.id, key.vendor)
    for act in acts:
        perform(world, key, act)
    world.do.time.at_speed(1.0)
    world.do.faults.disarm()
    run = world.ledger.read(key)
    assert run is not None
    if run.scenario.by_items:  # see below
        return
    coming = list(forecast(run))
    assert coming == sorted(coming, key=lambda each: each.at)
    assert all(each.at > run.now for each in coming)
    seen = "expired" if run.expired else run.step.name
    for k, each in enumerate(coming):
        jump(world, key, each.at - 1)
        assert peeked(world, key) == seen
        jump(world, key, each.at)
        if k + 1 == len(coming) or coming[k + 1].at > each.at:
            seen = each.to
            assert peeked(world, key) == seen
    world.now.ms += 10**12
    assert peeked(world, key) == seen


WALKING = """
items:
  - steps:
      - {state: waiting, for: 2s..4s}
      - {state: processing, for: 1s..9s, next: {failed: 1, succeeded: 2}}
      - {state: failed}
      - {state: succeeded}
  - steps: [{state: processing, polls: 2}, {state: succeeded}]
  - steps: [{state: processing, for: 5s}, {state: failed}]
"""


@given(ACTS, st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_items_that_walk_then_do_what_was_forecast(acts: list[tuple[Any, ...]], k: int) -> None:
    world = World(scenario(WALKING, "drawn"))
    key = Key("qiniu", f"drawn.{k}")
    world.poll(key.id)
    for act in acts:
        if act[0] != "goto":
            perform(world, key, act)
    world.do.time.at_speed(1.0)
    run = world.ledger.read(key)
    assert run is not None
    names = [place.name for place in run.places]
    for each in forecast(run):
        jump(world, key, each.at - 1)
        assert now_in(world, key) == names
        jump(world, key, each.at)
        assert each.item is not None
        names[each.item] = each.to
        assert now_in(world, key)[each.item] == each.to
        names = now_in(world, key)
    jump(world, key, run.now + 10**9)
    assert now_in(world, key) == names


def now_in(world: World, key: Key) -> list[str]:
    """The step of each item."""
    run = world.ledger.read(key)
    assert run is not None
    return [place.name for place in run.places]


def jump(world: World, key: Key, to: int) -> None:
    world.now.ms += max(0, to - world.virtual())


def peeked(world: World, key: Key) -> str | None:
    """The step that a peek sees. It moves nothing."""
    world.poll(key.id, key.vendor, "HEAD")
    return world.last().step


def test_an_armed_fault_is_spent_ahead_and_not_in_fact() -> None:
    world = World(scenario("steps: [{state: waiting, polls: 2}, {state: succeeded}]", "drawn"))
    world.poll(ONE.id)
    world.do.faults.arm(Effect(error=599), Aim(times=2))
    told = [(each.step, each.faults, each.response.status) for each in ahead(world, ONE, 4)]
    assert told == [
        ("waiting", ("599",), 599),
        ("succeeded", ("599",), 599),
        ("succeeded", (), 200),
        ("succeeded", (), 200),
    ]
    (fault,) = world.do.faults.list()
    assert (fault.times, world.store.control().armed.struck(fault.number)) == (2, 0)


def test_a_limit_of_rate_is_met_ahead_as_it_will_be() -> None:
    text = "steps: [{state: processing, hold: true}]\nfaults: [{when: {rate: 2/s}, error: 429}]"
    world = World(scenario(text, "drawn"))
    assert [each.response.status for each in ahead(world, ONE, 4)] == [200, 200, 429, 429]
    assert [each.response.status for each in ahead(world, ONE, 4, every=500)] == [200] * 4


def test_a_poll_of_an_id_that_nobody_polled_gives_birth_ahead_only() -> None:
    world = World(scenario("steps: [{state: waiting, polls: 1}, {state: succeeded}]", "drawn"))
    assert [each.step for each in ahead(world, ONE, 2)] == ["waiting", "succeeded"]
    assert world.ledger.read(ONE) is None


def test_the_forecast_ends_when_the_vendor_forgets_the_task() -> None:
    world = bench(
        "expires: 15s\nsteps: [{state: waiting, for: 10s}, {state: processing, for: 10s}, {state: succeeded}]"
    )
    world.poll()
    run = world.server.ledger.read(Key("qiniu", "made-up.1"))
    assert run is not None
    born = run.cursor.born
    assert list(forecast(run)) == [
        Coming(born + 10_000, "step", "processing"),
        Coming(born + 15_000, "expiry", "expired"),
    ]
    world.now.ms += 15_000
    gone = world.server.ledger.read(Key("qiniu", "made-up.1"))
    assert gone is not None
    assert list(forecast(gone)) == []
