"""Notifications over the admin API: attempts listed, what is owed, and one more on request."""

from __future__ import annotations

from typing import Any

import pytest

from mock_server.api.codec import decode
from mock_server.api.exchange import Exchange
from mock_server.api.notifications import attempt_of
from mock_server.journal.entry import Entry
from mock_server.store.store import Change
from tests.support.admin_kit import AdminWorld, admin_world
from tests.support.told import URL, attempt

NOON = "2023-11-14T22:13:20.000Z"
LATER = 1_700_000_001_000


@pytest.fixture
def world() -> AdminWorld:
    """A server that makes no attempts. Its task `mine` has ended and was notified of twice; `yours` is at work."""
    made = admin_world()
    made.server.stopping.set()
    for id, scenario in (("mine", "instant"), ("yours", "never-ends")):
        body = {"vendor": "qiniu", "scenario": scenario, "id": id, "notify_url": URL}
        assert made.ask("POST", "/tasks", body).status == 201
    keep(made, attempt("again", 0, id="mine", next=LATER))
    keep(made, attempt("failed", 400, id="mine", number=2))
    return made


def keep(world: AdminWorld, entry: Entry) -> None:
    """An entry of the journal, as whoever made the attempt commits it."""
    world.server.store.transact(None, lambda *_: Change(entry))


def test_an_attempt_is_listed_whole(world: AdminWorld) -> None:
    said = world.ask("GET", "/notifications")
    assert said.status == 200
    first, second = said.body["notifications"]
    request, reply = first.pop("request"), first.pop("reply")
    assert first == {
        "number": 1,
        "at": "1970-01-01T00:00:00.002Z",
        "real": "1970-01-01T00:00:00.001Z",
        "vendor": "qiniu",
        "id": "mine",
        "scenario": "made-up@1",
        "notice": 0,
        "item": None,
        "attempt": 1,
        "url": URL,
        "key": "ak",
        "signed": "right",
        "outcome": "again",
        "status": 0,
        "why": "the connection was refused",
        "next": "2023-11-14T22:13:21.000Z",
    }
    assert (request["method"], request["target"], request["body"]) == ("POST", URL, '{"id":"made-up.1"}')
    assert (reply["status"], reply["body"]) == (0, "")
    assert (second["status"], second["why"], second["next"], second["reply"]["body"]) == (400, "", None, "taken")
    assert said.body["total"] == 2


def test_what_is_owed_is_listed_beside_them(world: AdminWorld) -> None:
    assert world.ask("GET", "/notifications").body["owed"] == [
        {"vendor": "qiniu", "id": "mine", "url": URL, "notice": 0, "item": None, "attempts": 0, "due": NOON}
    ]
    assert world.ask("GET", "/notifications?id=yours").body["owed"] == []


@pytest.mark.parametrize(
    ("query", "numbers", "total"),
    [
        ("", [1, 2], 2),
        ("?vendor=qiniu&id=mine", [1, 2], 2),
        ("?vendor=wangsu", [], 0),
        ("?id=m*", [1, 2], 2),
        ("?id=yours", [], 0),
        ("?outcome=again", [1], 1),
        ("?outcome=delivered", [], 0),
        ("?after=1", [2], 1),
        ("?limit=1", [2], 2),
        ("?most=1", [2], 2),
        ("?most=1&limit=2", [1, 2], 2),
    ],
)
def test_attempts_are_selected(world: AdminWorld, query: str, numbers: list[int], total: int) -> None:
    said = world.ask("GET", f"/notifications{query}").body
    assert ([each["number"] for each in said["notifications"]], said["total"]) == (numbers, total)


@pytest.mark.parametrize(
    ("query", "where", "what"),
    [
        ("?vendor=acme", "?vendor", "acme"),
        ("?outcome=perhaps", "?outcome", "again, delivered, failed, refused"),
        ("?after=-1", "?after", "whole number"),
        ("?after=x", "?after", "whole number"),
        ("?limit=0", "?limit", "whole number from 1"),
        ("?most=1000000", "?most", "whole number from 1"),
        ("?id=", "?id", "id"),
        ("?told=true", "?told", "unknown"),
    ],
)
def test_a_query_that_cannot_be_is_refused_with_its_place(world: AdminWorld, query: str, where: str, what: str) -> None:
    said = world.ask("GET", f"/notifications{query}")
    assert said.status == 422
    ((place, text),) = said.problems
    assert place == where
    assert what in text


def test_a_notification_is_owed_on_request_in_any_step(world: AdminWorld) -> None:
    said = world.ask("POST", "/notifications", {"vendor": "qiniu", "id": "yours"})
    assert said.status == 201
    assert said.body == {
        "vendor": "qiniu",
        "id": "yours",
        "url": URL,
        "notice": 0,
        "item": None,
        "attempts": 0,
        "due": NOON,
    }
    assert world.ask("GET", "/notifications?id=yours").body["owed"] == [said.body]
    (task,) = world.ask("GET", "/tasks?id=yours").body["tasks"]
    assert (task["owed"], task["outcome"], task["notify_url"]) == (1, None, URL)
    last = world.ask("GET", "/hands").body["hands"][-1]
    assert (last["what"], last["vendor"], last["id"], last["detail"]) == ("notify", "qiniu", "yours", f"#0 to {URL}")


@pytest.mark.parametrize(
    ("body", "status", "where"),
    [
        ({"vendor": "qiniu", "id": "happy-path.1"}, 409, ""),
        ({"vendor": "qiniu", "id": "nobody"}, 404, ""),
        ({"vendor": "acme", "id": "mine"}, 422, "$.vendor"),
        ({"vendor": "qiniu"}, 422, "$"),
        ({"vendor": "qiniu", "id": "mine", "item": 1}, 422, "$.item"),
        ([], 422, "$"),
    ],
)
def test_what_cannot_be_asked_for_is_refused_and_changes_nothing(
    world: AdminWorld, body: Any, status: int, where: str
) -> None:
    world.poll("happy-path.1")
    before = world.ask("GET", "/notifications").body
    said = world.ask("POST", "/notifications", body)
    assert said.status == status
    if where:
        assert [place for place, _ in said.problems] == [where]
    assert world.ask("GET", "/notifications").body == before


def test_one_task_shows_what_was_attempted_and_what_is_planned(world: AdminWorld) -> None:
    whole = world.ask("GET", "/tasks/one?vendor=qiniu&id=mine").body
    assert [(each["kind"], each["number"]) for each in whole["history"]] == [("told", 2), ("told", 1)]
    shown = [(each["attempt"], each["status"], each["outcome"], each["planned"]) for each in whole["callbacks"]]
    assert shown == [(1, 0, "again", False), (2, 400, "failed", False), (1, None, None, True)]


def test_the_pulse_counts_what_is_owed(world: AdminWorld) -> None:
    before = world.ask("GET", "/pulse").body
    world.ask("POST", "/notifications", {"vendor": "qiniu", "id": "yours"})
    after = world.ask("GET", "/pulse").body
    assert (before["owed"], after["owed"]) == (1, 2)
    assert before["mark"] != after["mark"]


def test_only_an_attempt_becomes_one(world: AdminWorld) -> None:
    world.poll("happy-path.1")
    found = world.app.test_client().get("/__admin/requests/one?number=3").get_data()
    with pytest.raises(ValueError, match="exchange 3 is no attempt"):
        attempt_of(decode(found, Exchange))


def test_a_vendor_that_notifies_nobody_refuses_an_address(world: AdminWorld) -> None:
    body = {"vendor": "huawei", "scenario": "happy-path", "id": "told.1", "notify_url": "http://127.0.0.1:1/done"}
    refused = world.ask("POST", "/tasks", body)
    assert refused.status == 422
    assert [(each["where"], each["what"]) for each in refused.body["problems"]] == [
        ("$.notify_url", "huawei notifies nobody")
    ]
    del body["notify_url"]
    assert world.ask("POST", "/tasks", body).status == 201
