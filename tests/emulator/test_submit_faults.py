"""Faults that apply to the submit that makes a task, and no poll: scripted ones and armed ones."""

from __future__ import annotations

import dataclasses
import json

import pytest

from mock_server.control.armed import Aim
from mock_server.control.refused import Refused
from mock_server.engine.scenario import Effect
from mock_server.engine.task import Key
from mock_server.http.message import Response
from mock_server.scenarios.timeline.phrases import condition
from tests.support.emulators import World, scenario, shipped
from tests.support.loading import messages

END = "steps: [{state: processing, polls: 1}, {state: succeeded}]\n"
WANGSU = ("/fmgr/delete", "fops=bucket/Yg==/key/aw==")


def world(fault: str = "") -> World:
    faults = f"faults: [{fault}]\n" if fault else ""
    return World(scenario(f"{faults}{END}", "happy-path"), shipped("fails-late"))


def submit(made: World, key: str = "k", target: str = "/pfop") -> Response:
    body = f"bucket=b&key={key}&fops=x" if target == "/pfop" else WANGSU[1]
    return made.ask(target, "POST", body.encode())


def tasks(made: World) -> list[Key]:
    return [key for key, _ in made.store.scan()]


def test_an_error_refuses_the_submit_in_the_vendors_words_and_makes_no_task() -> None:
    made = world("{when: {submit: true}, error: 599, headers: {X-Why: down}}")
    response = submit(made)
    assert (response.status, json.loads(response.body)["code"], response.header("X-Why")) == (599, 599, "down")
    assert response.header("X-Mock-Server") == "plays happy-path; by default; refused by a fault"
    assert tasks(made) == []
    entry = made.last()
    assert (entry.id, entry.faults, entry.sources, entry.poll) == (None, ("headers", "599"), (-1, -1), False)
    assert entry.original is not None
    assert entry.original.status == 200


@pytest.mark.parametrize(
    ("effect", "kind"),
    [("fault: reset", "reset"), ("fault: malformed", None), ("status: 503", None), ("body: x", None)],
)
def test_any_other_effect_leaves_the_task_made_and_spoils_the_reply(effect: str, kind: str | None) -> None:
    made = world(f"{{when: {{submit: true}}, {effect}}}")
    response = submit(made)
    assert (response.delivery.kind if response.delivery else None) == kind
    (key,) = tasks(made)
    assert made.last().id == key.id
    assert made.last().original is not None
    assert [json.loads(made.poll(key.id).body)["code"] for _ in range(2)] == [2, 0]


def test_a_fault_of_polls_leaves_the_submit_alone_and_one_of_submits_the_polls() -> None:
    made = world("{error: 500}, {when: {submit: true}, delay: 1s}")
    response = submit(made)
    assert (response.status, response.delay) == (200, 1_000)
    poll = made.poll(tasks(made)[0].id)
    assert (poll.status, poll.delay) == (500, 0)


def test_a_chance_is_drawn_for_each_submit() -> None:
    made = world("{when: {submit: true, chance: 0.5}, error: 500}")
    found = [submit(made).status for _ in range(100)]
    assert 30 < found.count(500) < 70
    assert len(tasks(made)) == found.count(200)
    again = world("{when: {submit: true, chance: 0.5}, error: 500}")
    assert [submit(again).status for _ in range(100)] == found


def test_a_window_of_each_day_is_by_the_servers_clock() -> None:
    made = world('{when: {submit: true, at: "02:00Z", for: 1h}, error: 500}')
    into = made.virtual() % 86_400_000
    made.advance(86_400_000 - into + 2 * 3_600_000)
    assert submit(made).status == 500
    made.advance(3_600_000)
    assert submit(made).status == 200


def test_redirect_to_self_is_the_submits_own_target_and_to_a_scenario_a_poll_of_it() -> None:
    assert submit(world("{when: {submit: true}, redirect: self}")).header("Location") == "/pfop"
    location = submit(world("{when: {submit: true}, redirect: fails-late}")).header("Location") or ""
    assert location.startswith("/status/get/prefop?id=fails-late.")


@pytest.mark.parametrize("key", ["polls: [1]", "every: 2", "rate: 1/s", "time: 1s..2s", "step: succeeded"])
def test_beside_submit_stand_only_chance_and_a_time_of_day(key: str) -> None:
    found = messages(f"faults: [{{when: {{submit: true, {key}}}, error: 500}}]\n{END}")
    assert any("a submit is no poll" in line and line.startswith("demo.yaml:1:") for line in found), found


def test_submit_is_true_or_left_out() -> None:
    assert messages(f"faults: [{{when: {{submit: false}}, error: 500}}]\n{END}")


def test_a_fault_of_submits_hides_none_of_polls_and_one_of_submits_hides_another() -> None:
    assert not messages(f"faults: [{{when: {{submit: true}}, error: 500}}, {{error: 501}}]\n{END}")
    assert messages(f"faults: [{{when: {{submit: true}}, error: 500}}, {{when: {{submit: true}}, error: 501}}]\n{END}")


def test_show_says_that_it_is_on_the_submit() -> None:
    made = scenario(f"faults: [{{when: {{submit: true, chance: 0.5}}, error: 500}}]\n{END}", "made-up")
    assert condition(made.faults[0].when) == "on the submit, with chance 0.5"


def test_an_armed_fault_strikes_so_many_submits_of_a_vendor_and_no_poll() -> None:
    made = world()
    made.do.faults.arm(Effect(error=500), Aim(vendor="qiniu", times=2, submit=True))
    assert submit(made, target=WANGSU[0]).status == 200
    assert made.poll("happy-path.1").status == 200
    assert [submit(made).status for _ in range(3)] == [500, 500, 200]
    assert made.do.faults.list() == ()


def test_an_armed_fault_for_polls_strikes_no_submit() -> None:
    made = world()
    made.do.faults.arm(Effect(error=500))
    assert submit(made).status == 200


def test_an_armed_fault_of_submits_lasts_as_long_as_it_says_and_is_in_a_bundle() -> None:
    plays = scenario(END, "happy-path")
    made = World(dataclasses.replace(plays, text=plays.version))
    made.do.faults.arm(Effect(fault="reset"), Aim(lasts=1_000, submit=True))
    made.restart()
    response = submit(made)
    assert response.delivery is not None
    made.advance(1_000)
    assert submit(made).delivery is None


def test_a_fault_of_submits_aims_at_no_id() -> None:
    made = world()
    with pytest.raises(Refused, match="a submit has no id yet"):
        made.do.faults.arm(Effect(error=500), Aim(id="x", submit=True))


def test_tried_first_it_would_apply_to_no_task() -> None:
    made = world()
    submit(made)
    assert made.do.faults.targets(Effect(error=500), Aim(submit=True))[1] == (0, 0)


def test_a_scripted_and_an_armed_fault_go_together_the_armed_one_first() -> None:
    made = world("{when: {submit: true}, delay: 1s}")
    made.do.faults.arm(Effect(fault="malformed"), Aim(submit=True))
    response = submit(made)
    assert (response.delay, made.last().faults, made.last().sources) == (1_000, ("malformed", "delay"), (1, -1))
