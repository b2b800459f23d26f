"""The clock, faults, scenarios and the server as a whole, steered over the admin API."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from mock_server.admin.routes import LARGEST_BUNDLE, YAML_TYPES
from mock_server.engine.timestamps import moment_of, moment_text
from tests.support.admin_kit import AdminWorld, admin_world, as_new

NOON = "2023-11-14T22:13:20.000Z"
MINE = b"about: Mine.\nsteps:\n  - {state: processing, polls: 1}\n  - {state: failed}\n"


@pytest.fixture(scope="module")
def lasting() -> AdminWorld:
    """The server of all these tests."""
    return admin_world()


@pytest.fixture
def world(lasting: AdminWorld) -> AdminWorld:
    """A fresh server."""
    return as_new(lasting)


# -- the clock


def test_the_clock_tells_where_it_stands(world: AdminWorld) -> None:
    said = world.ask("GET", "/clock").body
    assert said == {"now": NOON, "real": NOON, "ahead_ms": 0, "speed": 1.0, "frozen": False}


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"advance": "10m"}, {"now": "2023-11-14T22:23:20.000Z", "real": NOON, "ahead_ms": 600_000}),
        ({"set": "2030-01-01T00:00:00Z"}, {"now": "2030-01-01T00:00:00.000Z"}),
        ({"set": "2030-01-01T08:00:00.25+08:00"}, {"now": "2030-01-01T00:00:00.250Z"}),
        ({"set": "2023-11-14T22:13:20.000Z"}, {"now": NOON}),
        ({"freeze": True}, {"now": NOON, "frozen": True}),
        ({"resume": True}, {"frozen": False}),
        ({"speed": 2.5}, {"speed": 2.5, "frozen": False}),
        ({"speed": 60}, {"speed": 60.0}),
    ],
)
def test_the_clock_does_what_it_is_told(world: AdminWorld, body: dict[str, Any], told: dict[str, Any]) -> None:
    said = world.ask("POST", "/clock", body)
    assert said.status == 200
    assert said.body | told == said.body


def test_a_moved_clock_moves_the_tasks(world: AdminWorld) -> None:
    world.ask(
        "PUT", "/scenarios/mine", b"steps: [{state: waiting, for: 5m}, {state: processing, for: 5m}, {state: failed}]"
    )
    codes = [world.poll("mine.1").body["code"]]
    for _ in range(2):
        world.ask("POST", "/clock", {"advance": "5m"})
        codes.append(world.poll("mine.1").body["code"])
    assert codes == [1, 2, 3]


@pytest.mark.parametrize(
    ("body", "where", "what"),
    [
        ({}, "$", "exactly one of set, advance, freeze, resume and speed"),
        ({"freeze": True, "advance": "1m"}, "$", "exactly one of set, advance, freeze, resume and speed"),
        ({"freeze": False}, "$.freeze", "expected true, found false"),
        ({"advance": "-1m"}, "$.advance", "expected a length of time such as 250ms"),
        ({"advance": 60}, "$.advance", "expected a length of time such as 250ms"),
        ({"set": "yesterday"}, "$.set", "expected a date and time with its zone"),
        ({"set": "2030-01-01T00:00:00"}, "$.set", "expected a date and time with its zone"),
        ({"set": "2030-02-30T00:00:00Z"}, "$.set", "no such moment: day is out of range"),
        ({"set": "2030-01-01T00:00:00+99:00"}, "$.set", "no such moment"),
        ({"set": "0001-01-01T00:00:00+14:00"}, "", "the clock cannot be set back"),
        ({"set": "2020-01-01T00:00:00Z"}, "", "the clock cannot be set back"),
        ({"set": "9999-12-31T23:59:59Z"}, "", "the clock cannot pass the year 9998"),
        ({"speed": 0}, "$.speed", "expected a number above 0"),
        ({"speed": -1}, "$.speed", "expected a number above 0"),
        ({"speed": 1_000_001}, "$.speed", "expected a number above 0"),
        (b'{"speed": 1e999}', "$.speed", "expected a number above 0"),
        ({"speed": "fast"}, "$.speed", "expected a number above 0"),
        ({"frozen": True}, "$.frozen", 'unknown key "frozen"'),
    ],
)
def test_what_no_clock_does_is_refused(world: AdminWorld, body: Any, where: str, what: str) -> None:
    before = world.dump()
    said = world.ask("POST", "/clock", body)
    assert said.status == 422
    assert said.problems[0][0] == where
    assert said.problems[0][1].startswith(what)
    assert world.dump() == before


@pytest.mark.parametrize("ms", [0, 1, 999, -1, 1_700_000_000_123, 253_370_764_799_999])
def test_a_moment_is_read_as_it_is_written(ms: int) -> None:
    assert moment_of(moment_text(ms)) == ms


@pytest.mark.parametrize(
    ("ms", "text"), [(-(10**18), "0001-01-01T00:00:00.000Z"), (10**18, "9999-12-31T23:59:59.999Z")]
)
def test_a_moment_beyond_all_dates_is_told_as_the_last(ms: int, text: str) -> None:
    assert moment_text(ms) == text


# -- faults


@pytest.mark.parametrize(
    "body",
    [
        {"error": 599},
        {"error": "throttled", "headers": {"Retry-After": "3", "X-Reqid": None}, "vendor": "qiniu"},
        {"fault": "dribble", "over": "2s", "id": "slow.*"},
        {"delay": "250ms", "times": 2},
        {"delay": "1s..3s"},
        {"delay": {"median": "100ms", "p99": "1s"}},
        {"fault": "html", "status": 200},
        {"status": 304},
        {"body": "[]", "type": "text/plain", "length": -1},
        {"redirect": "self", "status": 307},
        {"error": "throttled", "headers": {"Retry-After": {"ahead": "30s"}}},
        {"error": 500, "at": "18:00Z", "for": "10m"},
    ],
)
def test_an_armed_fault_is_shown_in_the_words_it_was_armed_with(world: AdminWorld, body: dict[str, Any]) -> None:
    said = world.ask("POST", "/faults", body)
    assert said.status == 201
    aim = {"number": 1, "vendor": None, "id": None, "times": None, "until": None}
    assert said.body == {**aim, "armed": NOON, "struck": 0, **body}
    assert world.ask("GET", "/faults").body == {"faults": [said.body]}


def test_a_fault_that_is_not_armed_says_what_it_would_apply_to(world: AdminWorld) -> None:
    world.poll("happy-path.1")
    said = world.ask("POST", "/faults?dry=true", {"error": 599, "id": "happy-*"})
    assert (said.status, said.body["number"], said.body["targets"]) == (200, 1, {"tasks": 1, "at_work": 1})
    assert world.ask("GET", "/faults").body == {"faults": []}
    assert world.ask("POST", "/faults?dry=true", {"error": "no such"}).status == 422
    assert "targets" not in world.ask("POST", "/faults?dry=false", {"error": 599}).body


def test_a_list_of_faults_says_how_often_each_was_applied(world: AdminWorld) -> None:
    world.ask("POST", "/faults", {"error": 599, "id": "happy-path.1"})
    world.poll("happy-path.1")
    world.poll("happy-path.1")
    (fault,) = world.ask("GET", "/faults").body["faults"]
    assert (fault["struck"], fault["armed"]) == (2, NOON)


def test_a_fault_strikes_so_many_polls(world: AdminWorld) -> None:
    world.ask("POST", "/faults", {"error": 599, "id": "slow.1", "times": 2})
    assert [world.poll("slow.1").status for _ in range(3)] == [599, 599, 200]
    assert world.ask("GET", "/faults").body == {"faults": []}


def test_a_fault_strikes_so_long(world: AdminWorld) -> None:
    armed = world.ask("POST", "/faults", {"error": 599, "for": "10m"}).body
    assert armed["until"] == "2023-11-14T22:23:20.000Z"
    statuses = [world.poll("slow.1").status]
    world.ask("POST", "/clock", {"advance": "10m"})
    assert [*statuses, world.poll("slow.1").status] == [599, 200]


def test_a_fault_applies_at_a_time_of_day_until_it_is_disarmed(world: AdminWorld) -> None:
    # The clock shows 22:13:20Z, which is 06:13:20 in the zone of the fault.
    armed = world.ask("POST", "/faults", {"error": 599, "at": "06:14+08:00", "for": "10m"}).body
    assert (armed["at"], armed["for"], armed["until"]) == ("22:14Z", "10m", None)
    statuses = []
    for passed in ("1ms", "40s", "9m", "1m", "23h", "51m"):
        world.ask("POST", "/clock", {"advance": passed})
        statuses.append(world.poll("slow.1").status)
    assert statuses == [200, 599, 599, 200, 200, 599]
    assert len(world.ask("GET", "/faults").body["faults"]) == 1


@pytest.mark.parametrize(
    ("query", "left"),
    [("", []), ("?number=2", [1, 3]), ("?vendor=qiniu", [1, 3]), ("?id=slow.*", [1, 2]), ("?number=9", [1, 2, 3])],
)
def test_faults_are_disarmed_by_what_is_asked_for(world: AdminWorld, query: str, left: list[int]) -> None:
    for aim in ({}, {"vendor": "qiniu"}, {"id": "slow.*"}):
        world.ask("POST", "/faults", {"error": 500, **aim})
    said = world.ask("DELETE", f"/faults{query}")
    assert (said.status, said.body) == (200, {"disarmed": 3 - len(left)})
    assert [each["number"] for each in world.ask("GET", "/faults").body["faults"]] == left


@pytest.mark.parametrize(
    ("body", "where", "what"),
    [
        ({}, "$", "a fault does at least one of"),
        ({"times": 2, "vendor": "qiniu"}, "$", "a fault does at least one of"),
        ({"error": 200}, "$.error", "expected a status from 300 to 999"),
        ({"error": "trottled"}, "$.error", '"trottled" is not an error did you mean "throttled"?'),
        ({"error": "VOD.10062", "vendor": "qiniu"}, "$.error", 'qiniu has no error "VOD.10062"'),
        ({"fault": "rest"}, "$.fault", '"rest" is not a fault did you mean "reset"?'),
        ({"fault": "reset", "over": "1s"}, "$.fault", '"reset" is not a fault that takes time'),
        ({"delay": "3s..1s"}, "$.delay", "3s..1s ends before it begins"),
        ({"delay": {"median": "3s", "p99": "1s"}}, "$.delay.p99", "the 99th percentile lies below the median"),
        ({"delay": 250}, "$.delay", "expected a length of time"),
        ({"error": 599, "times": 0}, "$.times", "expected a whole number of polls, at least 1"),
        ({"error": 599, "for": "99999999999d"}, "$.for", "longer than a hundred years"),
        ({"error": 599, "headers": {"a b": "c"}}, "$.headers.a b", "expected the name of a header"),
        (
            {"error": 599, "headers": {"A": "b\r\nSet-Cookie: c"}},
            "$.headers.A",
            "expected one line of printable ASCII, or null",
        ),
        ({"error": 599, "when": {}}, "$.when", 'unknown key "when"'),
        ({"error": 599, "at": "02:00"}, "$.at", "expected a time of day with its zone"),
        ({"error": 599, "at": "02:00Z"}, "$.at", "`at` needs `for` beside it"),
        ({"error": 599, "at": "02:00Z", "for": "2d"}, "$.at", "it comes every day, so it cannot last longer than one"),
        ({"length": 0}, "$.length", "expected a number of bytes such as +5 or -3, not 0"),
        ({"body": None}, "$.body", "expected text; [], null and numbers go in quotes"),
        ({"type": "text/plain"}, "$", "a fault does at least one of"),
        ({"redirect": "no where"}, "$.redirect", "expected `self`, the name of a scenario, or a path or URL"),
        ({"redirect": "self", "status": 200}, "$.status", "expected 301, 302, 303, 307 or 308, found 200"),
        ({"redirect": "self", "body": "x"}, "$.body", "`redirect` has a body of its own"),
        ({"body": "x", "fault": "html"}, "$.fault", '"html" is not a fault of the connection, since `body` replaces'),
        ({"body": "x", "error": 500}, "$.error", "a fault gives an `error` or a `body`, never both"),
        ({"length": 5, "fault": "hang"}, "$.fault", '"hang" is not a fault that `length` can go with'),
        ({"headers": {"A": {"ahead": 3}}}, "$.headers.A.ahead", "expected a length of time"),
        ({"status": 100}, "$.status", "expected a status from 200 to 999"),
    ],
)
def test_a_fault_that_cannot_be_is_refused(world: AdminWorld, body: dict[str, Any], where: str, what: str) -> None:
    said = world.ask("POST", "/faults", body)
    assert said.status == 422
    assert said.problems[0][0] == where
    assert said.problems[0][1].startswith(what)
    assert world.ask("GET", "/faults").body == {"faults": []}


# -- scenarios


def test_scenarios_are_listed_with_what_people_choose_by(world: AdminWorld) -> None:
    said = world.ask("GET", "/scenarios").body
    by_name = {each["name"]: each for each in said["scenarios"]}
    assert len(by_name) == world.ask("GET", "/health").body["scenarios"]
    assert by_name["slow"]["steps"] == ["waiting", "processing", "succeeded"]
    assert by_name["notified"]["vendors"] == ["wangsu"]
    assert said["problems"] == []


def test_a_scenario_is_read_with_its_text_and_a_target_to_try(world: AdminWorld, root: Path) -> None:
    said = world.ask("GET", "/scenarios/slow").body
    assert said["text"] == (root / "scenarios" / "slow.yaml").read_text("utf-8")
    assert said["examples"]["wangsu"] == "/fmgr/status?persistentId=slow"


@pytest.mark.parametrize("type", YAML_TYPES)
def test_an_uploaded_scenario_is_played_at_once(world: AdminWorld, type: str) -> None:
    said = world.ask("PUT", "/scenarios/mine", MINE, Content_Type=type)
    assert (said.status, said.body["text"].encode(), said.body["uploaded"]) == (200, MINE, True)
    assert [world.poll("mine.1").body["code"] for _ in range(2)] == [2, 3]


def test_an_upload_stands_over_a_file_until_it_is_removed(world: AdminWorld) -> None:
    world.ask("PUT", "/scenarios/slow", MINE)
    assert world.ask("GET", "/scenarios/slow").body["about"] == "Mine."
    said = world.ask("DELETE", "/scenarios/slow")
    assert (said.status, said.body) == (200, {"removed": "slow"})
    assert world.ask("GET", "/scenarios/slow").body["about"] != "Mine."


def test_every_problem_of_an_upload_is_told_by_line_and_column(world: AdminWorld) -> None:
    before = world.dump()
    said = world.ask("PUT", "/scenarios/mine", b"step: 1\nsteps:\n  - {state: procesing}\n")
    assert said.status == 422
    assert said.problems == [
        ("mine.yaml:1:1", 'unknown key "step" did you mean "steps"?'),
        ("mine.yaml:3:13", '"procesing" is not a state did you mean "processing"?'),
    ]
    assert world.dump() == before


@pytest.mark.parametrize(
    ("method", "name", "body", "status", "what"),
    [
        ("GET", "slwo", None, 404, "no scenario is named 'slwo' did you mean \"slow\"?"),
        ("DELETE", "slow", None, 404, "no uploaded scenario is named 'slow' a file is removed where it lies"),
        ("PUT", "z0", MINE, 422, 'the name "z0" looks like a vendor\'s id'),
        ("PUT", "Mine", MINE, 422, '"Mine" is no name for a scenario'),
        ("PUT", "mine", MINE + b"ids: [slow]\n", 409, '"slow"'),
        ("PUT", "mine", b"", 422, "the file is empty"),
        ("PUT", "mine", b"\xff\xfe", 422, "not UTF-8"),
        ("PUT", "mine", b"#" * (257 << 10), 422, "larger than 256 KiB"),
        ("PUT", "mine", b"steps: !!python/object/apply:os.system [id]", 422, "the tag"),
    ],
)
def test_a_scenario_that_cannot_be_is_refused(
    world: AdminWorld, method: str, name: str, body: bytes | None, status: int, what: str
) -> None:
    before = world.dump()
    said = world.ask(method, f"/scenarios/{name}", body)
    assert said.status == status
    assert what in said.problems[0][1]
    assert world.dump() == before


def test_a_file_that_became_bad_is_told_with_its_place(tmp_path: Path) -> None:
    world = admin_world(scenarios=(tmp_path,))
    (tmp_path / "bad.yaml").write_text("steps: 3\n")
    world.server.catalogue.reload_if_changed()
    for path in ("/scenarios", "/health"):
        (problem,) = world.ask("GET", path).body["problems"]
        assert problem["where"] == f"{tmp_path / 'bad.yaml'}:1:8"


# -- the server as a whole


def test_the_version_tells_what_runs_for_whom_and_how(tmp_path: Path) -> None:
    said = admin_world(scenarios=(tmp_path,), option=(("huawei", "casing", "upper"),)).ask("GET", "/version").body
    assert [vendor["name"] for vendor in said["vendors"]] == ["qiniu", "huawei", "wangsu"]
    paths = said["vendors"][2]["paths"]
    assert paths[:2] == [
        {"methods": ["GET", "HEAD"], "path": "/fmgr/status"},
        {"methods": ["POST"], "path": "/fmgr/fetch"},
    ]
    assert len(paths) == 9
    assert said["settings"]["scenarios"] == [str(tmp_path)]
    assert said["settings"]["option"] == [["huawei", "casing", "upper"]]


def test_metrics_are_told_as_prometheus_wants_them() -> None:
    world = admin_world()
    world.poll("slow.1")
    said = world.ask("GET", "/metrics")
    assert said.headers["Content-Type"].startswith("text/plain; version=")
    assert b'mock_server_polls_total{state="waiting",status="200",vendor="qiniu"} 1.0' in said.body


def dirty(world: AdminWorld) -> None:
    """Something of everything."""
    world.poll("slow.1")
    world.poll("nobody")
    world.ask("PUT", "/scenarios/mine", MINE)
    world.ask("POST", "/tasks", {"vendor": "qiniu", "scenario": "mine"})
    world.ask("POST", "/faults", {"error": 599, "id": "slow.*"})
    world.ask("POST", "/rules", {"scenario": "slow"})
    world.ask("POST", "/clock", {"advance": "1h"})


def test_a_reset_leaves_what_a_fresh_server_has(world: AdminWorld) -> None:
    fresh = world.dump()
    dirty(world)
    assert world.dump() != fresh
    said = world.ask("POST", "/reset", {})
    assert (said.status, len(said.body["reset"])) == (200, 7)
    held, uploads = world.dump()
    assert held["actions"][-1]["what"] == "reset"  # the log tells of the reset too
    assert (held | {"actions": fresh[0]["actions"]}, uploads) == fresh


def test_a_reset_leaves_what_it_was_not_asked_for(world: AdminWorld) -> None:
    dirty(world)
    said = world.ask("POST", "/reset", {"only": ["tasks", "faults"]})
    assert said.body == {"reset": ["tasks", "faults"]}
    assert world.ask("GET", "/tasks").body["tasks"] == world.ask("GET", "/faults").body["faults"] == []
    assert world.ask("GET", "/requests?total=true").body["total"] == 2
    assert world.ask("GET", "/clock").body["ahead_ms"] == 3_600_000
    assert world.ask("GET", "/scenarios/mine").status == 200


@pytest.mark.parametrize("only", [["task"], [], ["tasks", "tasks"], "tasks", [1]])
def test_a_reset_of_what_there_is_not_changes_nothing(world: AdminWorld, only: Any) -> None:
    dirty(world)
    before = world.dump()
    assert world.ask("POST", "/reset", {"only": only}).status == 422
    assert world.dump() == before


@pytest.mark.parametrize("packed", [False, True])
def test_a_bundle_that_was_saved_can_be_loaded_elsewhere(world: AdminWorld, packed: bool) -> None:
    dirty(world)
    world.poll("happy-path.1")
    bundle = world.ask("GET", "/bundle").body
    other = admin_world()
    body = json.dumps(bundle).encode()
    headers = {"Content_Encoding": "gzip"} if packed else {}
    said = other.ask("POST", "/bundle", gzip.compress(body) if packed else body, **headers)
    assert (said.status, said.body["tasks"], said.body["requests"]) == (200, 3, 3)
    loaded = other.ask("GET", "/bundle").body
    assert loaded["actions"].pop()["what"] == "load"
    assert loaded == bundle
    assert [each.poll("happy-path.1").body for each in (other,)] == [world.poll("happy-path.1").body]


@pytest.mark.parametrize(
    ("body", "encoding", "status"),
    [
        (b"{}", "gzip", 400),
        (gzip.compress(b"{}")[:-4], "gzip", 400),
        (gzip.compress(b"{}"), "br", 422),
        (gzip.compress(b" " * (LARGEST_BUNDLE + 1)), "gzip", 413),
        (gzip.compress(b"{}"), "gzip", 422),
    ],
    ids=["not packed", "cut", "another packing", "a bomb", "no bundle"],
)
def test_a_packed_body_that_cannot_be_read_is_refused(
    world: AdminWorld, body: bytes, encoding: str, status: int
) -> None:
    before = world.dump()
    assert world.ask("POST", "/bundle", body, Content_Encoding=encoding).status == status
    assert world.dump() == before


def test_a_bundle_of_another_seed_is_refused_with_the_flag(world: AdminWorld) -> None:
    bundle = admin_world(seed=7).ask("GET", "/bundle").body
    said = world.ask("POST", "/bundle", bundle)
    assert (said.status, said.body["error"]) == (409, "conflict")
    assert said.problems[0][0] == "--seed"


def test_coverage_tells_what_was_entered_and_seen(world: AdminWorld) -> None:
    for _ in range(4):
        world.poll("happy-path.1")
    said = world.ask("GET", "/coverage").body
    happy = next(each for each in said["scenarios"] if each["name"] == "happy-path")
    assert happy["steps"][-1] == {"name": "succeeded", "entered": 1, "seen": 2}
    assert happy["edges"][0] == {"from": "waiting", "to": "processing", "crossed": 1, "by_hand": False}
    assert happy["never_entered"] == happy["never_seen"] == happy["never_crossed"] == []
    assert said["played"] == {
        "steps": 3,
        "entered": 3,
        "seen": 3,
        "edges": 2,
        "crossed": 2,
        "entered_percent": 100,
        "seen_percent": 100,
        "crossed_percent": 100,
    }
    assert said["all"]["entered_percent"] < 100
