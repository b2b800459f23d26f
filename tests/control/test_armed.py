"""Faults armed by hand: judged, aimed, spent and taken back."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.control import armed, bundle
from mock_server.control.armed import Aim
from mock_server.control.refused import Kind, Refused
from mock_server.engine.ids import IdPattern
from mock_server.engine.scenario import Daily, Effect, Span
from mock_server.faults.armed import Armed, ArmedFaults
from tests.support.calls import calls_of
from tests.support.controls import bench

DONE = "[{state: succeeded}]"


def test_an_armed_fault_strikes_its_task_so_many_times() -> None:
    world = bench(DONE)
    fault = world.do.faults.arm(Effect(error=599), Aim("qiniu", "made-up.1", times=2))
    assert world.do.faults.list() == (fault,)
    assert [world.poll("made-up.2").status, *(response.status for response in world.polls(3))] == [200, 599, 599, 200]
    assert world.do.faults.list() == ()


def test_the_number_of_a_used_up_fault_is_not_given_again() -> None:
    world = bench(DONE)
    world.do.faults.arm(Effect(error=599), Aim("qiniu", "made-up.2"))
    spent = world.do.faults.arm(Effect(error=599), Aim("qiniu", "made-up.1", times=1))
    world.poll()
    assert [spent.number, world.do.faults.arm(Effect(error=500)).number] == [2, 3]
    world.do.reset.reset(["faults"])
    assert world.do.faults.arm(Effect(error=500)).number == 1


def test_an_armed_fault_lasts_so_long_in_virtual_time() -> None:
    world = bench(DONE)
    world.do.faults.arm(Effect(error=599), Aim(lasts=5_000))
    world.do.time.advance(4_999)
    assert world.poll().status == 599
    world.do.time.advance(1)
    assert (world.poll().status, world.do.faults.list()) == (200, ())


@pytest.mark.parametrize(
    ("effect", "aim", "where", "said"),
    [
        (Effect(), Aim(), "$", "it does nothing"),
        (Effect(fault="resett"), Aim(), "$.fault", 'did you mean "reset"'),
        (Effect(error=500), Aim("quiniu"), "$.vendor", 'did you mean "qiniu"'),
        (Effect(error="throtled"), Aim("qiniu"), "$.error", 'did you mean "throttled"'),
        (Effect(error="VOD.10062"), Aim(), "$.error", 'only huawei has the error "VOD.10062"'),
        (Effect(error="VOD.10063"), Aim(), "$.error", 'qiniu has no error "VOD.10063"'),
    ],
)
def test_a_fault_that_cannot_be_is_refused_and_not_armed(effect: Effect, aim: Aim, where: str, said: str) -> None:
    world = bench(DONE)
    with pytest.raises(Refused) as caught:
        world.do.faults.arm(effect, aim)
    assert caught.value.kind is Kind.INVALID
    assert caught.value.problems[0].where == where
    assert said in str(caught.value)
    assert world.do.faults.list() == ()


def test_every_problem_of_a_fault_is_told_at_once() -> None:
    with pytest.raises(Refused) as caught:
        bench(DONE).do.faults.arm(Effect(fault="no", error="never"), Aim("qiniu"))
    assert [problem.where for problem in caught.value.problems] == ["$.fault", "$.error"]


@pytest.mark.parametrize(
    ("named", "left"),
    [({"number": 2}, [1, 3]), ({"vendor": "qiniu"}, [3]), ({"id": "a"}, [2, 3]), ({}, []), ({"number": 9}, [1, 2, 3])],
)
def test_faults_are_disarmed_by_number_or_aim(named: dict[str, object], left: list[int]) -> None:
    world = bench(DONE)
    for aim in (Aim("qiniu", "a"), Aim("qiniu", "b"), Aim("wangsu", "b")):
        world.do.faults.arm(Effect(error=599), aim)
    assert world.do.faults.disarm(**named) == 3 - len(left)  # type: ignore[arg-type]  # names and kinds vary by case
    assert [fault.number for fault in world.do.faults.list()] == left


def test_no_more_faults_are_armed_than_there_may_be_and_those_out_of_time_make_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(armed, "ARMED", armed.ARMED._replace(value=3))
    world = bench(DONE)
    for lasts in (None, 1_000, None):
        world.do.faults.arm(Effect(error=599), Aim(lasts=lasts))
    with pytest.raises(Refused, match="3 faults are armed") as caught:
        world.do.faults.arm(Effect(error=599))
    assert caught.value.kind is Kind.CONFLICT
    world.do.time.advance(1_000)
    assert world.do.faults.arm(Effect(error=599)).number == 4
    assert [fault.number for fault in world.do.faults.list()] == [1, 3, 4]


def test_armed_faults_are_bounded_in_bytes_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(armed, "ARMED_SIZE", armed.ARMED_SIZE._replace(value=100_000))
    world = bench(DONE)
    for _ in range(5):  # what is used up or disarmed makes room
        world.do.faults.arm(Effect(body="b" * 60_000), Aim(times=1))
        with pytest.raises(Refused, match="more than 100000 bytes of memory") as caught:
            world.do.faults.arm(Effect(body="b" * 60_000))
        assert caught.value.kind is Kind.CONFLICT
        world.poll("made-up.1")
        assert world.server.store.control().armed.size == 0
        number = world.do.faults.arm(Effect(headers=(("X-Long", "v" * 60_000),))).number
        assert world.do.faults.disarm(number) == 1


def test_faults_that_are_out_of_time_go_with_the_next_poll_of_any_task() -> None:
    world = bench(DONE)
    kept = world.do.faults.arm(Effect(error=599), Aim(id="somebody"))
    for k in range(50):
        world.do.faults.arm(Effect(error=599), Aim(id=f"made-up.{k}", lasts=1_000 + k))
    world.do.time.advance(2_000)
    world.poll("made-up.77")
    assert tuple(world.server.store.control().armed) == (kept,)


AIMS: Mapping[str, Callable[[int], Aim]] = {
    "ids": lambda k: Aim(id=f"other.{k}"),
    "prefixes": lambda k: Aim("qiniu", f"other.{k % 10}.{k}.*"),
    "vendors": lambda _: Aim("wangsu"),
    "out of time": lambda _: Aim(lasts=0),
    "used up": lambda _: Aim(id="made-up.2", times=1),
}


@pytest.mark.parametrize("aim", AIMS)
def test_a_poll_does_not_walk_the_faults_that_aim_at_others(aim: str) -> None:
    few, many = bench(DONE), bench(DONE)
    for world, count in ((few, 1_000), (many, 5_000)):
        for k in range(count):
            world.do.faults.arm(Effect(delay=Span(1, 1)), AIMS[aim](k))
        world.do.faults.arm(Effect(error=599), Aim(id="made-up.1", times=5))
        world.polls(2)
    counts = [calls_of(world.poll) for world in (few, many)]
    assert counts[1] <= counts[0] + 3 < 300
    assert [world.poll().status for world in (few, many)] == [599, 599]


PATTERNS = ("a", "b", "a*", "ab*", "*", r"a\*", "ab.c")
FAULTS = st.builds(
    Armed,
    number=st.just(0),
    effect=st.just(Effect(error=599)),
    vendor=st.none() | st.sampled_from(["v", "w"]),
    id=st.none() | st.sampled_from(PATTERNS),
    times=st.none() | st.integers(1, 2),
    until=st.none() | st.integers(0, 9),
    daily=st.none() | st.builds(Daily, st.integers(0, 9), st.integers(1, 9)),
    submit=st.booleans(),
).map(lambda fault: fault._replace(id=None) if fault.submit else fault)
ACTS = st.lists(FAULTS | st.integers(0, 12) | st.sampled_from(["use", "prune"]), max_size=40)


@given(ACTS, st.sampled_from(["v", "w"]), st.sampled_from(["a", "ab", "ab.c", "a*", "x"]))
def test_those_that_aim_at_a_task_are_found_as_a_walk_would_find_them(acts: list[Any], vendor: str, id: str) -> None:
    """The index against a plain list: the same faults in the same order, whatever was armed, used and pruned."""
    index, plain, now = ArmedFaults(), list[Armed](), 0
    for number, act in enumerate(acts, 1):
        now = max(now, act) if isinstance(act, int) else now
        if isinstance(act, Armed):
            plain.append(act._replace(number=number))
            index = index.plus(plain[-1])
        found = [each for each in plain if walked(each, vendor, id, now)]
        assert list(index.aimed_at(vendor, id, now)) == [each for each in found if not each.submit]
        assert list(index.on_submits(vendor, now)) == [each for each in found if each.submit]
        if act == "use":
            index = index.spent([each.number for each in found])
            plain = [less(each) if each in found else each for each in plain]
            plain = [each for each in plain if each.times != 0]
        if act == "prune":
            index, plain = index.lasting(now), [each for each in plain if each.lasts(now)]
        assert (list(index), len(index)) == (plain, len(plain))
        assert index.soonest <= min((each.until for each in plain if each.until is not None), default=math.inf)


def walked(fault: Armed, vendor: str, id: str, now: int) -> bool:
    aimed = fault.id is None or IdPattern.parse(fault.id).matches(id)
    in_time = (fault.until is None or now < fault.until) and (fault.daily is None or fault.daily.holds(now))
    return aimed and fault.vendor in (None, vendor) and in_time


def less(fault: Armed) -> Armed:
    return fault if fault.times is None else fault._replace(times=fault.times - 1)


def test_places_of_faults_that_are_gone_do_not_add_up() -> None:
    index = ArmedFaults()
    for number in range(1, 2_000):
        index = index.plus(Armed(number, Effect(error=599), id=f"a.{number}", times=1)).spent([number])
    assert (len(index), len(index._aims) < 200) == (0, True)


def test_the_number_of_a_fault_that_is_out_of_time_is_not_given_again_after_a_bundle() -> None:
    world = bench(DONE)
    world.do.faults.arm(Effect(error=599), Aim(lasts=0))
    other = bench()
    bundle.load(other.server, world.dump())
    other.poll()
    assert tuple(other.server.store.control().armed) == ()
    assert other.do.faults.arm(Effect(error=599)).number == 2


def test_an_armed_fault_knows_when_it_was_armed_and_how_often_it_was_applied() -> None:
    world = bench(DONE)
    world.do.time.freeze()
    always = world.do.faults.arm(Effect(delay=Span(0, 0)), Aim("qiniu", "made-up.1"))
    world.do.time.advance(1_000)
    thrice = world.do.faults.arm(Effect(error=599), Aim(times=3))
    assert (always.armed, thrice.armed) == (world.do.time.read().now - 1_000, world.do.time.read().now)
    world.polls(2)
    world.poll("made-up.2")
    found = world.do.faults.in_force()
    assert [(fault.number, found.struck(fault.number)) for fault in found] == [(1, 2)]
    again = world.do.faults.arm(Effect(error=599))
    world.do.faults.disarm(again.number)
    assert world.do.faults.in_force().struck(1) == 2


def test_how_often_a_fault_was_applied_survives_a_bundle_and_a_reset_of_the_clock() -> None:
    world = bench(DONE)
    world.do.faults.arm(Effect(delay=Span(0, 0)), Aim(lasts=10_000_000))
    world.do.time.advance(5_000)
    world.polls(2)
    (before,) = world.do.faults.list()
    saved = world.dump()
    world.do.reset.reset(["clock"])
    (moved,) = world.do.faults.in_force()
    assert world.do.faults.in_force().struck(1) == 2
    assert None not in (moved.armed, moved.until, before.armed, before.until)
    assert (moved.until or 0) - (moved.armed or 0) == (before.until or 0) - (before.armed or 0)
    other = bench(DONE)
    bundle.load(other.server, saved)
    assert other.do.faults.list() == (before,)
    assert other.do.faults.in_force().struck(1) == 2


def test_a_fault_without_an_end_costs_a_poll_no_copy() -> None:
    faults = ArmedFaults([Armed(1, Effect(error=599)), Armed(2, Effect(error=599), times=2)])
    assert faults.spent((1,)) is faults
    assert faults.spent((1, 2)) is not faults
    assert faults.struck(1) == 2


@pytest.mark.parametrize(
    ("aim", "tasks", "at_work"),
    [
        (Aim(), 5, 4),
        (Aim("qiniu"), 4, 3),
        (Aim("wangsu"), 1, 1),
        (Aim("huawei"), 0, 0),
        (Aim(None, "made-up.1"), 2, 1),
        (Aim("qiniu", "made-up.1"), 1, 0),
        (Aim(None, "made-up.*"), 4, 3),
        (Aim(None, "nobody"), 0, 0),
    ],
)
def test_a_fault_says_what_it_would_apply_to_and_is_not_armed(aim: Aim, tasks: int, at_work: int) -> None:
    world = bench("[{state: waiting, polls: 1}, {state: succeeded}]")
    for id, vendor in (("made-up.1", "qiniu"), ("made-up.1", "wangsu"), ("made-up.2", "qiniu"), ("made-up.3", "qiniu")):
        world.poll(id, vendor)
    world.do.tasks.create("qiniu", "made-up", "other")
    world.poll("made-up.1")
    fault, targets = world.do.faults.targets(Effect(error=599), aim)
    assert targets == (tasks, at_work)
    assert (fault.number, fault.vendor, fault.id) == (1, aim.vendor, aim.id)
    assert world.do.faults.list() == ()


def test_what_cannot_be_armed_cannot_be_tried_either() -> None:
    world = bench(DONE)
    with pytest.raises(Refused, match="does nothing"):
        world.do.faults.targets(Effect())


def test_how_often_a_fault_was_applied_is_counted_for_one_server_alone() -> None:
    fault = Armed(1, Effect(error=599))
    one, other = ArmedFaults().plus(fault), ArmedFaults().plus(fault)
    empty = ArmedFaults()
    first, second = empty.plus(fault), empty.plus(fault)
    for each in (one, first):
        each.spent((1,))
    assert [each.struck(1) for each in (one, other, first, second)] == [1, 0, 1, 0]
