"""The access log: one line for every exchange where somebody asked for it, and nothing built where nobody did."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any, Literal

import pytest

from mock_server.cli import logs
from mock_server.engine.scenario import Adjust, Effect
from mock_server.http.message import Response, request_of
from mock_server.journal import access_log
from mock_server.journal.journal import Entry
from tests.support.emulators import VENDORS, World, adjusted, asking, scenario, shipped

HAPPY = shipped("happy-path")
FIELDS = (
    *("time", "level", "message", "virtual", "vendor", "method", "target", "status", "task", "scenario", "step"),
    *("state", "poll", "asked", "faults", "verdict", "note", "delay_ms", "kind", "attempt", "outcome"),
)
LOGGERS = logging.getLogger(logs.NAME), logging.getLogger(logs.ACCESS)


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    """The log is the process's: every test gives it back as it found it."""
    parent, _ = LOGGERS
    before = [logger.level for logger in LOGGERS], parent.handlers[:], parent.propagate
    yield
    for logger, level in zip(LOGGERS, before[0], strict=True):
        logger.setLevel(level)
    parent.handlers[:], parent.propagate = before[1], before[2]


@pytest.fixture
def world() -> World:
    return World(HAPPY, scenario("steps: [{state: succeeded}]"))


def entry(target: str = "/x", virtual: int = 0) -> Entry:
    """An exchange that touched no task."""
    return Entry(0, virtual, request_of("GET", target, (), b""), Response(404, "Not Found", (), b"{}"), "fits")


def fields(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """The one line of JSON that was written."""
    (line,) = capsys.readouterr().err.splitlines()
    found = json.loads(line)
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize("level", ["debug", "info", "warning", "error"])
@pytest.mark.parametrize("access", [False, True])
def test_exchanges_are_told_when_asked_for_and_when_debugging(
    capsys: pytest.CaptureFixture[str], world: World, form: Literal["text", "json"], level: str, access: bool
) -> None:
    logs.set_up(form, level, access=access)
    world.statuses(3)
    assert len(capsys.readouterr().err.splitlines()) == (3 if access or level == "debug" else 0)


@pytest.mark.parametrize(("level", "lines"), [("info", 1), ("warning", 1), ("error", 0)])
def test_what_needs_a_look_is_told_without_being_asked_for(
    capsys: pytest.CaptureFixture[str], world: World, level: str, lines: int
) -> None:
    logs.set_up("text", level)
    world.poll("nothing-claims-this")
    assert len(capsys.readouterr().err.splitlines()) == lines


def test_where_nobody_listens_no_line_is_built(monkeypatch: pytest.MonkeyPatch, world: World) -> None:
    def built(_: Entry) -> str:
        raise AssertionError("a line was built")

    logs.set_up("json", "info")
    monkeypatch.setattr(access_log, "line_of", built)
    monkeypatch.setattr(access_log, "fields_of", built)
    assert world.statuses(2) == [200, 200]


def test_text_pays_for_no_json(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(access_log, "fields_of", lambda _: pytest.fail("fields were built"))
    logs.set_up("text", "info", access=True)
    access_log.tell(entry())
    assert capsys.readouterr().err == "INFO GET /x -> 404\n"


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_poll_is_one_object_with_all_there_is_to_know(
    capsys: pytest.CaptureFixture[str], world: World, vendor: str
) -> None:
    world.arm(Effect(fault="charset"))
    logs.set_up("json", "info", access=True)
    world.poll("happy-path.a", vendor)
    found = fields(capsys)
    assert tuple(found) == FIELDS
    assert {name: found[name] for name in FIELDS[4:] if name != "target"} == {
        "vendor": vendor,
        "method": "GET",
        "status": 200,
        "task": "happy-path.a",
        "scenario": HAPPY.version,
        "step": "waiting",
        "state": "waiting",
        "poll": True,
        "asked": 1,
        "faults": ["charset"],
        "verdict": "fits",
        "note": "",
        "delay_ms": 0,
        "kind": "request",
        "attempt": None,
        "outcome": None,
    }
    assert found["target"] == asking(vendor, "happy-path.a").target


def test_a_line_tells_the_machines_time_and_the_virtual_one(capsys: pytest.CaptureFixture[str], world: World) -> None:
    logs.set_up("json", "info", access=True)
    world.advance(3_600_000)
    world.poll()
    last, found = world.last(), fields(capsys)
    assert last.virtual - last.real == 3_600_000
    assert [found["time"], found["virtual"]] == [access_log.fields_of(last)[name] for name in ("time", "virtual")]
    assert found["time"] != found["virtual"]


@pytest.mark.parametrize(
    ("virtual", "said"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (1_700_000_000_001, "2023-11-14T22:13:20.001Z"),
        (10**15, "9999-12-31T23:59:59.999Z"),
        (10**30, "9999-12-31T23:59:59.999Z"),
    ],
)
def test_a_clock_moved_out_of_the_calendar_breaks_no_line(virtual: int, said: str) -> None:
    assert access_log.fields_of(entry(virtual=virtual))["virtual"] == said


def test_a_request_that_names_no_task_has_the_same_fields(capsys: pytest.CaptureFixture[str], world: World) -> None:
    logs.set_up("json", "info", access=True)
    world.ask("/nowhere")
    found = fields(capsys)
    assert set(found) == set(FIELDS)
    assert [found[name] for name in ("vendor", "task", "scenario", "step", "poll")] == [None, None, None, None, False]
    assert (found["level"], found["status"], found["verdict"]) == ("warning", 404, "ours")


def test_a_delay_is_told_in_both_forms(capsys: pytest.CaptureFixture[str]) -> None:
    late = entry()._replace(response=Response(200, "OK", (), b"", delay=250))
    logs.set_up("text", "info", access=True)
    access_log.tell(late)
    assert capsys.readouterr().err == "INFO GET /x -> 200 after 250 ms\n"
    assert access_log.fields_of(late)["delay_ms"] == 250


def test_a_response_that_breaks_its_contract_on_purpose_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    odd = Adjust(put={"qiniu": ((("code",), 7),)}, off_contract=True)
    world = World(adjusted(scenario("steps: [{state: succeeded}]"), odd))
    logs.set_up("text", "info", access=True)
    world.poll()
    assert capsys.readouterr().err.endswith(" succeeded off-contract\n")


@pytest.mark.parametrize("sly", ["/a\r\nERROR forged", "/a\x1b[31m", "/a\u2028b", "/a\x85b", "/a\u202eb", "/a\ud800"])
def test_whatever_is_asked_for_stays_one_harmless_line(capsys: pytest.CaptureFixture[str], sly: str) -> None:
    logs.set_up("text", "info", access=True)
    access_log.tell(entry(sly))
    written = capsys.readouterr().err
    assert written.endswith("\n")
    assert written[:-1].isprintable()


def test_plain_letters_of_any_script_stay_as_they_are() -> None:
    assert access_log.line_of(entry("/任务 é")) == "GET /任务 é -> 404"
