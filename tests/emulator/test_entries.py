"""What the journal keeps of each kind of request, field by field."""

from __future__ import annotations

from typing import Any

import pytest

from mock_server.assembly import assemble
from mock_server.emulator.commit import Instant
from mock_server.emulator.decide import Rules, decide_refusal
from mock_server.emulator.match import Refusal
from mock_server.engine.cursor import Crossing
from mock_server.engine.draws import Draws
from mock_server.engine.scenario import Adjust, Effect, State
from mock_server.engine.task import Key
from mock_server.http.message import Response, request_of
from mock_server.journal.journal import Entry
from mock_server.journal.stats import Kind
from mock_server.journal.verify import judge, question_of
from mock_server.scenarios.library import library_of
from mock_server.settings import Settings
from tests.support.emulators import World, adjusted, asking, body, renderer, scenario

FIRST = "steps: [{state: waiting, polls: 1}, {state: succeeded}]\n"
HELD = "steps: [{state: processing, hold: true}]\n"
FORGOTTEN = f"expires: 10s\n{HELD}"
BROKEN = adjusted(scenario(HELD), Adjust(put={"qiniu": ((("items", 0, "code"), "two"),)}))
LACKING = adjusted(scenario(HELD), Adjust(put={"qiniu": ((("items", 3, "code"), 2),)}))
WALKING = "items: [{steps: [{state: waiting, polls: 1}, {state: failed}]}]\n"


def last(world: World) -> Entry:
    """The newest entry without its number, which the journal gives."""
    return world.last()._replace(number=0)


def entry(world: World, response: Response, **fields: Any) -> Entry:
    """An entry of a request for `made-up.1` of qiniu at this moment. A task that is not there is born now."""
    there = world.store.read(Key("qiniu", "made-up.1"))
    born = world.task().born if there else world.virtual()
    usual = {"vendor": "qiniu", "id": "made-up.1", "scenario": world.library.scenarios["made-up"].version}
    given = {"request": asking("qiniu", "made-up.1"), "verdict": "fits", "born": born, **usual, **fields}
    return Entry(world.now(), world.virtual(), response=response, **given)


def world_of(text: str = FIRST, **settings: Any) -> World:
    """A world whose virtual clock is not the machine's."""
    world = World(scenario(text), **settings)
    world.advance(77)
    return world


class TestPolls:
    def test_a_plain_poll(self) -> None:
        world = world_of()
        crossed = (Crossing(0, 1, world.virtual()),)
        response = world.poll()
        expected = {"poll": True, "step": "waiting", "asked": 1, "crossed": crossed, "state": State.WAITING}
        assert last(world) == entry(world, response, **expected)
        response = world.poll()
        assert last(world) == entry(world, response, poll=True, step="succeeded", asked=2, state=State.SUCCEEDED)

    def test_a_poll_with_faults(self) -> None:
        world = world_of(f"{HELD}faults: [{{when: {{polls: [1]}}, error: 599, delay: 3ms}}]")
        response = world.poll()
        entries = world.entries()
        original = world.poll()
        assert original.status == 200
        expected = {"poll": True, "step": "processing", "asked": 1, "faults": ("delay", "599"), "number": 1}
        expected["sources"] = (-1, -1)
        (found,) = entries
        assert found.original is not None
        assert found.original.body == original.body
        assert found == entry(world, response, original=found.original, state=State.PROCESSING, **expected)

    def test_an_error_that_a_fault_makes_is_the_one_of_the_scenarios_profile(self) -> None:
        world = World(scenario(f"options: {{profile: live}}\n{HELD}faults: [{{error: unknown}}]"))
        draws, options = Draws(0, "made-up.1"), {"profile": "live"}
        expected = renderer().error("huawei", "unknown", draws, 1, options=options).response
        assert (expected.status, world.poll(vendor="huawei")) == (403, expected)

    def test_the_state_where_items_walk_follows_from_them(self) -> None:
        world = world_of(WALKING)
        for state in (State.WAITING, State.FAILED):
            world.poll()
            assert world.last().state is state

    def test_a_broken_response_is_named_with_place_rule_and_step_and_no_fault_is_used_up(self) -> None:
        world = World(BROKEN)
        world.arm(Effect(error=599), times=1)
        response = world.poll()
        found = last(world)
        assert found == entry(
            world,
            response,
            verdict="broken",
            poll=True,
            step="processing",
            asked=1,
            original=found.original,
            state=State.PROCESSING,
        )
        told = body(response)
        assert {name: told[name] for name in ("error", "path", "rule", "step")} == {
            "error": "contract",
            "path": "$.items[0].code",
            "rule": "type",
            "step": "processing",
        }
        assert told["message"]
        assert [fault.times for fault in world.store.control().armed] == [1]

    def test_a_place_that_a_body_lacks_has_no_original(self) -> None:
        world = World(LACKING)
        response = world.poll()
        assert last(world) == entry(
            world, response, verdict="broken", poll=True, step="processing", asked=1, state=State.PROCESSING
        )
        assert body(response) == {
            "error": "contract",
            "message": "items.3.code: no such place in the body",
            "scenario": "made-up",
            "step": "processing",
        }

    def test_an_armed_fault_that_aims_elsewhere_or_is_over_is_none(self) -> None:
        world = World(scenario(HELD))
        world.arm(Effect(error=599), id="made-up.2")
        world.arm(Effect(error=599), until=world.virtual())
        assert world.statuses(1) == [200]
        assert world.last().faults == ()

    def test_a_scripted_fault_and_an_armed_one_apply_together(self) -> None:
        world = World(scenario(f"{HELD}faults: [{{delay: 3ms}}]"))
        world.arm(Effect(error=599), times=2)
        assert (world.poll().status, world.last().faults) == (599, ("599", "delay"))


class TestForgotten:
    def test_a_poll(self) -> None:
        world = World(scenario(FORGOTTEN))
        world.poll()
        world.advance(10_000)
        response = world.poll()
        assert last(world) == entry(world, response, poll=True, step="expired", asked=2)
        assert response == renderer().error("qiniu", "unknown", Draws(0, "made-up.1"), 2).response
        (version,) = world.library.versions
        assert world.counters().crossed == {(version, -1, 0): 1}

    def test_a_poll_after_time_went_on_tells_of_the_changes_of_step(self) -> None:
        world = World(scenario("expires: 10s\nsteps: [{state: waiting, for: 3s}, {state: succeeded}]"))
        world.poll()
        born = world.virtual()
        world.advance(10_000)
        response = world.poll()
        crossed = (Crossing(0, 1, born + 3_000),)
        assert last(world) == entry(world, response, poll=True, step="expired", asked=2, crossed=crossed)

    def test_the_vendors_word_is_the_one_of_the_scenarios_profile(self) -> None:
        world = World(scenario(f"options: {{profile: live}}\n{FORGOTTEN}"))
        world.poll(vendor="huawei")
        world.advance(10_000)
        draws, options = Draws(0, "made-up.1"), {"profile": "live"}
        expected = renderer().error("huawei", "unknown", draws, 2, options=options).response
        assert (expected.status, world.poll(vendor="huawei")) == (403, expected)

    def test_a_peek(self) -> None:
        world = World(scenario(FORGOTTEN))
        world.poll()
        world.advance(10_000)
        world.poll(method="HEAD")
        response = renderer().error("qiniu", "unknown", Draws(0, "made-up.1"), 2).response
        request = asking("qiniu", "made-up.1", "HEAD")
        assert last(world) == entry(world, response, request=request, step="expired", asked=2)

    def test_a_forgotten_task_makes_room(self) -> None:
        world = World(scenario(FORGOTTEN), room=1)
        world.poll()
        world.advance(10_000)
        world.poll()
        assert world.store.export().ended == (Key("qiniu", "made-up.1"),)


def test_a_peek() -> None:
    world = world_of()
    peek = world.poll(method="HEAD")
    request, response = asking("qiniu", "made-up.1", "HEAD"), last(world).response
    assert last(world) == entry(world, response, request=request, step="waiting", asked=1, state=State.WAITING)
    assert peek == response._replace(body=b"")
    assert response == world.poll()


def test_a_peek_at_a_broken_response_keeps_what_it_was() -> None:
    world = World(BROKEN)
    world.poll(method="HEAD")
    peeked = world.last()
    world.poll()
    assert peeked.original is not None
    assert peeked.original == world.last().original


def test_a_peek_at_items_that_walk_by_themselves() -> None:
    world = world_of(WALKING)
    world.poll()
    world.poll(method="HEAD")
    assert (world.last().state, world.last().step) == (State.FAILED, "failed")


def test_an_id_that_nothing_claims() -> None:
    world = world_of(seed=5)
    response = world.poll("made_up.1")
    note = 'unmatched; did you mean "made-up"'
    request = asking("qiniu", "made_up.1")
    assert last(world) == Entry(
        world.now(), world.virtual(), request, response, "fits", vendor="qiniu", id="made_up.1", note=note
    )
    error = renderer().error("qiniu", "unknown", Draws(5, "made_up.1"), 0).response
    assert response == error.with_header("X-Mock-Server", note)
    assert world.poll("made_up.1") == (
        renderer().error("qiniu", "unknown", Draws(5, "made_up.1"), -1).response.with_header("X-Mock-Server", note)
    )


def test_an_id_that_had_to_go() -> None:
    world = World(scenario("steps: [{state: succeeded}]"), room=1)
    world.poll()
    world.poll("made-up.2")
    response = world.poll()
    note = "unmatched; this task was dropped to make room (--max-tasks)"
    assert (last(world).note, response.header("X-Mock-Server"), last(world).id) == (note, note, "made-up.1")
    assert world.store.control().unmatched == 1


@pytest.mark.parametrize(
    ("method", "target", "error", "field", "headers"),
    [
        ("GET", "/status/get/prefop", "illegal", "id", {}),
        ("DELETE", "/status/get/prefop?id=x", "method", None, {"Allow": "GET, HEAD, POST"}),
        ("GET", "/status/get/zzzzzzzzzzzzzzzzzzzzzzz", "no_route", None, {"X-Mock-Server": "unmatched"}),
        (
            "GET",
            "/status/get/prefopp",
            "no_route",
            None,
            {"X-Mock-Server": 'unmatched; did you mean "/status/get/prefop"'},
        ),
    ],
)
def test_a_refusal(method: str, target: str, error: str, field: str | None, headers: dict[str, str]) -> None:
    world = world_of(seed=5)
    found = world.ask(target, method)
    expected = renderer().error("qiniu", error, Draws(5, target), 0, field=field).response
    for name, value in headers.items():
        expected = expected.with_header(name, value)
    assert found == expected
    request, note = request_of(method, target, (), b""), headers.get("X-Mock-Server", "")
    assert last(world) == Entry(world.now(), world.virtual(), request, found, "fits", vendor="qiniu", note=note)
    assert world.store.control().unmatched == 1


def test_a_segment_that_a_client_did_not_fill_in_is_named_in_the_refusal() -> None:
    target = "/v1.0/{project_id}/asset/preheating?task_id=x"
    expected = renderer().error("huawei", "illegal", Draws(0, target), 0, field="project_id").response
    assert "project_id" in expected.body.decode()
    note = "refused; the field project_id: expected the id of a project in place of the braces"
    assert World().ask(target) == expected.with_header("X-Mock-Server", note)


def test_a_refusal_has_a_note_only_if_there_is_one() -> None:
    world = World()
    at = Instant(1, 2, world.store.control(), world.library)
    request = request_of("GET", "/status/get/prefop", (), b"")
    change = decide_refusal(Rules(renderer()), Refusal("qiniu", "illegal"), request, at)
    assert change.entry is not None
    assert (change.entry.note, change.entry.response.header("X-Mock-Server")) == ("", None)


@pytest.mark.parametrize("target", ["/status/get/prefop", "/status/get/prefop?id=nothing", "/status/get/nothing"])
def test_a_peek_that_meets_nothing_is_not_counted(target: str) -> None:
    world = world_of()
    world.ask(target, "HEAD")
    assert (last(world).vendor, last(world).poll, world.store.control().unmatched) == ("qiniu", False, 0)


def test_a_path_of_nobody() -> None:
    world = world_of()
    response = world.ask("/get/prefop")
    note = 'unmatched; did you mean "/status/get/prefop"'
    request = request_of("GET", "/get/prefop", (), b"")
    assert last(world) == Entry(world.now(), world.virtual(), request, response, "ours", note=note)
    paths = list(dict.fromkeys(route.path for _, route in world.emulator.routes))
    assert body(response) == {"error": "path", "message": "nothing is served at this path", "paths": paths}
    assert (response.status, response.header("X-Mock-Server")) == (404, note)


def test_a_birth_without_room() -> None:
    world = world_of(HELD, room=1)
    world.poll()
    response = world.poll("made-up.2")
    note = "there is no room for another task, and none is known to have ended: raise --max-tasks, drop tasks or reset"
    request = asking("qiniu", "made-up.2")
    assert last(world) == Entry(world.now(), world.virtual(), request, response, "ours", vendor="qiniu", note=note)
    assert body(response) == {"error": "full", "message": note}
    assert response.status == 503


def test_a_default_scenario_that_is_not_there_is_none() -> None:
    rules = Rules(renderer(), 0, "gone")
    library = library_of([scenario(FIRST)])
    assert rules.scenario_of(library, Key("qiniu", "z0.5f3")) is None
    assert rules.scenario_of(library, Key("qiniu", "made-up.1")) == scenario(FIRST)


def test_a_task_draws_by_the_servers_seed() -> None:
    worlds = [world_of(seed=seed) for seed in (5, 6)]
    assert [world.poll().header("X-Reqid") for world in worlds] == [
        renderer().registry.dialect("qiniu").headers(Draws(seed, "made-up.1"), 1)[-1][1] for seed in (5, 6)
    ]
    assert [world.task().seed for world in worlds] == [5, 6]


def test_every_answer_is_counted_with_the_time_it_took(monkeypatch: pytest.MonkeyPatch) -> None:
    world = world_of()
    ticks = iter([1_000_000, 1_700_000, 2_000_000, 8_000_000])
    monkeypatch.setattr("mock_server.emulator.emulator.monotonic_ns", lambda: next(ticks))
    world.poll()
    world.ask("/get/prefop")
    counts = world.emulator.stats.counts()
    assert counts.exchanges == {
        Kind("qiniu", "waiting", 200, "fits", True): 1,
        Kind(None, None, 404, "ours", False): 1,
    }
    assert counts.total == 6_700_000


def test_the_routes_are_those_of_every_vendor() -> None:
    server = assemble(Settings(no_builtin=True, no_reload=True))
    dialects = server.registry.dialects()
    assert server.emulator.routes == tuple((each.name, route) for each in dialects for route in each.routes)


WALKS = """items:
  - steps: [{state: waiting, polls: 1}, {state: processing, polls: 1}, {state: succeeded}]
  - steps: [{state: waiting, polls: 1}, {state: processing, polls: 2}, {state: failed}]
faults:
  - {when: {step: waiting}, delay: 7ms}
  - {when: {step: failed}, error: 599}
"""


def test_items_that_walk_are_seen_at_the_step_that_the_state_of_the_whole_names() -> None:
    world = World(scenario(WALKS))
    statuses = [world.poll().status for _ in range(5)]
    seen = world.store.entries()[0]
    assert [entry.step for entry in seen] == ["waiting", "processing", "processing", "failed", "failed"]
    assert [entry.faults for entry in seen] == [("delay",), (), (), ("599",), ("599",)]
    assert statuses == [200, 200, 200, 599, 599]


def test_the_order_in_which_items_that_walk_were_seen_can_be_verified() -> None:
    world = World(scenario(WALKS))
    for _ in range(4):
        world.poll()
    entries, counters = world.store.entries()
    for order, verdict in ((["waiting", "processing", "failed"], "met"), (["items"], "unmet")):
        assert judge(question_of({"order": order}), entries, counters).verdict == verdict
