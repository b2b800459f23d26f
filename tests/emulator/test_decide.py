"""What one status request does to a task, what the journal keeps of it, and what becomes of ids without a task."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from mock_server.engine.scenario import Adjust, Effect, Scenario
from mock_server.engine.task import Key
from mock_server.paths import data
from mock_server.scenarios.library import library_of
from mock_server.store.store import Change, Decide
from mock_server.vendors.contracts import Contracts
from mock_server.vendors.fixtures import Fixtures
from mock_server.vendors.registry import Registry
from mock_server.vendors.render import Renderer
from tests.support.emulators import VENDORS, World, adjusted, body, scenario, shipped

HELD = "steps: [{state: processing, hold: true}]\n"
FIRST = "steps: [{state: waiting, polls: 1}, {state: succeeded}]\n"
SECOND = "steps: [{state: waiting, polls: 2}, {state: succeeded}]\n"
TIMED = "steps: [{state: processing, for: 10s}, {state: succeeded}]\n"
BROKEN = adjusted(scenario(HELD), Adjust(put={"qiniu": ((("items", 0, "code"), "two"),)}))
DECLARED = "steps: [{state: succeeded, off_contract: true, with: {qiniu: {code: 77}}}]\nvendors: [qiniu]\n"


class TestExpiry:
    def test_a_task_is_forgotten_so_long_after_its_birth_whatever_its_step(self) -> None:
        world = World(scenario(f"expires: 10s\n{HELD}"))
        statuses = world.statuses(1)
        for by in (9_999, 1, 10**9):
            world.advance(by)
            statuses += world.statuses(1)
        assert statuses == [200, 200, 404, 404]

    def test_no_fault_strikes_a_forgotten_task_and_none_is_used_up(self) -> None:
        world = World(scenario(f"expires: 10s\n{HELD}faults: [{{when: {{polls: [2..]}}, error: 599}}]"))
        before = world.statuses(2)
        world.advance(10_000)
        world.arm(Effect(error=500), times=1)
        assert (before, world.statuses(2), len(world.store.control().armed)) == ([200, 599], [404, 404], 1)

    def test_a_forgotten_id_is_not_born_again_and_its_polls_are_numbered_but_move_nothing(self) -> None:
        world = World(scenario(f"expires: 10s\n{SECOND}"))
        world.poll()
        before = world.task()
        world.advance(10_000)
        world.statuses(3)
        assert (world.task(), world.last().step) == (before._replace(asked=4), "expired")

    def test_a_forgotten_task_answers_as_the_vendors_unknown_without_our_header(self) -> None:
        world = World(scenario(f"expires: 10s\n{HELD}"))
        world.poll(vendor="huawei")
        world.advance(10_000)
        response = world.poll(vendor="huawei")
        assert (body(response)["error_code"], response.header("X-Mock-Server")) == ("VOD.10062", None)

    def test_a_peek_sees_it_too(self) -> None:
        world = World(scenario(f"expires: 10s\n{HELD}"))
        world.poll()
        world.advance(10_000)
        assert (world.poll(method="HEAD").status, world.task().asked) == (404, 1)


class TestContract:
    def test_a_broken_response_is_a_loud_500_that_names_path_and_rule(self) -> None:
        response = World(BROKEN).poll()
        assert (response.status, response.header("X-Mock-Server-Error")) == (500, "contract")
        told = body(response)
        assert (told["error"], told["path"], told["rule"]) == ("contract", "$.items[0].code", "type")

    @pytest.mark.parametrize("steps", [HELD, f"{HELD}faults: [{{error: 599}}]"])
    def test_it_has_the_request_id_of_the_response_that_it_replaces(self, steps: str) -> None:
        broken, whole = (
            World(adjusted(scenario(steps), Adjust(put={"qiniu": ((("items", 0, "code"), code),)})))
            for code in ("two", 2)
        )
        one, other = broken.poll(), whole.poll()
        assert one.header("X-Mock-Server-Error") == "contract"
        assert one.header("X-Reqid") == other.header("X-Reqid") is not None

    def test_the_journal_keeps_what_the_broken_response_was(self) -> None:
        world = World(BROKEN)
        world.poll()
        entry = world.last()
        assert entry.original is not None
        assert (entry.verdict, entry.response.status, body(entry.original)["items"][0]["code"]) == (
            "broken",
            500,
            "two",
        )

    def test_a_broken_response_is_logged_as_an_error(self, caplog: pytest.LogCaptureFixture) -> None:
        World(BROKEN).poll()
        assert [record.levelname for record in caplog.records] == ["ERROR"]
        assert "$.items[0].code" in caplog.text

    def test_no_fault_hides_a_broken_response(self) -> None:
        world = World(BROKEN)
        world.arm(Effect(error=599, fault="reset"))
        response = world.poll()
        assert (response.status, response.delivery, world.last().verdict) == (500, None, "broken")

    def test_a_response_broken_for_one_vendor_is_whole_for_the_others(self) -> None:
        world = World(BROKEN)
        assert [world.poll(vendor=vendor).status for vendor in VENDORS] == [500, 200, 200]

    def test_a_declared_breach_leaves_with_a_header_and_is_marked(self) -> None:
        world = World(scenario(DECLARED))
        response = world.poll()
        assert (response.status, body(response)["code"]) == (200, 77)
        assert response.header("X-Mock-Server-Off-Contract") == "$.code: enum"
        assert world.last().verdict == "off-contract"

    def test_a_breach_at_a_strange_key_is_told_in_what_a_header_can_carry(self) -> None:
        strange = Adjust(put={"qiniu": ((("a\r\nβ",), 1),)}, off_contract=True)
        response = World(adjusted(scenario(HELD), strange)).poll()
        assert response.header("X-Mock-Server-Off-Contract") == "$.a???: additionalProperties"

    def test_a_place_that_a_body_lacks_is_a_loud_500(self) -> None:
        lacking = Adjust(put={"wangsu": ((("items", 3, "key"), "x"),)})
        world = World(adjusted(scenario(HELD), lacking))
        response = world.poll(vendor="wangsu")
        assert (response.status, body(response)["scenario"], body(response)["step"]) == (500, "made-up", "processing")
        assert body(response)["message"].startswith("items.3.key: ")

    def test_a_broken_poll_counts_as_any_other(self) -> None:
        world = World(adjusted(scenario(FIRST), Adjust(put={"qiniu": ((("code",), None),)})))
        assert world.statuses(2) == [500, 200]


class TestErrorContract:
    """A vendor's error responses are held to a contract that this vendor's never meet."""

    @pytest.fixture
    def world(self, tmp_path: Path) -> World:
        (tmp_path / "qiniu").mkdir()
        status = data("schemas") / "qiniu" / "status.sdk.schema.json"
        (tmp_path / "qiniu" / status.name).write_bytes(status.read_bytes())
        (tmp_path / "qiniu" / "error.schema.json").write_text('{"required": ["sorry"]}')
        strict = Renderer(Registry(), Contracts(tmp_path), Fixtures([data("fixtures")]))
        return World(scenario(f"expires: 1h\n{HELD}faults: [{{when: {{polls: [2..2]}}, error: 599}}]"), renders=strict)

    @pytest.mark.parametrize(
        ("target", "method", "status"),
        [
            ("/status/get/prefop?id=nothing", "GET", 404),
            ("/status/get/prefop", "GET", 400),
            ("/status/get/prefop?id=made-up.1", "DELETE", 405),
            ("/status/of/nothing", "GET", 404),
        ],
    )
    def test_an_error_of_the_matching_is_checked(self, world: World, target: str, method: str, status: int) -> None:
        response = world.ask(target, method)
        assert (response.status, body(response)["path"], world.last().verdict) == (500, "$.sorry", "broken")
        original = world.last().original
        assert original is not None
        assert (original.status, body(response)["step"]) == (status, "")

    def test_a_fault_s_error_is_checked_and_nothing_hides_it(self, world: World) -> None:
        world.arm(Effect(headers=(("X-Mock-Server-Error", None),)))
        world.poll()
        response = world.poll()
        original = world.last().original
        assert (response.status, response.header("X-Mock-Server-Error")) == (500, "contract")
        assert original is not None
        assert (original.status, world.last().verdict, world.task().asked) == (599, "broken", 2)
        assert body(response)["step"] == "processing"

    def test_the_response_about_a_forgotten_task_is_checked(self, world: World) -> None:
        world.poll()
        world.advance(3_600_000)
        response = world.poll()
        assert (response.status, world.last().verdict, body(response)["step"]) == (500, "broken", "expired")


class TestJournal:
    def test_it_shows_the_response_as_it_was_and_as_it_left(self) -> None:
        world = World(scenario(f"{FIRST}faults: [{{error: 599, fault: malformed}}]"))
        response = world.poll()
        entry = world.last()
        assert entry.original is not None
        assert (entry.response, entry.faults, body(entry.original)["code"]) == (response, ("599", "malformed"), 1)

    def test_a_response_that_left_as_it_was_is_kept_once(self) -> None:
        world = World(scenario(HELD))
        world.poll()
        assert world.last().original is None

    def test_it_names_the_step_that_was_seen_and_the_edge_that_was_crossed(self) -> None:
        world = World(scenario(FIRST))
        world.statuses(2)
        seen = [(entry.step, entry.asked, [each[:2] for each in entry.crossed]) for entry in world.entries()]
        assert seen == [("waiting", 1, [(0, 1)]), ("succeeded", 2, [])]

    def test_it_names_what_time_crossed_before_the_poll_and_what_the_poll_crossed(self) -> None:
        world = World(scenario("steps: [{state: waiting, for: 3s}, {state: processing, polls: 1}, {state: succeeded}]"))
        world.poll()
        born = world.virtual()
        world.advance(5_000)
        world.poll()
        assert world.last().crossed == ((0, 1, born + 3_000), (1, 2, born + 5_000))

    def test_a_peek_is_no_poll(self) -> None:
        world = World(scenario(HELD))
        world.poll(method="HEAD")
        assert (world.last().poll, world.counters()[:2]) == (False, (1, 0))


class TestPeek:
    @pytest.mark.parametrize("vendor", VENDORS)
    def test_it_shows_the_headers_of_the_next_poll_and_moves_nothing(self, vendor: str) -> None:
        world = World(scenario(FIRST))
        peeks = [world.poll(vendor=vendor, method="HEAD") for _ in range(3)]
        polled = world.poll(vendor=vendor)
        assert peeks == [polled._replace(body=b"")] * 3
        assert world.task(vendor=vendor).asked == 1

    def test_it_bears_no_task(self) -> None:
        world = World(scenario(HELD))
        world.poll(method="HEAD")
        assert world.store.read(Key("qiniu", "made-up.1")) is None

    def test_it_sees_what_time_did_without_recording_it(self) -> None:
        world = World(scenario(TIMED))
        world.poll()
        world.advance(10_000)
        world.poll(method="HEAD")
        assert (world.last().step, world.step()) == ("succeeded", "processing")


class TestVersions:
    NEW = dataclasses.replace(scenario(HELD), digest="new")

    def swap(self, world: World, *scenarios: Scenario) -> None:
        world.library = library_of(scenarios, earlier=world.library)

    def test_a_running_task_keeps_the_version_it_was_born_with(self) -> None:
        world = World(scenario(FIRST))
        world.poll("made-up.old")
        self.swap(world, self.NEW)
        codes = [body(world.poll(f"made-up.{age}"))["code"] for age in ("old", "new")]
        assert (codes, world.task("made-up.new").scenario) == ([0, 2], "made-up@new")

    def test_a_running_task_goes_on_when_its_scenario_is_gone(self) -> None:
        world = World(scenario(FIRST))
        world.poll()
        self.swap(world)
        assert (world.statuses(1), world.statuses(1, "made-up.2")) == ([200], [404])

    def test_a_request_that_waited_for_the_store_knows_what_was_loaded_meanwhile(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        world = World(scenario(FIRST))
        transact = world.store.transact

        def late(key: Key | None, decide: Decide) -> Change:
            """Another request gives birth to the task, of a version that was loaded after this one had come."""
            monkeypatch.undo()
            self.swap(world, self.NEW)
            world.poll()
            return transact(key, decide)

        monkeypatch.setattr(world.store, "transact", late)
        assert world.statuses(1) == [200]
        assert (world.task().scenario, world.task().asked) == ("made-up@new", 2)


class TestDefault:
    def test_unclaimed_ids_play_it(self) -> None:
        world = World(scenario(FIRST), scenario(HELD, "other"), default="made-up")
        assert (world.statuses(1, "z0.5f3"), world.step("z0.5f3")) == ([200], "succeeded")
        assert (world.statuses(1, "other"), world.step("other")) == ([200], "processing")

    def test_it_is_only_for_the_vendors_it_serves(self) -> None:
        world = World(scenario(f"vendors: [wangsu]\n{FIRST}"), default="made-up")
        assert [world.poll("z0.5f3", vendor).status for vendor in VENDORS] == [404, 200, 404]

    def test_without_one_asking_makes_no_task(self) -> None:
        world = World(scenario(FIRST))
        response = world.poll("z0.5f3")
        assert (response.status, world.store.read(Key("qiniu", "z0.5f3"))) == (404, None)
        assert response.header("X-Mock-Server") == "unmatched"


def test_every_vendor_plays_a_shipped_scenario_at_its_own_pace() -> None:
    world = World(shipped("happy-path"))
    world.statuses(2, "happy-path.1", "qiniu")
    steps = {vendor: (world.poll("happy-path.1", vendor), world.last().step)[1] for vendor in VENDORS}
    assert steps == {"qiniu": "succeeded", "wangsu": "waiting", "huawei": "waiting"}


def test_a_decision_is_pure_so_that_the_store_may_run_it_again(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(shipped("flaky"))
    transact = world.store.transact
    seen: list[Change] = []

    def twice(key: Key | None, decide: Decide) -> Change:
        record, control = world.store.read(key) if key else None, world.store.control()
        seen.extend([decide(record, control), decide(record, control)])
        return transact(key, decide)

    monkeypatch.setattr(world.store, "transact", twice)
    for _ in range(5):
        world.poll("flaky.1")
    assert seen[::2] == seen[1::2]
    assert world.task("flaky.1").asked == 5
