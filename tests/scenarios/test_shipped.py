"""The shipped scenarios answer exactly as `shipped.py` says, and between them show every documented code."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from mock_server.engine.notify import Notify
from mock_server.engine.scenario import Profile
from mock_server.paths import data
from tests.support import odd_scenarios
from tests.support.admin_kit import AdminWorld, admin_world
from tests.support.emulators import shipped
from tests.support.poller import Polled, Poller
from tests.support.shipped import (
    BY_THE_CLOCK,
    DOWN,
    DRAWN,
    HUAWEIS,
    NOTIFIES,
    QINIUS,
    SHIPPED,
    SLOW,
    THROTTLED,
    UNKNOWN,
    VENDORS,
    WANGSUS,
    Answer,
    Refused,
    Timed,
    Whole,
)

TABLE = {*SHIPPED, *BY_THE_CLOCK, *DRAWN, *odd_scenarios.ODD, *odd_scenarios.DRAWN}
SERVED = {
    **{name: tuple(sequences) for name, sequences in SHIPPED.items()},
    **{name: tuple(timed[0].answers) for name, timed in BY_THE_CLOCK.items()},
    **dict.fromkeys(DRAWN, VENDORS),
}
NOT_SERVED = [(name, vendor) for name, served in SERVED.items() for vendor in VENDORS if vendor not in served]
PLAYS = [(name, vendor) for name, sequences in SHIPPED.items() for vendor in sequences]
TIMED_PLAYS = [(timed, vendor) for plays in BY_THE_CLOCK.values() for timed in plays for vendor in timed.answers]

# What the three documents list, written as `words_of` reads it from a response.
ERRORS: set[tuple[str, int | str]] = {
    ("http", status) for status in (302, 400, 401, 403, 404, 405, 429, 500, 502, 503, 504, 599)
}
"""Those of any HTTP service, and those that all vendors may send."""
DOCUMENTED: dict[str, set[tuple[str, int | str]]] = {
    "qiniu": {
        *(("whole", code) for code in (0, 1, 2, 3, 4)),
        *(("item", code) for code in (0, 1, 2, 3)),
        *ERRORS,
        *(("http", status) for status in QINIUS),
    },
    "wangsu": {
        *(("whole", code) for code in (0, 1, 3, 4, 5, 6)),
        *(("item", code) for code in ("0", "1", "2", "3", "4", "5", "6", "18", "19", "20", "other")),
        *(("item", code) for code in (0, 1, 3)),  # numbers in the profile `live`
        *ERRORS,
        *(("http", status) for status in WANGSUS),
    },
    "huawei": {
        *(("item", status) for status in ("processing", "succeed", "failed")),
        *(("item", status) for status in ("PROCESSING", "SUCCEED")),  # as the SDKs' constants are spelled
        *ERRORS,
        *(("http", status) for status, _ in HUAWEIS),
    },
}
OUTCOMES: dict[str, dict[int | str, str]] = {
    "qiniu": {0: "succeeded", 3: "failed"},
    "wangsu": {"3": "succeeded", "2": "failed"},
    "huawei": {"succeed": "succeeded", "failed": "failed"},
}
LISTED = {word for kind, word in DOCUMENTED["wangsu"] if kind == "item"}


@pytest.fixture(scope="module")
def world() -> AdminWorld:
    return admin_world()


def read(vendor: str, polled: Polled) -> Whole | Refused:
    """A response in the table's terms."""
    if polled.status != 200:
        return Refused(polled.status, str(polled.body["error_code" if vendor == "huawei" else "code"]))
    if vendor == "huawei":
        return Whole(None, tuple(result["status"] for result in polled.body["preheating_results"]))
    return Whole(polled.body["code"], tuple(item["code"] for item in polled.body["items"]))


def seen(vendor: str, polled: Polled, expected: Answer) -> Answer:
    """A response in the terms the expected answer uses: what that leaves unsaid is left out."""
    answer = read(vendor, polled)
    if isinstance(answer, Refused) or isinstance(expected, Whole | Refused):
        return answer
    if isinstance(expected, int) and answer.code is not None:
        return answer.code
    return answer.items[0] if len(set(answer.items)) == 1 else answer


def words_of(vendor: str, polled: Polled) -> Iterator[tuple[str, int | str]]:
    """The documented words that a response shows."""
    answer = read(vendor, polled)
    if isinstance(answer, Refused):
        yield "http", answer.status
        return
    if answer.code is not None:
        yield "whole", answer.code
    for word in answer.items:
        yield "item", "other" if vendor == "wangsu" and word not in LISTED else word


def polls_of(world: AdminWorld, vendor: str) -> Iterator[Polled]:
    """Every poll that the table describes for one vendor."""
    for name, sequences in SHIPPED.items():
        poller = Poller(vendor, name, app=world.app)
        yield from (poller.poll() for _ in sequences.get(vendor, ()))
    for timed, who in TIMED_PLAYS:
        if who == vendor:
            yield from (polled for polled, _ in play(world, timed, vendor))


def play(world: AdminWorld, timed: Timed, vendor: str) -> Iterator[tuple[Polled, Answer]]:
    """Polls by the clock, each with the answer that the table has for it."""
    poller = Poller(vendor, "", app=world.app, id=timed.id)
    for by, expected in timed.answers[vendor]:
        world.now.ms += by
        yield poller.poll(), expected


def test_every_shipped_file_is_in_the_table_and_every_row_has_its_file() -> None:
    assert {path.stem for path in data("scenarios").glob("*")} == TABLE


@pytest.mark.parametrize("path", sorted(data("scenarios").glob("*.yaml")), ids=lambda path: path.stem)
def test_a_shipped_file_points_editors_to_its_schema_and_says_what_it_is_about(path: Path) -> None:
    schema, about, *_ = path.read_text("utf-8").splitlines()
    assert schema == "# yaml-language-server: $schema=../schemas/scenario.schema.json"
    assert about.startswith("about: ")
    assert about.endswith(".")


@pytest.mark.parametrize(("name", "vendor"), PLAYS)
def test_a_scenario_answers_as_the_table_says_and_its_last_answer_is_for_ever(
    world: AdminWorld, name: str, vendor: str
) -> None:
    answers = list(SHIPPED[name][vendor])
    expected = answers + answers[-1:] * 2
    poller = Poller(vendor, name, app=world.app)
    assert [seen(vendor, poller.poll(), answer) for answer in expected] == expected


@pytest.mark.parametrize(("timed", "vendor"), TIMED_PLAYS, ids=lambda value: getattr(value, "id", value))
def test_a_scenario_by_the_clock_answers_as_the_table_says(timed: Timed, vendor: str) -> None:
    answers = [(seen(vendor, polled, expected), expected) for polled, expected in play(admin_world(), timed, vendor)]
    assert [answer for answer, _ in answers] == [expected for _, expected in answers]


@pytest.mark.parametrize(("name", "vendor"), NOT_SERVED)
def test_a_vendor_that_a_scenario_does_not_serve_knows_no_such_task(world: AdminWorld, name: str, vendor: str) -> None:
    assert read(vendor, Poller(vendor, name, app=world.app).poll()) == UNKNOWN[vendor]


@pytest.mark.parametrize("vendor", VENDORS)
def test_every_documented_code_is_reached_by_polling_shipped_scenarios(vendor: str) -> None:
    reached = {word for polled in polls_of(admin_world(), vendor) for word in words_of(vendor, polled)}
    assert reached == DOCUMENTED[vendor]


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("profile", get_args(Profile))
def test_in_every_profile_no_shipped_scenario_breaks_its_contract(profile: Profile, vendor: str) -> None:
    ours = [
        polled for polled in polls_of(admin_world(profile=profile), vendor) if "X-Mock-Server-Error" in polled.headers
    ]
    assert ours == []


@pytest.mark.parametrize("vendor", VENDORS)
def test_realistic_work_takes_three_to_five_minutes_and_one_task_in_ten_fails(vendor: str) -> None:
    world = admin_world()
    pollers = [Poller(vendor, "realistic", app=world.app, id=f"realistic.{n}") for n in range(100)]
    assert {outcome(poller) for poller in pollers} == {"unfinished"}
    world.now.ms += 184_999
    assert {outcome(poller) for poller in pollers} == {"unfinished"}
    world.now.ms += 145_001
    ends = [outcome(poller) for poller in pollers]
    assert set(ends) == {"succeeded", "failed"}
    assert 5 <= ends.count("failed") <= 15


def outcome(poller: Poller) -> str:
    """How the one item of a task stands at the next poll."""
    answer = read(poller.vendor, poller.poll())
    assert isinstance(answer, Whole)
    return OUTCOMES[poller.vendor].get(answer.items[0], "unfinished")


@pytest.mark.parametrize("vendor", VENDORS)
def test_flaky_fails_three_polls_in_ten_and_hides_the_slow_job_without_stopping_it(
    world: AdminWorld, vendor: str
) -> None:
    failures = 0
    for n in range(30):
        poller = Poller(vendor, "flaky", app=world.app, id=f"flaky.{n}")
        answers = [seen(vendor, poller.poll(), expected) for expected in SLOW[vendor]]
        failures += answers.count(DOWN[vendor])
        assert all(got in (DOWN[vendor], slow) for got, slow in zip(answers, SLOW[vendor], strict=True))
    assert 0.25 < failures / (30 * len(SLOW[vendor])) < 0.35


@pytest.mark.parametrize("vendor", VENDORS)
def test_only_a_throttled_poll_says_when_to_come_back(world: AdminWorld, vendor: str) -> None:
    poller = Poller(vendor, "throttled", app=world.app)
    *let_through, refused = (poller.poll() for _ in range(11))
    assert read(vendor, refused) == THROTTLED[vendor]
    assert refused.headers["Retry-After"] == "1"
    assert not any("Retry-After" in polled.headers for polled in let_through)


@pytest.mark.parametrize("name", ["not-found", "not-found-at-first"])
@pytest.mark.parametrize("vendor", VENDORS)
def test_a_scripted_404_is_not_taken_for_a_typo(world: AdminWorld, vendor: str, name: str) -> None:
    polled = Poller(vendor, name, app=world.app, id=f"{name}.scripted").poll()
    assert polled.status == 404
    assert "X-Mock-Server" not in polled.headers


@pytest.mark.parametrize(
    ("vendor", "id"),
    [
        ("qiniu", "16864pauo1vc9nhp12"),
        ("huawei", "5199337c31c8e4622f1590735b13a263"),
        ("wangsu", "ff80808149deceff014a7090b6700000"),
    ],
)
def test_a_document_s_own_id_gets_the_document_s_own_response(world: AdminWorld, vendor: str, id: str) -> None:
    printed = (data("fixtures") / vendor / "document" / "response.json").read_text("utf-8")
    polled = Poller(vendor, "", app=world.app, id=id).poll()
    assert json.dumps(polled.body) == json.dumps(json.loads(printed))  # as text: the order of keys counts too


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("prefix-delete", {"hash": "", "fsize": "", "key": "", "url": ""}),
        (
            "prefix-delete-output",
            {"hash": "", "fsize": "", "key": "deleted-2021.txt", "url": "https://media.example.com/deleted-2021.txt"},
        ),
        (
            "decompress",
            {
                "key": "photos.zip",
                "url": "https://media.example.com/photos.zip",
                "decompresslist": "photos.zip.list",
                "error": "",
            },
        ),
        ("unlisted-code", {"code": "7", "error": ""}),
        ("m3u8-partly-deleted", {"hash": "", "fsize": 0, "key": "", "url": "", "decompresslist": ""}),
    ],
)
def test_a_note_of_the_document_shows_in_the_fields(world: AdminWorld, name: str, fields: dict[str, object]) -> None:
    item = _last_item(world, name)
    assert {field: item[field] for field in fields} == fields


def test_a_playlist_that_could_not_be_deleted_says_that_segments_may_be_gone(world: AdminWorld) -> None:
    assert "TS files may be gone" in str(_last_item(world, "m3u8-partly-deleted")["error"])


def test_only_a_decompression_has_a_list_of_what_was_unpacked(world: AdminWorld) -> None:
    assert [name for name in SERVED if "wangsu" in SERVED[name] and _list_of(world, name)] == ["decompress"]


def _list_of(world: AdminWorld, name: str) -> object:
    return _last_item(world, name).get("decompresslist")


def _last_item(world: AdminWorld, name: str) -> dict[str, object]:
    """The first operation as the last poll of the table's sequence shows it; nothing where that is a refusal."""
    poller = Poller("wangsu", name, app=world.app, id=f"{name}.last")
    for _ in SHIPPED.get(name, {}).get("wangsu", SLOW["wangsu"]):
        polled = poller.poll()
    items = polled.body.get("items", [{}])
    return dict(items[0])


@pytest.mark.parametrize("name", sorted(TABLE))
def test_a_shipped_scenario_sends_the_notifications_of_the_table(name: str) -> None:
    assert shipped(name).notify == NOTIFIES.get(name, Notify())
