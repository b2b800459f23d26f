"""Faults armed by hand: judged, aimed, spent and taken back."""

from __future__ import annotations

import pytest

from mock_server.control.armed import Aim
from mock_server.control.refused import Kind, Refused
from mock_server.engine.scenario import Effect
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
        (Effect(error="VOD.10062"), Aim(), "$.error", "qiniu has no error"),
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
