"""Tasks over the admin API: looked at, created, moved and dropped."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.admin_kit import AdminWorld, admin_world, as_new
from tests.support.signed import FORM, HUAWEI_BODY, PREHEATING, QINIU_BODY, WANGSU_BODY

NOON = "2023-11-14T22:13:20.000Z"


@pytest.fixture(scope="module")
def lasting() -> AdminWorld:
    """The server of all these tests."""
    return admin_world()


@pytest.fixture
def world(lasting: AdminWorld) -> AdminWorld:
    """A fresh server."""
    return as_new(lasting)


def test_a_task_shows_where_it_stands_and_looking_moves_nothing(world: AdminWorld) -> None:
    world.poll("slow.1")
    for _ in range(3):
        (task,) = world.ask("GET", "/tasks").body["tasks"]
    version = task.pop("version")
    assert version.startswith("slow@")
    assert task == {
        "vendor": "qiniu",
        "id": "slow.1",
        "scenario": "slow",
        "step": "waiting",
        "state": "waiting",
        "born": NOON,
        "since": NOON,
        "due": None,
        "polls": 1,
        "asked": 1,
        "hops": 0,
        "ended": False,
        "expired": False,
        "ways": ["processing"],
        "steps": ["waiting", "processing", "succeeded"],
        "step_number": 1,
        "moves": {"by": "poll", "polls": 2, "due": None},
        "seen": [{"saw": "waiting", "status": 200, "struck": False, "times": 1}],
        "last": {
            "number": 1,
            "at": NOON,
            "real": NOON,
            "step": "waiting",
            "saw": "waiting",
            "status": 200,
            "faults": [],
        },
        "unseen": False,
        "seed": 0,
        "notify_url": None,
        "owed": 0,
        "outcome": None,
        "facts": {},
        "subject": None,
    }


def test_a_step_that_time_ends_says_when(world: AdminWorld) -> None:
    world.ask("PUT", "/scenarios/mine", b"steps: [{state: processing, for: 90s}, {state: failed}]")
    made = world.ask("POST", "/tasks", {"vendor": "huawei", "scenario": "mine"})
    assert made.body["due"] == "2023-11-14T22:14:50.000Z"


def test_an_error_step_has_no_state(world: AdminWorld) -> None:
    made = world.ask("POST", "/tasks", {"vendor": "qiniu", "scenario": "outage"})
    assert (made.body["step"], made.body["state"]) == ("error", None)


FILTERS = {
    "": {"slow.1", "slow.2", "instant.1", "happy-path.1"},
    "?vendor=qiniu": {"slow.1", "slow.2", "instant.1"},
    "?id=slow.1": {"slow.1"},
    "?id=slow.*": {"slow.1", "slow.2"},
    "?scenario=slow": {"slow.1", "slow.2"},
    "?state=succeeded": {"instant.1"},
    "?vendor=wangsu&scenario=slow": set(),
    "?id=nobody": set(),
}


@pytest.fixture
def four(world: AdminWorld) -> AdminWorld:
    """A server with four tasks."""
    for id in ("slow.1", "slow.2", "instant.1"):
        world.poll(id)
    world.poll("happy-path.1", "wangsu")
    return world


def ids(world: AdminWorld, query: str = "") -> set[str]:
    """The ids of the tasks that a query means."""
    return {task["id"] for task in world.ask("GET", f"/tasks{query}").body["tasks"]}


@pytest.mark.parametrize(("query", "found"), FILTERS.items())
def test_tasks_are_listed_by_what_is_asked_for(four: AdminWorld, query: str, found: set[str]) -> None:
    assert ids(four, query) == found


@pytest.mark.parametrize(("query", "dropped"), FILTERS.items())
def test_tasks_are_dropped_by_what_is_asked_for(four: AdminWorld, query: str, dropped: set[str]) -> None:
    said = four.ask("DELETE", f"/tasks{query}")
    assert (said.status, said.body) == (200, {"dropped": len(dropped)})
    assert ids(four) == FILTERS[""] - dropped


def test_a_list_says_whether_there_is_more(four: AdminWorld) -> None:
    told = [four.ask("GET", f"/tasks?limit={limit}").body for limit in (3, 4)]
    assert [(len(said["tasks"]), said["more"]) for said in told] == [(3, True), (4, False)]


def test_a_list_goes_on_where_the_one_before_ended(four: AdminWorld) -> None:
    first = four.ask("GET", "/tasks?limit=3&order=activity").body
    assert ([task["id"] for task in first["tasks"]], first["looked"], first["kept"]) == (
        ["happy-path.1", "instant.1", "slow.2"],
        3,
        4,
    )
    rest = four.ask("GET", f"/tasks?limit=3&order=activity&before={first['next']}").body
    assert ([task["id"] for task in rest["tasks"]], rest["next"]) == (["slow.1"], None)


@pytest.mark.parametrize("before", ["x", "born.1.0.qiniu", "active.x.0."])
def test_a_list_begins_at_no_place_of_another_order(four: AdminWorld, before: str) -> None:
    said = four.ask("GET", f"/tasks?order=activity&before={before}")
    assert (said.status, said.problems) == (
        422,
        [("?before", "this is no place in a list of this order give the `next` of a list")],
    )


@pytest.mark.parametrize(
    "before",
    ["born.-5.0.qiniu", "born.99999999999999999999.0.qiniu", "born.1_0.0.", "born.1.0.nope", "born.%D9%A1.0.qiniu"],
)
def test_a_list_begins_at_no_place_that_no_list_gave(four: AdminWorld, before: str) -> None:
    said = four.ask("GET", f"/tasks?before={before}")
    assert (said.status, said.problems) == (
        422,
        [("?before", "this is no place in a list of this order give the `next` of a list")],
    )


@pytest.mark.parametrize("before", ["active.5.-99999999999999999999.", "active.5.0.nope", "rest.1.0.nope"])
def test_a_list_by_activity_begins_at_no_place_that_no_list_gave(four: AdminWorld, before: str) -> None:
    said = four.ask("GET", f"/tasks?order=activity&before={before}")
    assert (said.status, [where for where, _ in said.problems]) == (422, ["?before"])


@pytest.mark.parametrize(
    ("place", "order"),
    [
        ("born.1000000000000000000.1000000000000000000.qiniu", "born"),
        ("active.0.0.", "activity"),
        ("active.1000000000000000000.1000000000000000000.qiniu", "activity"),
        ("rest.1000000000000000000.1000000000000000000.qiniu", "activity"),
    ],
)
def test_a_place_at_the_ends_of_what_there_may_be_is_one(four: AdminWorld, place: str, order: str) -> None:
    assert four.ask("GET", f"/tasks?order={order}&before={place}").status == 200


@pytest.mark.parametrize("every", ["0s", "0ms"])
def test_polls_ahead_may_have_no_time_between_them(four: AdminWorld, every: str) -> None:
    plain, said = (four.ask("GET", f"/tasks/one?vendor=qiniu&id=slow.1{query}") for query in ("", f"&every={every}"))
    assert (said.status, said.body) == (200, plain.body)


def test_the_pulse_counts_what_there_is(four: AdminWorld) -> None:
    done = four.ask("GET", "/hands").body["count"]
    told = four.ask("GET", "/pulse").body
    assert told.pop("mark")
    assert told.pop("hands") == done
    assert told == {
        "clock": four.ask("GET", "/clock").body,
        "tasks": 4,
        "ended": 1,
        "exchanges": 4,
        "polls": 4,
        "evicted": 0,
        "forgotten": 0,
        "moves": 0,
        "faults": 0,
        "problems": 0,
        "owed": 0,
    }


CHANGES = {
    "a poll": lambda world: world.poll("slow.1"),
    "a request that meets nothing": lambda world: world.poll("nobody.1"),
    "a birth by hand": lambda world: world.ask("POST", "/tasks", {"vendor": "qiniu", "scenario": "slow"}),
    "a move": lambda world: world.ask("POST", "/tasks/next", {"vendor": "qiniu", "id": "slow.1"}),
    "a task that is dropped": lambda world: world.ask("DELETE", "/tasks?id=slow.1"),
    "an exchange that is forgotten": lambda world: world.ask("DELETE", "/requests?id=slow.1"),
    "a fault": lambda world: world.ask("POST", "/faults", {"error": 599}),
    "the clock": lambda world: world.ask("POST", "/clock", {"advance": "1s"}),
    "a scenario": lambda world: world.ask("PUT", "/scenarios/mine", b"steps: [{state: succeeded}]"),
    "a reset": lambda world: world.ask("POST", "/reset", {"only": ["faults"]}),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_the_mark_of_the_pulse_changes_with_whatever_changes_and_with_nothing_else(
    four: AdminWorld, change: Callable[[AdminWorld], object]
) -> None:
    before = four.ask("GET", "/pulse").body["mark"]
    for path in ("/tasks", "/requests", "/scenarios", "/faults", "/clock", "/coverage", "/pulse"):
        four.ask("GET", path)
    four.now.ms += 60_000
    assert four.ask("GET", "/pulse").body["mark"] == before
    change(four)
    assert four.ask("GET", "/pulse").body["mark"] != before


def test_history_is_told_where_it_is_asked_for(four: AdminWorld) -> None:
    four.poll("slow.1")
    four.poll("slow.1")
    (task,) = four.ask("GET", "/tasks?id=slow.1&history=2").body["tasks"]
    assert [(each["asked"], each["step"], each["response"]["status"]) for each in task["history"]] == [
        (2, "waiting", 200),
        (3, "waiting", 200),
    ]
    assert task["history"][1]["crossed"] == [{"from": "waiting", "to": "processing", "at": NOON}]
    assert all("history" not in each for each in four.ask("GET", "/tasks").body["tasks"])


@pytest.mark.parametrize("vendor", ["qiniu", "huawei", "wangsu"])
def test_a_task_gets_an_id_of_its_vendor_and_plays_its_scenario(world: AdminWorld, vendor: str) -> None:
    made = world.ask("POST", "/tasks", {"vendor": vendor, "scenario": "instant"})
    assert made.status == 201
    assert len(made.body["id"]) >= 20
    assert world.poll(made.body["id"], vendor).status == 200


@pytest.mark.parametrize("id", ["a/b?c=d&e", "任务", "..", "x" * 512, "%2f", "a b", "\x00"])
def test_any_id_can_be_created_and_found(world: AdminWorld, id: str) -> None:
    made = world.ask("POST", "/tasks", {"vendor": "qiniu", "scenario": "instant", "id": id})
    assert (made.status, made.body["id"]) == (201, id)
    assert world.ask("POST", "/tasks/goto", {"vendor": "qiniu", "id": id, "step": "succeeded"}).status == 200


def test_the_items_a_task_was_created_with_are_in_its_responses(world: AdminWorld) -> None:
    items = [{"cmd": "avthumb/mp4", "key": "a.mp4"}, {"cmd": "vframe/jpg"}]
    body = {"vendor": "qiniu", "scenario": "instant", "id": "mine", "items": items, "notify_url": "http://127.0.0.1/x"}
    assert world.ask("POST", "/tasks", body).status == 201
    assert [item["cmd"] for item in world.poll("mine").body["items"]] == ["avthumb/mp4", "vframe/jpg"]


SUBMITTED: list[tuple[str, str, bytes, dict[str, str], str]] = [
    ("qiniu", "/pfop", QINIU_BODY, {"bucket": "b", "key": "in/a.mp4"}, "in/a.mp4"),
    ("huawei", PREHEATING, HUAWEI_BODY, {}, "http://media.example.com/a.mp4"),
    ("huawei", PREHEATING, b'{"asset_id": "a-1"}', {"asset_id": "a-1"}, "a-1"),
    ("wangsu", "/fmgr/delete", WANGSU_BODY, {"operation": "delete", "separate": "0"}, "k"),
]


@pytest.mark.parametrize(("vendor", "target", "body", "facts", "subject"), SUBMITTED)
def test_what_was_submitted_is_said_of_a_task(
    world: AdminWorld, vendor: str, target: str, body: bytes, facts: dict[str, str], subject: str
) -> None:
    assert world.send("POST", target, body, {"Content-Type": FORM}).status < 300
    (task,) = world.ask("GET", f"/tasks?vendor={vendor}").body["tasks"]
    assert (task["facts"], task["subject"], task["notify_url"]) == (facts, subject, None)


def test_the_first_item_says_what_a_created_task_is_about(world: AdminWorld) -> None:
    body = {"vendor": "qiniu", "scenario": "instant", "items": [{"cmd": "avthumb/mp4"}]}
    made = world.ask("POST", "/tasks", body).body
    assert (made["facts"], made["subject"]) == ({}, "avthumb/mp4")


@pytest.mark.parametrize(
    ("body", "status", "where", "what"),
    [
        ({"scenario": "hapy-path"}, 422, "$.scenario", "no scenario is named 'hapy-path' did you mean \"happy-path\"?"),
        ({"scenario": "notified"}, 422, "$.scenario", "notified does not serve qiniu, only wangsu"),
        ({"id": "slow.1"}, 409, "", "a task 'slow.1' exists already drop it, or choose another id"),
        ({"id": "x" * 513}, 422, "$.id", "expected a task's id, found"),
        ({"items": [{"cmd": "x", "kye": "y"}]}, 422, "$.items[0].kye", 'unknown key "kye" did you mean "key"?'),
        ({"items": [{"cmd": 5}]}, 422, "$.items[0].cmd", "expected text, found 5"),
        ({"items": [3]}, 422, "$.items[0]", "expected an item: its fields, found 3"),
    ],
)
def test_a_task_that_cannot_be_is_refused(
    four: AdminWorld, body: dict[str, Any], status: int, where: str, what: str
) -> None:
    before = four.dump()
    said = four.ask("POST", "/tasks", {"vendor": "qiniu", "scenario": "slow", **body})
    assert said.status == status
    assert said.problems[0][0] == where
    assert said.problems[0][1].startswith(what)
    assert four.dump() == before


def test_where_there_is_no_room_a_task_is_refused() -> None:
    world = admin_world(max_tasks=1)
    first, second = (world.ask("POST", "/tasks", {"vendor": "qiniu", "scenario": "slow"}) for _ in range(2))
    assert (first.status, second.status, second.body["error"]) == (201, 503, "full")


# -- moves


def test_next_moves_one_task_by_a_step(four: AdminWorld) -> None:
    moved = four.ask("POST", "/tasks/next", {"vendor": "qiniu", "id": "slow.1"})
    assert (moved.status, moved.body["step"], moved.body["hops"]) == (200, "processing", 1)
    assert ids(four, "?state=processing&vendor=qiniu") == {"slow.1"}


def test_next_takes_the_way_that_is_named(world: AdminWorld) -> None:
    text = (
        b"steps: [{state: processing, for: 1h, next: {succeeded: 1, failed: 0}}, {state: succeeded}, {state: failed}]"
    )
    world.ask("PUT", "/scenarios/mine", text)
    world.poll("mine")
    which = world.ask("POST", "/tasks/next", {"vendor": "qiniu", "id": "mine"})
    assert (which.status, which.body["error"]) == (409, "conflict")
    assert "succeeded, failed" in which.body["message"]
    moved = world.ask("POST", "/tasks/next", {"vendor": "qiniu", "id": "mine", "to": "failed"})
    assert (moved.status, moved.body["state"]) == (200, "failed")


def test_goto_moves_to_any_step(four: AdminWorld) -> None:
    for step in ("succeeded", "waiting"):
        moved = four.ask("POST", "/tasks/goto", {"vendor": "qiniu", "id": "slow.1", "step": step})
        assert (moved.status, moved.body["step"]) == (200, step)


def test_shift_lets_time_pass_for_one_task_alone(world: AdminWorld) -> None:
    world.ask("PUT", "/scenarios/mine", b"steps: [{state: processing, for: 10m}, {state: failed}]")
    world.poll("mine.1")
    world.poll("mine.2")
    moved = world.ask("POST", "/tasks/shift", {"vendor": "qiniu", "id": "mine.1", "by": "10m"})
    assert (moved.body["step"], moved.body["born"]) == ("failed", "2023-11-14T22:03:20.000Z")
    assert [world.poll(f"mine.{k}").body["code"] for k in (1, 2)] == [3, 2]
    assert world.ask("GET", "/clock").body["now"] == NOON


@pytest.mark.parametrize(
    ("move", "body", "status", "what"),
    [
        ("next", {"id": "nobody"}, 404, "no qiniu task 'nobody'"),
        ("goto", {"id": "nobody", "step": "failed"}, 404, "no qiniu task 'nobody'"),
        ("shift", {"id": "nobody", "by": "1s"}, 404, "no qiniu task 'nobody'"),
        ("next", {"id": "instant.1"}, 409, "no way leads out of step"),
        ("next", {"id": "slow.1", "to": "failed"}, 409, "no way leads from step"),
        ("goto", {"id": "slow.1", "step": "suceeded"}, 422, 'slow has no step "suceeded" did you mean "succeeded"?'),
        ("goto", {"id": "slow.1"}, 422, "`step` is missing"),
        ("shift", {"id": "slow.1", "by": "10"}, 422, "expected a length of time such as 250ms"),
        ("shift", {"id": "slow.1", "by": "-10m"}, 422, "expected a length of time such as 250ms"),
        ("shift", {"id": "slow.1", "by": 600}, 422, "expected a length of time such as 250ms"),
        ("shift", {"id": "slow.1", "by": "10m\n"}, 422, "expected a length of time such as 250ms"),
        ("shift", {"id": "slow.1", "by": "99999999999d"}, 422, "longer than a hundred years"),
        ("shift", {"id": "slow.1", "by": "36500d"}, 422, "a task cannot be born before 1970"),
    ],
)
def test_a_move_that_cannot_be_is_refused(
    four: AdminWorld, move: str, body: dict[str, Any], status: int, what: str
) -> None:
    before = four.dump()
    said = four.ask("POST", f"/tasks/{move}", {"vendor": "qiniu", **body})
    assert said.status == status
    assert said.problems[0][1].startswith(what)
    assert four.dump() == before


def test_responses_escape_nothing_that_need_not_be(world: AdminWorld) -> None:
    world.ask("POST", "/tasks", {"vendor": "qiniu", "scenario": "slow", "id": "任务"})
    raw = world.app.test_client().get("/__admin/tasks").get_data()
    assert "任务".encode() in raw
    assert json.loads(raw)["tasks"][0]["id"] == "任务"


def test_one_task_is_told_whole(world: AdminWorld) -> None:
    world.ask(
        "PUT", "/scenarios/mine", b"steps: [{state: waiting, polls: 2}, {state: processing, for: 90s}, {state: failed}]"
    )
    world.poll("mine.1")
    world.now.ms += 1_000
    world.poll("mine.1")
    world.ask("POST", "/faults", {"error": 599, "times": 1})
    told = world.ask("GET", "/tasks/one?vendor=qiniu&id=mine.1&ahead=2&every=90s").body
    assert told["task"] == world.ask("GET", "/tasks?id=mine.1").body["tasks"][0]
    assert [(each["number"], each["gap_ms"], each["saw"]) for each in told["history"]] == [
        (2, 1_000, "waiting"),
        (1, None, "waiting"),
    ]
    later, end = "2023-11-14T22:13:21.000Z", "2023-11-14T22:14:51.000Z"
    assert told["way"] == [
        {"from": None, "to": "waiting", "at": NOON, "by": "birth"},
        {"from": "waiting", "to": "processing", "at": later, "by": "poll"},
    ]
    first, second = told["ahead"]
    response = first.pop("response")
    assert (response["status"], json.loads(response["body"])["code"]) == (599, 599)
    assert first == {
        "saw": "error",
        "status": 599,
        "step": "processing",
        "faults": ["599"],
        "verdict": "fits",
        "glance": "",
        "crossed": [],
    }
    assert second == {
        "saw": "failed",
        "status": 200,
        "step": "failed",
        "faults": [],
        "verdict": "fits",
        "glance": "3 [3]",
        "crossed": [{"from": "processing", "to": "failed", "at": end}],
    }
    assert told["forecast"] == [{"what": "step", "to": "failed", "at": end}]
    assert (told["claimed_by"], told["older"]) == (None, None)


def test_items_that_walk_by_themselves_are_told_with_what_is_to_come(world: AdminWorld) -> None:
    steps = b"items: [{steps: [{state: processing, for: 90s}, {state: failed}]}, {steps: [{state: succeeded}]}]"
    world.ask("PUT", "/scenarios/mine", steps)
    world.poll("mine.1")
    told = world.ask("GET", "/tasks/one?vendor=qiniu&id=mine.1").body
    end = "2023-11-14T22:14:50.000Z"
    assert told["items"] == [
        [
            {"step": "processing", "state": "processing", "from": NOON, "to": end},
            {"step": "failed", "state": "failed", "from": end, "to": None},
        ],
        [{"step": "succeeded", "state": "succeeded", "from": NOON, "to": None}],
    ]
    assert told["forecast"] == [{"what": "item", "to": "failed", "at": end, "item": 0}]
    world.poll("happy-path.1")
    assert world.ask("GET", "/tasks/one?vendor=qiniu&id=happy-path.1").body["items"] == []


def test_what_was_done_to_a_task_stands_beside_it(world: AdminWorld) -> None:
    before = world.ask("GET", "/hands").body["count"]
    for id in ("slow.1", "slow.2"):
        world.ask("POST", "/tasks", {"vendor": "qiniu", "scenario": "slow", "id": id})
    world.ask("POST", "/tasks/next", {"vendor": "qiniu", "id": "slow.1"})
    world.ask("POST", "/faults", {"error": 599, "id": "slow*"})
    world.ask("POST", "/faults", {"error": 599, "vendor": "huawei"})
    world.ask("POST", "/clock", {"advance": "1s"})
    told = world.ask("GET", "/tasks/one?vendor=qiniu&id=slow.1").body["hands"]
    done = [(each["what"], each["id"]) for each in told if each["number"] > before]
    assert done == [("create", "slow.1"), ("next", "slow.1"), ("arm", "slow*"), ("clock", None)]


def test_an_id_that_nobody_polled_is_told_before_its_birth(world: AdminWorld) -> None:
    told = world.ask("GET", "/tasks/one?vendor=huawei&id=slow.unborn&ahead=1").body
    assert (told["task"], told["claimed_by"], told["history"], told["way"]) == (None, "slow", [], [])
    assert (told["ahead"][0]["saw"], told["ahead"][0]["glance"]) == ("waiting", '["processing"]')
    assert world.ask("GET", "/tasks").body["tasks"] == []


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ("vendor=qiniu&id=hapy-path.1", 404, "the nearest id that a scenario claims is 'happy-path'"),
        ("vendor=qiniu", 422, "id"),
        ("vendor=qiniu&id=a&ahead=51", 422, "expected a whole number from 0 to 50"),
        ("vendor=qiniu&id=a&every=soon", 422, "expected a length of time"),
    ],
)
def test_what_cannot_be_told_of_one_task_is_refused(world: AdminWorld, query: str, status: int, said: str) -> None:
    found = world.ask("GET", f"/tasks/one?{query}")
    assert (found.status, said in " ".join(map(" ".join, found.problems))) == (status, True)
