"""The journal over the admin API: looked through, questioned, waited on, forgotten."""

from __future__ import annotations

import base64
import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from tests.support.admin_kit import AdminWorld, admin_world, as_new
from tests.support.live import LiveServer

NOON = "2023-11-14T22:13:20.000Z"


@pytest.fixture(scope="module")
def lasting() -> AdminWorld:
    """The server of all these tests."""
    return admin_world()


@pytest.fixture
def world(lasting: AdminWorld) -> AdminWorld:
    """A server that saw six exchanges."""
    made = as_new(lasting)
    made.ask("POST", "/faults", {"error": 599, "id": "happy-path.1", "times": 1})
    for _ in range(3):
        made.poll("happy-path.1")
        made.now.ms += 1_000
    made.poll("outage.1", "wangsu")
    made.poll("hapy-path.2")
    made.app.test_client().get("/status/get/prefob")
    return made


FILTERS: dict[str, list[int]] = {
    "": [1, 2, 3, 4, 5, 6],
    "?vendor=wangsu": [4],
    "?id=happy-path.1": [1, 2, 3],
    "?id=*": [1, 2, 3, 4, 5],
    "?scenario=outage": [4],
    "?step=processing": [2],
    "?state=waiting": [1],
    "?status=599": [1, 4],
    "?method=POST": [],
    "?fault=599": [1],
    "?faulted=true": [1],
    "?faulted=false": [2, 3, 4, 5, 6],
    "?verdict=fits": [1, 2, 3, 4, 5, 6],
    "?verdict=off-contract": [],
    "?matched=false": [5, 6],
    "?matched=true&poll=true": [1, 2, 3, 4],
    "?poll=false": [5, 6],
    "?after=4": [5, 6],
    "?before=3": [1, 2],
    "?saw=error": [1, 4],
    "?saw=unmatched": [5, 6],
    "?saw=processing": [2],
}


def numbers(world: AdminWorld, query: str = "") -> list[int]:
    """The numbers of the exchanges that a query means."""
    return [each["number"] for each in world.ask("GET", f"/requests{query}").body["requests"]]


@pytest.mark.parametrize(("query", "found"), FILTERS.items())
def test_exchanges_are_listed_by_what_is_asked_for(world: AdminWorld, query: str, found: list[int]) -> None:
    assert numbers(world, query) == found


@pytest.mark.parametrize(("query", "gone"), FILTERS.items())
def test_exchanges_are_forgotten_by_what_is_asked_for(world: AdminWorld, query: str, gone: list[int]) -> None:
    said = world.ask("DELETE", f"/requests{query}")
    assert (said.status, said.body) == (200, {"forgotten": len(gone)})
    assert numbers(world) == [number for number in FILTERS[""] if number not in gone]


def test_an_exchange_is_told_whole(world: AdminWorld) -> None:
    first = world.ask("GET", "/requests").body["requests"][0]
    response, original = first.pop("response"), first.pop("original")
    version = first.pop("scenario")
    assert version.startswith("happy-path@")
    assert first == {
        "number": 1,
        "at": NOON,
        "real": NOON,
        "kind": "request",
        "vendor": "qiniu",
        "id": "happy-path.1",
        "step": "waiting",
        "state": "waiting",
        "asked": 1,
        "poll": True,
        "verdict": "fits",
        "faults": ["599"],
        "crossed": [{"from": "waiting", "to": "processing", "at": NOON}],
        "note": "",
        "request": {
            "method": "GET",
            "target": "/status/get/prefop?id=happy-path.1",
            "headers": first["request"]["headers"],
            "body": "",
            "base64": False,
        },
        "saw": "error",
        "gap_ms": None,
        "real_gap_ms": None,
        "breach": None,
        "struck": [{"name": "599", "by": "armed", "number": 1}],
        "profile": "sdk",
        "told": None,
    }
    assert {"name": "Host", "value": "localhost"} in first["request"]["headers"]
    assert (response["status"], original["status"], json.loads(original["body"])["code"]) == (599, 200, 1)
    assert (response["delay_ms"], response["delivery"]) == (0, None)


def test_a_body_that_is_no_text_is_told_in_base64(world: AdminWorld) -> None:
    world.app.test_client().post("/status/get/prefop", data=b"id=\xff\xfe")
    last = world.ask("GET", "/requests?limit=1").body["requests"][0]["request"]
    assert (base64.b64decode(last["body"]), last["base64"]) == (b"id=\xff\xfe", True)


def test_of_too_many_the_newest_are_listed_and_all_are_counted(world: AdminWorld) -> None:
    said = world.ask("GET", "/requests?limit=2&total=true").body
    assert [each["number"] for each in said["requests"]] == [5, 6]
    assert said["total"] == 6
    assert "total" not in world.ask("GET", "/requests?limit=2").body
    assert "total" not in world.ask("GET", "/requests?limit=2&total=false").body
    assert {**said["counters"], "by_status": None} == {
        "exchanges": 6,
        "polls": 4,
        "evicted": 0,
        "forgotten": 0,
        "by_status": None,
        "told": 0,
    }
    assert {"vendor": "qiniu", "status": 404, "count": 2} in said["counters"]["by_status"]


def test_each_exchange_has_what_was_seen_and_the_gap_before(world: AdminWorld) -> None:
    listed = world.ask("GET", "/requests").body["requests"]
    assert [(each["saw"], each["gap_ms"], each["real_gap_ms"]) for each in listed] == [
        ("error", None, None),
        ("processing", 1_000, 1_000),
        ("succeeded", 1_000, 1_000),
        ("error", None, None),
        ("unmatched", None, None),
        ("unmatched", None, None),
    ]
    assert [each["profile"] for each in listed] == ["sdk"] * 6


def one(world: AdminWorld, number: int) -> Any:
    said = world.ask("GET", f"/requests/one?number={number}")
    assert said.status == 200
    return said.body


def test_one_exchange_is_told_whole_with_what_its_fault_changed(world: AdminWorld) -> None:
    found, listed = one(world, 1), world.ask("GET", "/requests").body["requests"][0]
    changes, contract = found.pop("changes"), found.pop("contract")
    assert found == listed
    assert [(each["part"], each["sign"], each["text"]) for each in changes][:2] == [
        ("status", "-", "200 OK"),
        ("status", "+", "599 Server Operation Failed"),
    ]
    assert {"part": "body", "sign": "-", "text": '  "code": 1,'} in changes
    assert {"part": "body", "sign": "+", "text": '  "code": 599,'} in changes
    assert list(contract) == ["$.code", "$.error"]
    assert contract["$.code"]["row"] == "failed request: code"


def test_one_exchange_without_a_fault_has_no_changes(world: AdminWorld) -> None:
    found = one(world, 2)
    assert (found["changes"], found["gap_ms"], "near_miss" in found) == ([], 1_000, False)
    contract = found["contract"]
    assert contract["$.code"]["row"] == "code"
    assert contract["$.code"]["enum"] == [0, 1, 2, 3, 4]
    assert contract["$.items[*].code"]["type"] == ["integer"]


def test_one_error_has_the_contract_of_errors(world: AdminWorld) -> None:
    assert list(one(world, 4)["contract"]) == ["$.code", "$.message"]


def test_one_submit_has_the_contract_of_submits(world: AdminWorld) -> None:
    world.app.test_client().post("/pfop", data="bucket=b&key=slow.mp4&fops=avthumb/mp4")
    found = one(world, 7)
    assert (found["saw"], list(found["contract"])) == ("submitted", ["$.persistentId"])


def test_one_that_met_nothing_has_its_near_miss(world: AdminWorld) -> None:
    assert one(world, 5)["near_miss"]["nearest"] == "happy-path"
    assert one(world, 6)["near_miss"]["nearest"] == "/status/get/prefop"
    assert list(one(world, 6)["contract"]) == ["$.code", "$.error"]


def test_an_exchange_that_is_not_kept_is_not_found(world: AdminWorld) -> None:
    said = world.ask("GET", "/requests/one?number=7")
    assert (said.status, said.body["message"]) == (404, "there is no exchange 7, only 6 so far")
    said = world.ask("GET", "/requests/one")
    assert (said.status, said.body["problems"][0]["what"]) == (422, "missing, required") or said.status == 422


def test_a_breach_that_a_scenario_declares_is_told_by_path_and_rule(world: AdminWorld) -> None:
    text = "about: Odd.\nsteps: [{state: processing, hold: true, off_contract: true, with: {qiniu: {code: one}}}]\n"
    put = world.send("PUT", "/__admin/scenarios/odd", text.encode(), {"Host": "localhost", "Content-Type": "text/yaml"})
    assert put.status == 200, put.body
    world.poll("odd.1")
    assert world.ask("GET", "/requests?limit=1").body["requests"][0]["breach"] == {"path": "$.code", "rule": "type"}
    world.ask("POST", "/faults", {"delay": "1ms", "headers": {"A": "b"}, "times": 1})
    world.poll("odd.1")
    assert world.ask("GET", "/requests?limit=1").body["requests"][0]["breach"] == {"path": "$.code", "rule": "type"}


def test_a_fault_of_the_scenario_is_named_by_its_place(world: AdminWorld) -> None:
    text = (
        "about: Odd.\nsteps: [{state: processing, hold: true}]\n"
        "faults: [{when: {polls: [9]}, error: 599}, {delay: 1ms, fault: charset}]\n"
    )
    world.send("PUT", "/__admin/scenarios/odd", text.encode(), {"Host": "localhost", "Content-Type": "text/yaml"})
    world.poll("odd.2")
    (last,) = world.ask("GET", "/requests?limit=1").body["requests"]
    assert (last["saw"], last["struck"]) == (
        "processing",
        [{"name": "delay", "by": "scenario", "number": 2}, {"name": "charset", "by": "scenario", "number": 2}],
    )


def test_what_met_nothing_is_told_with_what_was_near(world: AdminWorld) -> None:
    said = world.ask("GET", "/requests/unmatched").body["requests"]
    assert [(each["number"], each["near_miss"]["nearest"]) for each in said] == [
        (5, "happy-path"),
        (6, "/status/get/prefop"),
    ]
    assert said[0]["near_miss"]["differs"] == 'the id: "hapy-path" is not "happy-path", they part at character 4'


@pytest.mark.parametrize(
    "question",
    [
        {"where": {"id": "happy-path.1"}, "count": 3},
        {"where": {"id": "happy-path.1"}, "order": ["waiting", "processing", "succeeded"], "statuses": [599, 200, 200]},
        {"where": {"id": "happy-path.1"}, "cadence": {"min_gap": "1s", "max_gap": "1s", "polls_after_end": 0}},
        {"where": {"matched": False}, "at_least": 2, "at_most": 2},
        {"where": {"id": "nobody"}, "count": 0},
    ],
)
def test_what_is_so_is_verified(world: AdminWorld, question: dict[str, Any]) -> None:
    said = world.ask("POST", "/requests/verify", question)
    assert (said.status, said.body["met"]) == (200, True)
    assert len(said.body["requests"]) == said.body["seen"]


@pytest.mark.parametrize(
    ("question", "where", "about"),
    [
        ({"where": {"id": "happy-path.1"}, "count": 2}, "$.count", [1, 2, 3]),
        ({"where": {"id": "happy-path.1"}, "order": ["waiting", "succeeded"]}, "$.order", [1, 2, 3]),
        ({"where": {"id": "happy-path.1"}, "cadence": {"min_gap": "5s"}}, "$.cadence.min_gap", [1, 2, 3]),
        ({"where": {"id": "nobody"}, "at_least": 1}, "$.at_least", None),
    ],
)
def test_what_is_not_so_is_refused_with_the_exchanges_at_fault(
    world: AdminWorld, question: dict[str, Any], where: str, about: list[int] | None
) -> None:
    said = world.ask("POST", "/requests/verify", question)
    assert (said.status, said.body["error"]) == (409, "unmet")
    assert said.problems[0][0] == where
    assert [each["number"] for each in said.body.get("requests", [])] == (about or [])


def test_what_was_evicted_is_an_error_and_no_wrong_count() -> None:
    world = admin_world(journal_entries=2)
    world.server.spare.set()
    for _ in range(3):
        world.poll("slow.1")
    for method, path, body in (
        ("POST", "/requests/verify", {"where": {"id": "slow.1"}, "count": 2}),
        ("GET", "/requests/wait?count=9&timeout=1ms", None),
    ):
        said = world.ask(method, path, body)
        assert (said.status, said.body["error"]) == (410, "evicted")


@pytest.mark.parametrize(
    ("question", "where", "what"),
    [
        ({}, "$", "nothing is asked"),
        ({"where": {}}, "$", "nothing is asked"),
        ({"count": -1}, "$.count", "expected 0 or more"),
        ({"count": 1, "where": {"vendor": "qinu"}}, "$.where.vendor", '"qinu" is not a vendor did you mean "qiniu"?'),
        ({"count": 0, "where": {"scenario": "hapy-path"}}, "$.where.scenario", "no scenario is named 'hapy-path'"),
        ({"count": 0, "where": {"scenario": "slow@123"}}, "$.where.scenario", "no scenario is named 'slow@123'"),
        ({"cadence": {"min_gap": "5"}}, "$.cadence.min_gap", "expected a length of time"),
        ({"cadence": {"min_gap": "99999999999d"}}, "$.cadence.min_gap", "longer than a hundred years"),
        ({"cadence": {"mingap": "5s"}}, "$.cadence.mingap", 'unknown key "mingap" did you mean "min_gap"?'),
        ({"count": 1, "were": {}}, "$.were", 'unknown key "were" did you mean "where"?'),
    ],
)
def test_a_question_that_means_nothing_is_refused(
    world: AdminWorld, question: dict[str, Any], where: str, what: str
) -> None:
    said = world.ask("POST", "/requests/verify", question)
    assert said.status == 422
    assert said.problems[0][0] == where
    assert said.problems[0][1].startswith(what)


@pytest.mark.parametrize(
    ("query", "where"),
    [
        ("?vendor=qinu", "?vendor"),
        ("?scenario=slwo", "?scenario"),
        ("?status=abc", "?status"),
        ("?status=99", "?status"),
        ("?matched=yes", "?matched"),
        ("?state=done", "?state"),
        ("?after=-1", "?after"),
        ("?limit=0", "?limit"),
        ("?limit=", "?limit"),
        ("?limit=\uff11", "?limit"),
    ],
)
@pytest.mark.parametrize("path", ["/requests", "/requests/unmatched"])
def test_a_filter_that_means_nothing_is_refused(world: AdminWorld, path: str, query: str, where: str) -> None:
    said = world.ask("GET", path + query)
    assert (said.status, said.problems[0][0]) == (422, where)


# -- waiting


def test_what_is_there_already_is_not_waited_for(world: AdminWorld) -> None:
    said = world.ask("GET", "/requests/wait?id=happy-path.1&count=3")
    assert (said.status, said.body["met"], said.body["seen"], said.body["retry"]) == (200, True, 3, False)
    assert [each["number"] for each in said.body["requests"]] == [1, 2, 3]


def test_a_wait_that_is_over_says_how_many_there_were(world: AdminWorld) -> None:
    world.server.spare.set()  # as a server of ours does
    said = world.ask("GET", "/requests/wait?id=happy-path.1&count=4&timeout=1ms")
    assert (said.status, said.body) == (200, {"met": False, "seen": 3, "retry": False, "requests": []})


def test_under_a_server_of_somebody_else_no_wait_holds_a_thread_for_it_may_be_the_only_one() -> None:
    said = admin_world().ask("GET", "/requests/wait?timeout=60s")
    assert (said.status, said.body) == (200, {"met": False, "seen": 0, "retry": True, "requests": []})


@pytest.mark.parametrize("timeout", ["61s", "2", "0s", "1h", "99999999999d", ""])
def test_nobody_waits_too_long(world: AdminWorld, timeout: str) -> None:
    said = world.ask("GET", f"/requests/wait?count=9&timeout={timeout}")
    assert (said.status, said.problems[0][0]) == (422, "?timeout")


def asked(server: LiveServer, target: str) -> Any:
    """A GET over a real connection."""
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)) as connection:
        connection.request("GET", target)
        return json.loads(connection.getresponse().read())


def waited(server: LiveServer, id: str, waiting: threading.Event, heard: list[int]) -> None:
    """Waits for a poll of a task, again and again until there was one."""
    while True:
        said = asked(server, f"/__admin/requests/wait?id={id}&timeout=20s")
        if said["met"]:
            heard.append(said["requests"][0]["number"])
            return
        waiting.set()


@pytest.fixture
def waiters(live: LiveServer) -> Iterator[tuple[list[threading.Thread], list[int]]]:
    """Fifty clients that wait for a poll of one task, some of them told that too many do."""
    turned_away, heard = threading.Event(), list[int]()
    threads = [
        threading.Thread(target=waited, args=(live, "slow.waited-for", turned_away, heard), daemon=True)
        for _ in range(50)
    ]
    for thread in threads:
        thread.start()
    assert turned_away.wait(20)
    yield threads, heard
    assert not any(thread.is_alive() for thread in threads)


def test_while_fifty_wait_the_admin_api_answers(
    live: LiveServer, waiters: tuple[list[threading.Thread], list[int]]
) -> None:
    threads, heard = waiters
    assert asked(live, "/__admin/tasks?id=slow.waited-for")["tasks"] == []
    assert heard == []
    asked(live, "/status/get/prefop?id=slow.waited-for")
    for thread in threads:
        thread.join(20)
    assert len(heard) == 50
    assert len(set(heard)) == 1


def test_looking_changes_nothing(world: AdminWorld) -> None:
    world.ask("POST", "/clock", {"freeze": True})
    world.ask("POST", "/faults", {"error": 599, "id": "slow.*"})
    before, actions = world.dump(), world.server.actions.count
    listed = ("/requests", "/requests?total=true&saw=error", "/requests/unmatched", "/hands", "/faults")
    for path in (*listed, "/contract/qiniu"):
        assert world.ask("GET", path).status == 200
    for number in range(1, 7):
        assert world.ask("GET", f"/requests/one?number={number}").status == 200
    assert world.ask("POST", "/faults?dry=true", {"error": 500}).status == 200
    assert (world.dump(), world.server.actions.count) == (before, actions)
