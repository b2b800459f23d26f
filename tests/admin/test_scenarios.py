"""Scenarios over the admin API: what a list says of each, timelines, and checks that put nothing in force."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mock_server.api.codec import decode, plain
from mock_server.api.scenarios import Checked, Scenarios
from mock_server.api.timeline import Timeline
from mock_server.emulator.strip import MOST_ITEMS, MOST_POLLS
from mock_server.scenarios.shows import MOST_RUNS
from mock_server.scenarios.timeline import svg, timeline_of
from tests.support.admin_kit import AdminWorld, admin_world, as_new
from tests.support.fuzz_files import MOST, processor_time

YAML = {"Content-Type": "application/yaml"}
MINE = "steps: [{state: waiting, polls: 2}, {state: processing, for: 3s}, {state: succeeded}]\n"
GROUPS = {
    "ends-well": {
        "as-in-production", "back-in-the-queue", "by-hand", "document-sample", "expires", "failure-taken-back",
        "finishes-in-any-order", "happy-path", "hundred-items", "instant", "never-seen-working", "odd-names",
        "one-by-one", "realistic", "skips-the-queue", "slow", "takes-an-hour",
    },
    "fails": {
        "fails-after-an-hour", "fails-at-once", "fails-at-the-first-item", "fails-for-many-reasons",
        "fails-late", "fails-one-of-forty", "partial-failure", "success-hides-failure", "success-taken-back",
    },
    "trouble": {
        "bad-gateway", "bad-request", "bad-request-at-first", "callback-failed", "down-once", "down-twice",
        "flaky", "forbidden", "forgotten-once-done", "gateway-timeout", "long-tail", "method-not-allowed",
        "never-ends", "nightly-maintenance", "not-found", "not-found-at-first", "not-found-midway",
        "one-item-never-ends", "outage", "outage-by-the-clock", "outage-then-failure", "outage-then-recovery",
        "redirect-nowhere", "retry-date-years-away", "server-error", "slow-to-answer", "slower-than-timeouts",
        "stuck-in-queue", "submit-refused", "throttled", "throttled-always", "throttled-once", "throttled-per-minute",
        "throttled-retry-after", "unauthorized", "unauthorized-midway", "unauthorized-once", "unavailable",
        "unavailable-retry-after", "unavailable-retry-date",
    },
    "odd-bodies": {
        "byte-order-mark", "charset", "code-as-text", "code-too-big", "code-with-fraction",
        "compressed-by-name-only", "date-as-text", "date-null", "empty-body", "empty-error",
        "error-code-as-number", "error-without-code", "failed-without-reason", "gateway-page",
        "gateway-page-404", "gateway-page-once", "gateway-page-with-request-id", "half-json", "half-json-error",
        "items-empty", "items-null", "items-object", "json-list", "json-null", "json-number",
        "log-header-alone", "login-page", "nested-error", "no-code", "no-content", "no-content-type",
        "no-items", "no-request-id", "no-request-id-error", "not-modified", "plain-text-error", "status-203",
        "status-206", "status-298", "text-plain", "trailing-bytes", "unknown-code", "unknown-fields",
        "wrong-task",
    },
    "odd-connections": {
        "broken-chunk", "closed-without-a-byte", "closes-each-time", "dribbles", "flaky-connection", "hangs",
        "hangs-once", "length-not-a-number", "length-too-long", "length-too-short", "moved-301", "moved-308",
        "not-http", "redirect-302", "redirect-303", "redirect-307", "redirect-loop", 
        "redirect-to-login", "reset", "reset-midway", "reset-once", "stale-connection", "submit-lost",
        "truncated",
    },
    "notifications": {
        "failure-notified", "failure-notify-failed", "forged-notification", "never-told", "notified", "notify-failed",
        "told-early", "told-for-real", "told-late", "told-out-of-order", "told-twice",
    },
    "special": {
        "account-frozen", "arrears", "decompress", "earlier-result", "english-error", "every-error-huawei",
        "every-error-qiniu", "every-error-wangsu", "m3u8-partly-deleted", "no-date", "no-such-bucket",
        "no-such-file", "no-such-resource", "not-found-403", "not-published", "prefix-delete",
        "prefix-delete-output", "result-without-file", "retention-changed", "second-command-failed",
        "several-outputs", "too-many-requests", "unlisted-code", "upper-case-status", "workflow-task",
        "wrong-project",
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def lasting() -> AdminWorld:
    """The server of all these tests."""
    return admin_world()


@pytest.fixture
def world(lasting: AdminWorld) -> AdminWorld:
    """A fresh server."""
    return as_new(lasting)


def listed(world: AdminWorld) -> dict[str, Any]:
    """The scenarios in force, by name."""
    said = world.ask("GET", "/scenarios")
    decode(json.dumps(said.body).encode(), Scenarios)
    return {each["name"]: each for each in said.body["scenarios"]}


def checked(world: AdminWorld, text: str, name: str = "mine") -> Any:
    """What a check says of a good scenario."""
    said = world.ask("POST", f"/scenarios/check?name={name}", text.encode(), **YAML)
    assert said.status == 200, said.body
    decode(json.dumps(said.body).encode(), Checked)
    return said.body


# -- the list


def test_every_shipped_scenario_is_in_its_group(world: AdminWorld) -> None:
    groups: dict[str, set[str]] = {}
    for name, each in listed(world).items():
        groups.setdefault(each["group"], set()).add(name)
    assert groups == GROUPS


def test_what_a_user_wrote_is_the_users_own_whatever_it_does(world: AdminWorld, tmp_path: Path) -> None:
    assert world.ask("PUT", "/scenarios/outage", MINE.encode(), **YAML).body["group"] == "yours"
    (tmp_path / "slow.yaml").write_text(MINE, "utf-8")
    own = admin_world(scenarios=(tmp_path,), no_reload=True)
    assert {name for name, each in listed(own).items() if each["group"] == "yours"} == {"slow"}


def test_the_list_shows_what_polls_see_of_each_step(world: AdminWorld) -> None:
    shows = listed(world)["partial-failure"]["shows"]
    assert [(step["saw"], step["polls"], step["ways"]) for step in shows["steps"]] == [
        ("waiting", 1, [{"to": 1, "share": ""}]),
        ("processing", 1, [{"to": 2, "share": ""}]),
        ("failed", None, []),
    ]
    assert shows["steps"][1]["items"] == [{"saw": "succeeded", "times": 1}, {"saw": "processing", "times": 1}]
    assert [(step["saw"], step["error"]) for step in listed(world)["outage"]["shows"]["steps"]] == [("error", "599")]
    (_, processing, *_) = listed(world)["realistic"]["shows"]["steps"]
    assert (processing["lasts"], processing["ways"]) == (
        "3m..5m", [{"to": 2, "share": "90 %"}, {"to": 3, "share": "10 %"}]
    )  # fmt: skip


def test_the_list_shows_items_that_move_on_their_own_faults_and_expiry(world: AdminWorld) -> None:
    found = listed(world)
    items = found["one-by-one"]["shows"]["items"]
    assert [(each["first"], each["last"], each["steps"][0]["lasts"]) for each in items] == [
        (0, 0, "10s"), (1, 1, "20s"), (2, 2, "30s"), (3, 3, "40s")
    ]  # fmt: skip
    assert found["one-by-one"]["shows"]["steps"] == []
    assert found["flaky"]["shows"]["faults"] == [{"when": "with chance 0.3", "does": "error 599"}]
    assert found["expires"]["shows"]["expires"] == "10d"


def test_of_many_items_the_list_shows_the_first(world: AdminWorld) -> None:
    steps = ", ".join(f"{{steps: [{{state: processing, for: {k + 1}s}}, {{state: succeeded}}]}}" for k in range(30))
    shows = checked(world, f"items: [{steps}]\n")["shows"]
    assert (len(shows["items"]), shows["more"]) == (MOST_RUNS, 30 - MOST_RUNS)
    states = ", ".join(("succeeded", "failed")[k % 2] for k in range(60))
    (step,) = checked(world, f"items: 60\nsteps: [{{state: failed, items: [{states}]}}]\n")["shows"]["steps"]
    assert len(step["items"]) == MOST_RUNS


def test_the_list_says_whose_place_a_scenario_has(world: AdminWorld, tmp_path: Path) -> None:
    shipped = listed(world)["slow"]["source"]
    assert {each["replaces"] for each in listed(world).values()} == {None}
    world.ask("PUT", "/scenarios/slow", MINE.encode(), **YAML)
    world.ask("PUT", "/scenarios/mine", MINE.encode(), **YAML)
    assert {name: each["replaces"] for name, each in listed(world).items() if each["replaces"]} == {"slow": shipped}
    (tmp_path / "slow.yaml").write_text(MINE, "utf-8")
    own = admin_world(scenarios=(tmp_path,), no_reload=True)
    assert listed(own)["slow"]["replaces"] == shipped
    assert checked(own, MINE, "slow")["replaces"] == str(tmp_path / "slow.yaml")
    own.ask("PUT", "/scenarios/slow", MINE.encode(), **YAML)
    assert listed(own)["slow"]["replaces"] == str(tmp_path / "slow.yaml")


# -- the timeline


@pytest.mark.parametrize("name", sorted(set().union(*GROUPS.values())))
def test_the_timeline_of_a_scenario_is_the_one_that_is_drawn(world: AdminWorld, name: str) -> None:
    said = world.ask("GET", f"/scenarios/{name}/timeline")
    timeline = decode(json.dumps(said.body).encode(), Timeline)
    here = timeline_of(world.server.catalogue.library.scenarios[name], world.server.renderer)
    assert said.body == json.loads(json.dumps(plain(here)))
    assert svg(timeline) == svg(here)


def test_a_timeline_has_whole_bodies_only_if_asked(world: AdminWorld) -> None:
    (track,) = world.ask("GET", "/scenarios/happy-path/timeline").body["tracks"]
    assert "body" not in track["stretches"][0]["responses"][0]
    (track,) = world.ask("GET", "/scenarios/happy-path/timeline?bodies=true").body["tracks"]
    for vendor, response in zip(("qiniu", "huawei", "wangsu"), track["stretches"][0]["responses"], strict=True):
        assert response["vendor"] == vendor
        assert response["body"].keys() == world.poll("happy-path", vendor).body.keys()
    (track,) = world.ask("GET", "/scenarios/not-found/timeline?bodies=true").body["tracks"]
    assert track["stretches"][0]["responses"][0]["body"] == world.poll("not-found").body


def test_there_is_no_timeline_of_what_is_not_there(world: AdminWorld) -> None:
    said = world.ask("GET", "/scenarios/happy-pat/timeline")
    assert (said.status, said.body["problems"][0]["hint"]) == (404, 'did you mean "happy-path"?')


# -- the check


def test_a_check_says_what_an_upload_would_and_changes_nothing(world: AdminWorld) -> None:
    before = world.dump()
    found = checked(world, MINE)
    assert world.dump() == before
    put = world.ask("PUT", "/scenarios/mine", MINE.encode(), **YAML).body
    assert {key: found[key] for key in put} == {**put, "uploaded": False}
    assert found["timeline"] == world.ask("GET", "/scenarios/mine/timeline").body
    assert found["checked"] == {"steps": 3, "edges": 2, "bodies": 9}


def test_a_check_says_what_polls_would_see(world: AdminWorld) -> None:
    qiniu, huawei, wangsu = checked(world, MINE)["polls"]
    assert [(run["at"], run["saw"], run["status"], run["text"], run["times"]) for run in qiniu["runs"]] == [
        (0, "waiting", 200, "1 [1]", 2),
        (2_000, "processing", 200, "2 [2]", 1),
        (4_000, "succeeded", 200, "0 [0]", 1),
    ]
    assert (qiniu["ending"], huawei["vendor"], wangsu["vendor"]) == ("end", "huawei", "wangsu")
    faults = "faults: [{when: {polls: [1]}, error: 599}, {when: {polls: [2]}, fault: reset}]\n"
    (first, second, third, *_) = checked(world, MINE + faults)["polls"][0]["runs"]
    assert [(run["saw"], run["status"]) for run in (first, second, third)] == [
        ("error", 599), ("cut", None), ("processing", 200)
    ]  # fmt: skip
    held = checked(world, "steps: [{state: processing, hold: true}]\n")["polls"][0]
    assert (held["ending"], [run["saw"] for run in held["runs"]]) == ("held", ["processing"])


def test_a_check_plays_only_so_many_polls(world: AdminWorld) -> None:
    many = f"steps: [{{state: waiting, polls: {2 * MOST_POLLS}}}, {{state: succeeded}}]\n"
    (only, *_) = checked(world, many)["polls"]
    assert (only["ending"], only["runs"][0]["times"]) == ("limit", MOST_POLLS)
    items = ", ".join(f"{{steps: [{{state: processing, for: {k + 1}s}}, {{state: succeeded}}]}}" for k in range(1_000))
    assert processor_time(lambda: checked(world, f"items: [{items}]\n")) < 2 * MOST
    (only, *_) = checked(world, f"items: [{items}]\n")["polls"]
    assert (only["ending"], sum(run["times"] for run in only["runs"])) == ("limit", MOST_ITEMS // 1_000)


def test_a_check_tells_every_problem_and_every_clash(world: AdminWorld) -> None:
    bad = world.ask("POST", "/scenarios/check?name=mine", b"steps: [{state: waitin, pols: 1}]", **YAML)
    assert (bad.status, len(bad.body["problems"])) == (422, 2)
    assert bad.body == world.ask("PUT", "/scenarios/mine", b"steps: [{state: waitin, pols: 1}]", **YAML).body
    clash = world.ask("POST", "/scenarios/check?name=mine", f"ids: [slow]\n{MINE}".encode(), **YAML)
    assert (clash.status, '"slow" is claimed by slow already' in clash.body["problems"][0]["what"]) == (409, True)


def test_a_scenario_is_checked_without_a_name_and_may_be_called_check(world: AdminWorld) -> None:
    assert world.ask("POST", "/scenarios/check", MINE.encode(), **YAML).body["name"] == "unnamed"
    assert world.ask("GET", "/scenarios/check").status == 404
    assert world.ask("PUT", "/scenarios/check", MINE.encode(), **YAML).status == 200
    assert world.ask("GET", "/scenarios/check").body["name"] == "check"
    assert world.ask("POST", "/scenarios/mine", MINE.encode(), **YAML).status == 405
