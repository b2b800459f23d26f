"""The log: one line an event, in the form that was asked for, loud where somebody should look."""

from __future__ import annotations

import dataclasses
import json
import logging
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import pytest

from mock_server.assembly import assemble
from mock_server.cli import logs
from mock_server.cli.logs import log_injected
from mock_server.engine.scenario import Effect
from mock_server.faults.armed import Armed
from mock_server.scenarios.library import library_of
from mock_server.server.app import app_of, create_app
from mock_server.settings import Settings
from tests.support.poller import Poller

LOG = logging.getLogger(logs.NAME)


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    """The log is the process's: every test gives it back as it found it."""
    access = logging.getLogger(logs.ACCESS)
    before, exchanges = (LOG.handlers[:], LOG.level, LOG.propagate), access.level
    yield
    LOG.handlers[:], LOG.propagate = before[0], before[2]
    LOG.setLevel(before[1])
    access.setLevel(exchanges)


def lines_of(err: str) -> list[dict[str, Any]]:
    """Lines of JSON, read."""
    return [json.loads(line) for line in err.splitlines()]


def test_json_lines_hold_one_object_each(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up("json", "info")
    LOG.warning('a "quoted" %s\nover two lines, 任务', "word")
    LOG.info("next")
    first, second = lines_of(capsys.readouterr().err)
    assert (first["level"], first["message"]) == ("warning", 'a "quoted" word\nover two lines, 任务')
    assert (second["level"], list(second)) == ("info", ["time", "level", "message"])
    assert datetime.fromisoformat(first["time"]).utcoffset() is not None


def test_a_json_line_is_ascii_whatever_it_tells_of(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up("json", "info")
    LOG.warning("no \udcff, 任务")  # a byte of a file's name that is no UTF-8
    err = capsys.readouterr().err
    assert err.isascii()
    (line,) = lines_of(err)
    assert line["message"] == "no \udcff, 任务"


def test_a_traceback_stays_in_its_json_line(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up("json", "info")
    try:
        raise ValueError("broken")
    except ValueError:
        LOG.exception("defect")
    (line,) = lines_of(capsys.readouterr().err)
    assert line["level"] == "error"
    assert line["traceback"].endswith("ValueError: broken")


def test_text_lines_begin_with_their_level(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up("text", "info")
    LOG.error("a %s", "thing")
    assert capsys.readouterr().err == "ERROR a thing\n"


@pytest.mark.parametrize(("level", "count"), [("debug", 4), ("info", 3), ("warning", 2), ("error", 1)])
def test_a_level_leaves_out_what_is_below_it(capsys: pytest.CaptureFixture[str], level: str, count: int) -> None:
    logs.set_up("text", level)
    for say in (LOG.debug, LOG.info, LOG.warning, LOG.error):
        say("x")
    assert len(capsys.readouterr().err.splitlines()) == count


@pytest.mark.parametrize("form", ["text", "json"])
def test_setting_up_again_says_nothing_twice(capsys: pytest.CaptureFixture[str], form: Literal["text", "json"]) -> None:
    for _ in range(3):
        logs.set_up(form, "info")
    LOG.info("once")
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_other_libraries_logs_are_left_alone(capsys: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    logs.set_up("json", "debug")
    assert (root.handlers, root.level) == before
    assert capsys.readouterr().err == ""


def told(
    caplog: pytest.LogCaptureFixture, app: Any, vendor: str, id: str, level: int = logging.INFO
) -> list[tuple[str, str]]:
    """Level and text of every line that one poll leaves."""
    with caplog.at_level(level, logs.ACCESS):
        caplog.clear()
        Poller(vendor, "", app=app, id=id).poll()
    return [(record.levelname, record.getMessage()) for record in caplog.records if record.name == logs.ACCESS]


def test_an_exchange_is_one_line(caplog: pytest.LogCaptureFixture) -> None:
    ((level, text),) = told(caplog, create_app(Settings()), "qiniu", "happy-path.a")
    assert level == "INFO"
    assert text.startswith("GET /status/get/prefop?id=happy-path.a -> 200 happy-path@")
    assert text.endswith(" waiting")


def test_a_fault_is_named_in_its_line(caplog: pytest.LogCaptureFixture) -> None:
    app = create_app(Settings(), armed=[Armed(1, Effect(fault="charset"))])
    ((level, text),) = told(caplog, app, "wangsu", "happy-path.a")
    assert (level, "-> 200" in text, text.endswith(" charset")) == ("INFO", True, True)


def test_an_id_that_plays_nothing_is_a_warning_with_what_it_may_have_meant(caplog: pytest.LogCaptureFixture) -> None:
    app = create_app(Settings())
    ((level, text),) = told(caplog, app, "huawei", "hapy-path", logging.WARNING)
    assert level == "WARNING"
    assert text.endswith('-> 404 unmatched; did you mean "happy-path"')
    assert told(caplog, app, "huawei", "not-found", logging.WARNING) == []


def test_a_response_that_breaks_its_contract_is_an_error_with_path_and_rule(caplog: pytest.LogCaptureFixture) -> None:
    server = assemble(Settings())
    scenario = server.catalogue.library.scenarios["instant"]
    (step,) = scenario.steps
    put = dataclasses.replace(step.adjust, put={"qiniu": ((("code",), 7),)})
    broken = dataclasses.replace(scenario, steps=(dataclasses.replace(step, adjust=put),))
    server.catalogue.library = library_of([broken])
    ((level, text),) = told(caplog, app_of(server), "qiniu", "instant")
    assert level == "ERROR"
    assert text.startswith("broken contract: GET /status/get/prefop?id=instant -> 500")
    assert '"path":"$.code"' in text
    assert '"rule":"enum"' in text


def test_a_log_line_is_one_line_whatever_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up("text", "debug")
    Poller("qiniu", "", app=create_app(Settings()), id="a\r\nERROR forged").poll()
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_scenario_files_that_override_ours_are_told(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    (tmp_path / "instant.yaml").write_text("about: Mine.\nsteps: [{state: succeeded}]\n")
    with caplog.at_level(logging.INFO, logs.NAME):
        create_app(Settings(scenarios=(tmp_path,), no_reload=True))
    assert [record.getMessage() for record in caplog.records] == [
        f"{tmp_path / 'instant.yaml'} overrides the shipped instant"
    ]


def test_variables_that_a_platform_injected_are_told_once_at_debug_level(capsys: pytest.CaptureFixture[str]) -> None:
    environ = {"MOCK_SERVER_SERVICE_HOST": "10.0.0.1", "MOCK_SERVER_PORT": "tcp://10.0.0.1:8080", "PATH": "/bin"}
    logs.set_up("text", "debug")
    log_injected(environ)
    names = "MOCK_SERVER_PORT, MOCK_SERVER_SERVICE_HOST"
    assert capsys.readouterr().err == f"DEBUG variables that the platform sets, passed over: {names}\n"
    log_injected({"MOCK_SERVER_PORT": "8080"})
    logs.set_up("text", "info")
    log_injected(environ)
    assert capsys.readouterr().err == ""
