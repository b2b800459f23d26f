"""Attempts to deliver notifications over the admin API: among the exchanges only for whoever asks for them."""

from __future__ import annotations

from typing import Any

import pytest

from mock_server.control import bundle
from mock_server.errors import InvalidInput
from mock_server.journal.entry import Entry
from mock_server.store.store import Change
from tests.support.admin_kit import AdminWorld, admin_world
from tests.support.told import URL, attempt
from tests.support.wire_kit import until

NEXT = 1_893_456_000_000


@pytest.fixture
def world() -> AdminWorld:
    """A server whose task was polled once, and told of twice."""
    made = admin_world()
    made.poll("happy-path.1")
    keep(made, attempt("again", 0, next=NEXT, id="happy-path.1"))
    keep(made, attempt("delivered", 200, number=2, id="happy-path.1"))
    return made


def keep(world: AdminWorld, entry: Entry) -> None:
    """An entry of the journal, as whoever made the attempt commits it."""
    world.server.store.transact(None, lambda *_: Change(entry))


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("", [1]),
        ("?told=false", [1]),
        ("?told=true", [2, 3]),
        ("?told=true&status=200", [3]),
        ("?told=true&vendor=wangsu", []),
        ("?submit=false", [1]),
    ],
)
def test_attempts_are_listed_for_whoever_asks_for_them(world: AdminWorld, query: str, numbers: list[int]) -> None:
    found = world.ask("GET", f"/requests{query}")
    assert [each["number"] for each in found.body["requests"]] == numbers
    assert (found.body["counters"]["exchanges"], found.body["counters"]["told"]) == (3, 2)
    assert [each["status"] for each in found.body["counters"]["by_status"]] == [200]


def test_an_attempt_says_what_was_sent_and_what_came(world: AdminWorld) -> None:
    first, second = world.ask("GET", "/requests?told=true").body["requests"]
    assert first["told"] == {
        "notice": 0,
        "item": None,
        "attempt": 1,
        "key": "ak",
        "signed": "right",
        "outcome": "again",
        "next": "2030-01-01T00:00:00.000Z",
    }
    assert (second["told"]["outcome"], second["told"]["next"]) == ("delivered", None)
    assert (first["kind"], first["saw"], first["request"]["target"]) == ("told", "told", URL)
    assert (first["response"]["status"], first["note"]) == (0, "the connection was refused")
    whole = world.ask("GET", "/requests/one?number=2").body
    assert (whole["told"], whole["contract"], "near_miss" in whole) == (first["told"], {}, False)


def test_questions_and_waits_are_about_attempts_where_they_say_so(world: AdminWorld) -> None:
    where = {"vendor": "qiniu", "id": "happy-path.1"}
    assert world.ask("POST", "/requests/verify", {"where": where, "count": 1}).status == 200
    told = {"where": {**where, "told": True}, "count": 2, "statuses": [0, 200]}
    assert world.ask("POST", "/requests/verify", told).status == 200
    waited = world.ask("GET", "/requests/wait?told=true&id=happy-path.1&count=2&timeout=1ms").body
    assert (waited["met"], waited["seen"]) == (True, 2)
    assert world.ask("GET", "/requests/wait?id=happy-path.1&count=2&timeout=1ms").body["met"] is False


def test_what_is_forgotten_is_no_attempt_unless_that_is_said(world: AdminWorld) -> None:
    assert world.ask("DELETE", "/requests").body == {"forgotten": 1}
    assert world.ask("DELETE", "/requests?told=true").body == {"forgotten": 2}


def test_an_attempt_that_was_not_taken_is_no_unmatched_request(world: AdminWorld) -> None:
    assert world.ask("GET", "/requests/unmatched").body["requests"] == []


def test_a_task_keeps_what_its_client_saw(world: AdminWorld) -> None:
    (task,) = world.ask("GET", "/tasks").body["tasks"]
    assert [(run["saw"], run["times"]) for run in task["seen"]] == [("waiting", 1)]


def test_a_bundle_carries_attempts(world: AdminWorld) -> None:
    saved = bundle.export(world.server)
    assert saved["counters"]["told"] == 2
    other = admin_world()
    bundle.load(other.server, saved)
    assert bundle.export(other.server) == saved
    assert other.server.store.entries() == world.server.store.entries()


@pytest.mark.parametrize(("key", "signed"), [("ak", None), ("", "no")])
def test_a_bundle_that_does_not_say_how_an_attempt_was_signed_is_loaded(
    world: AdminWorld, key: str, signed: str | None
) -> None:
    saved = bundle.export(world.server)
    for entry in saved["entries"]:
        if "told" in entry:
            del entry["told"]["signed"]
            entry["told"]["key"] = key
    other = admin_world()
    bundle.load(other.server, saved)
    assert [each["signed"] for each in other.ask("GET", "/notifications").body["notifications"]] == [signed, signed]


@pytest.mark.parametrize(
    ("place", "change"),
    [
        ("$.entries[0].response.status", {"response": {"status": 0, "reason": "", "headers": [], "body": ""}}),
        ("$.entries[1].told.outcome", {"told": {"notice": 0, "attempt": 1, "key": "", "outcome": "perhaps"}}),
        (
            "$.entries[1].told.signed",
            {"told": {"notice": 0, "attempt": 1, "key": "", "outcome": "again", "signed": "perhaps"}},
        ),
        ("$.entries[1].told.attempt", {"told": {"notice": 0, "attempt": 0, "key": "", "outcome": "again"}}),
    ],
)
def test_a_bundle_with_an_attempt_that_cannot_be_is_refused(
    world: AdminWorld, place: str, change: dict[str, Any]
) -> None:
    saved = bundle.export(world.server)
    number = int(place.partition("[")[2][0])
    saved["entries"][number] |= change
    with pytest.raises(InvalidInput) as caught:
        bundle.load(admin_world().server, saved)
    assert [problem.where for problem in caught.value.problems] == [place]


BROKEN = b"about: A code that no notification has.\nsteps: [{state: succeeded, with: {qiniu: {code: 4}}}]\n"


def told_of(world: AdminWorld, scenario: str) -> Any:
    """The first attempt for a task that plays a scenario. Nobody listens at its address."""
    asked = {"vendor": "qiniu", "scenario": scenario, "id": "told-of", "notify_url": URL}
    assert world.ask("POST", "/tasks", asked).status == 201
    until(lambda: bool(world.server.store.entries()[1].told > 2), "an attempt")
    world.server.postman.close()
    return world.ask("GET", "/requests?told=true&id=told-of").body["requests"][0]


@pytest.mark.parametrize(
    ("declared", "verdict", "outcome"), [(False, "broken", "failed"), (True, "off-contract", "again")]
)
def test_a_notification_that_breaks_its_contract_says_where(
    world: AdminWorld, declared: bool, verdict: str, outcome: str
) -> None:
    """Undeclared it is not sent, and there is no other attempt."""
    text = BROKEN.replace(b"code: 4}}}]", b"code: 7}}, off_contract: true}]") if declared else BROKEN
    assert world.ask("PUT", "/scenarios/broken", text, Content_Type="application/yaml").status == 200
    found = told_of(world, "broken")
    assert (found["verdict"], found["told"]["outcome"]) == (verdict, outcome)
    assert found["breach"] == {"path": "$.code", "rule": "enum"}
    assert found["note"].startswith("$.code: expected one of 0, 1, 2, 3, found 4") is not declared


def test_one_attempt_has_the_contract_of_notifications(world: AdminWorld) -> None:
    found = told_of(world, "instant")
    assert (found["verdict"], found["breach"]) == ("fits", None)
    contract = world.ask("GET", f"/requests/one?number={found['number']}").body["contract"]
    assert list(contract)[:2] == ["$.id", "$.code"]
    assert contract["$.code"]["enum"] == [0, 1, 2, 3]
    assert {"$.items[*].hash", "$.creationDate"} <= contract.keys()
