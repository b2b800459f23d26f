"""What was done to a server, as the admin API lists it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mock_server.admin.actions import DONE, NOTHING_DONE
from mock_server.admin.route import Result
from mock_server.admin.routes import routes_of
from mock_server.control.armed import Aim
from mock_server.engine.scenario import Effect, Span
from mock_server.journal.actions import ACTIONS, LONGEST
from mock_server.vendors.registry import Registry
from tests.support.admin_kit import AdminWorld, admin_world, as_new
from tests.support.controls import bench
from tests.support.harness import Now, started

NOON = "2023-11-14T22:13:20.000Z"
JOB = {"vendor": "qiniu", "id": "job"}
CREATED = ("POST", "/tasks", {**JOB, "scenario": "slow"})
WALKING = ("POST", "/tasks", {**JOB, "scenario": "one-by-one"})
TEXT = b"about: Made up.\nsteps: [{state: succeeded}]\n"


@pytest.fixture(scope="module")
def lasting() -> AdminWorld:
    """The server of all these tests."""
    return admin_world()


@pytest.fixture
def world(lasting: AdminWorld) -> AdminWorld:
    """A server as if it were fresh, but for what was done to it before."""
    return as_new(lasting)


def done(world: AdminWorld, after: int) -> list[tuple[Any, ...]]:
    """What was done since, without the moments."""
    said = world.ask("GET", f"/hands?after={after}")
    assert said.status == 200
    return [(each["what"], each["vendor"], each["id"], each["detail"]) for each in said.body["hands"]]


ACTS: dict[str, tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]] = {
    "create": ([CREATED], [("create", "qiniu", "job", "plays slow")]),
    "next": ([CREATED, ("POST", "/tasks/next", JOB)], [("next", "qiniu", "job", "to processing")]),
    "goto": (
        [CREATED, ("POST", "/tasks/goto", {**JOB, "step": "succeeded"})],
        [("goto", "qiniu", "job", "to succeeded")],
    ),
    "next of an item": (
        [WALKING, ("POST", "/tasks/next", {**JOB, "item": 1})],
        [("next", "qiniu", "job", "item 1 to succeeded")],
    ),
    "fail": (
        [("POST", "/tasks", {**JOB, "scenario": "by-hand"}), ("POST", "/tasks/fail", {**JOB, "reason": "too long"})],
        [("fail", "qiniu", "job", "to failed: too long")],
    ),
    "finish": (
        [("POST", "/tasks", {**JOB, "scenario": "by-hand"}), ("POST", "/tasks/finish", JOB)],
        [("finish", "qiniu", "job", "to succeeded")],
    ),
    "shift": ([CREATED, ("POST", "/tasks/shift", {**JOB, "by": "10m"})], [("shift", "qiniu", "job", "by 10m")]),
    "drop": ([CREATED, ("DELETE", "/tasks?id=job&scenario=slow")], [("drop", None, "job", "1 tasks scenario=slow")]),
    "arm": (
        [("POST", "/faults", {"error": 599, "delay": "1s", "id": "a.*", "times": 2})],
        [("arm", None, "a.*", "#1: error 599, delay 1s")],
    ),
    "disarm": (
        [("POST", "/faults", {"error": 599}), ("DELETE", "/faults?number=1")],
        [("disarm", None, None, "1 faults number=1")],
    ),
    "advance": ([("POST", "/clock", {"advance": "10m"})], [("clock", None, None, "advance 10m")]),
    "freeze": ([("POST", "/clock", {"freeze": True})], [("clock", None, None, "freeze")]),
    "upload": ([("PUT", "/scenarios/mine", TEXT)], [("upload", None, None, "mine")]),
    "remove": ([("PUT", "/scenarios/mine", TEXT), ("DELETE", "/scenarios/mine")], [("remove", None, None, "mine")]),
    "reset": ([("POST", "/reset", {"only": ["tasks", "journal"]})], [("reset", None, None, "tasks, journal")]),
    "forget": ([("DELETE", "/requests?after=3")], [("forget", None, None, "0 exchanges after=3")]),
}  # fmt: skip


@pytest.mark.parametrize("name", ACTS)
def test_what_a_call_did_is_remembered_with_its_moments(world: AdminWorld, name: str) -> None:
    before = world.server.actions.count
    calls, expected = ACTS[name]
    for method, path, *body in calls:
        kind = {"Content_Type": "text/yaml"} if path.startswith("/scenarios") and body else {}
        assert world.ask(method, path, *body, **kind).status in (200, 201)
    assert done(world, before)[-len(expected) :] == expected
    assert len(done(world, before)) == len(calls)
    last = world.ask("GET", "/hands").body["hands"][-1]
    assert (last["number"], last["real"]) == (before + len(calls), NOON)


def test_every_route_that_changes_something_says_what_it_did() -> None:
    changing = {route.name for route in routes_of(Registry(), lambda *_: Result({})) if route.method != "GET"}
    assert changing == {*DONE, *NOTHING_DONE}


def test_loading_a_run_is_remembered(world: AdminWorld) -> None:
    world.poll("slow.1")
    saved = world.ask("GET", "/bundle").body
    before = world.server.actions.count
    world.ask("POST", "/bundle", saved)
    assert done(world, before) == [("load", None, None, "1 tasks, 1 exchanges")]


def test_the_moment_is_told_by_both_clocks(world: AdminWorld) -> None:
    world.ask("POST", "/clock", {"advance": "10m"})
    last = world.ask("GET", "/hands").body["hands"][-1]
    assert (last["at"], last["real"]) == ("2023-11-14T22:23:20.000Z", NOON)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/tasks", None),
        ("GET", "/hands", None),
        ("POST", "/faults?dry=true", {"error": 599}),
        ("POST", "/faults", {"error": "nice"}),
        ("POST", "/tasks/next", JOB),
        ("POST", "/requests/verify", {"count": 0}),
        ("POST", "/requests/verify", {"count": 1}),
        ("PUT", "/scenarios/mine?dry=true", TEXT),
        ("POST", "/scenarios/check?name=mine", TEXT),
    ],
)
def test_what_changed_nothing_is_not_remembered(world: AdminWorld, method: str, path: str, body: Any) -> None:
    before = world.server.actions.count
    kind = {"Content_Type": "text/yaml"} if isinstance(body, bytes) else {}
    assert world.ask(method, path, body, **kind).status != 415
    assert world.server.actions.count == before


def test_polls_are_no_actions(world: AdminWorld) -> None:
    before = world.server.actions.count
    world.poll("slow.1")
    assert world.server.actions.count == before


def test_a_fault_that_is_used_up_or_out_of_time_is_remembered() -> None:
    world = bench("[{state: succeeded}]")
    world.do.faults.arm(Effect(error=599), Aim("qiniu", "made-up.1", times=2))
    world.do.faults.arm(Effect(delay=Span(0, 0)), Aim(lasts=1_000))
    world.polls(2)
    assert [each[3:6] for each in world.server.actions.read()] == [("used-up", "qiniu", "made-up.1")]
    world.do.time.advance(2_000)
    world.poll()
    world.poll()
    assert [(each.what, each.detail) for each in world.server.actions.read()] == [("used-up", "#1"), ("over", "#2")]


def test_a_fault_out_of_time_is_remembered_once_whoever_notices_it() -> None:
    world = bench("[{state: succeeded}]")
    world.do.faults.arm(Effect(delay=Span(0, 0)), Aim(lasts=1_000))
    world.do.time.advance(2_000)
    world.do.faults.list()
    world.do.faults.list()
    world.poll()
    assert [each.what for each in world.server.actions.read()] == ["over"]


def test_the_end_of_a_fault_is_told_at_the_moment_at_which_its_time_was_over(world: AdminWorld) -> None:
    until = world.ask("POST", "/faults", {"error": 599, "for": "10s"}).body["until"]
    world.now.ms += 60_000
    world.poll("happy-path.1")
    hands = world.ask("GET", "/hands").body["hands"]
    assert [each["at"] for each in hands if each["what"] == "over"] == [until]


def test_files_that_were_loaded_again_are_remembered(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_bytes(TEXT)
    server = started(Now(), scenarios=(tmp_path,), no_builtin=True)
    (tmp_path / "other.yaml").write_bytes(TEXT)
    assert server.catalogue.reload_if_changed()
    assert [(each.what, each.detail) for each in server.actions.read()] == [("reload", "2 scenarios, 0 problems")]
    assert not server.catalogue.reload_if_changed()
    assert server.actions.count == 1


def test_the_newest_are_kept_and_all_are_counted() -> None:
    server = bench("[{state: succeeded}]").server
    for number in range(ACTIONS.value + 2):
        server.actions.add("clock", "x" * (LONGEST.value + 5) if number else "")
    found = server.actions.read()
    assert (server.actions.count, len(found), found[0].number) == (ACTIONS.value + 2, ACTIONS.value, 3)
    assert len(found[0].detail) == LONGEST.value
    assert [each.number for each in server.actions.read(ACTIONS.value + 1)] == [ACTIONS.value + 2]


def test_the_pulse_counts_them_and_its_mark_changes(world: AdminWorld) -> None:
    first = world.ask("GET", "/pulse").body
    world.ask("POST", "/clock", {"freeze": True})
    second = world.ask("GET", "/pulse").body
    assert second["hands"] == first["hands"] + 1
    assert second["mark"] != first["mark"]
