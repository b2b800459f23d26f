"""`diff` compares two saved runs, or one with what a scenario shows to the same requests now."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mock_server.cli import cli
from mock_server.control.bundle import export
from tests.support.harness import Now, asking, started

MINE = "steps: [{state: waiting, polls: 1}, {state: processing, polls: 2}, {state: succeeded}]\n"
Saved = Callable[..., Path]


@pytest.fixture
def saved(tmp_path: Path) -> Saved:
    """Saves the run of a new server that was polled for some ids, a second apart."""

    def save(name: str, *ids: str, **settings: object) -> Path:
        now = Now()
        server = started(now, **settings)
        for id in ids:
            server.emulator.answer(asking("qiniu", id))
            now.ms += 1000
        file = tmp_path / f"{name}.json"
        file.write_text(json.dumps(export(server)), "utf-8")
        return file

    return save


def diff(*words: str | Path) -> Result:
    """What the command comes to."""
    return CliRunner().invoke(cli, ["diff", *map(str, words)], env={"COLUMNS": None})


def test_equal_runs_end_with_code_0(saved: Saved) -> None:
    result = diff(saved("a", "happy-path.1", "happy-path.1"), saved("b", "happy-path.1", "happy-path.1"))
    assert (result.exit_code, result.stdout) == (0, "1 task compared, 0 with differences\n")


def test_a_client_that_polls_once_more_is_found(saved: Saved) -> None:
    result = diff(saved("a", *["happy-path.1"] * 2, "flaky.2"), saved("b", *["happy-path.1"] * 3, "flaky.3"))
    first, same, more, gone, new, last = result.stdout.splitlines()
    assert (result.exit_code, first, same) == (1, "qiniu happy-path.1", "    exchanges 1 to 2: the same")
    assert more.startswith("  + exchange 3: GET /status/get/prefop?id=happy-path.1 -> 200 (succeeded)")
    assert (gone, new) == ("qiniu flaky.2: only in A, 1 exchange", "qiniu flaky.3: only in B, 1 exchange")
    assert last == "3 tasks compared, 3 with differences"


def test_a_run_is_played_again_with_a_scenario_as_it_is_now(saved: Saved, tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(MINE, "utf-8")
    run = saved("a", *["mine.1", "happy-path.2"] * 4, scenarios=(file,))
    assert diff(run, file).stdout == "1 task compared, 0 with differences\n"
    file.write_text(MINE.replace("succeeded", "failed"), "utf-8")
    result = diff(run, file)
    assert result.exit_code == 1
    assert "    exchanges 1 to 3: the same\n  - exchange 4: " in result.stdout
    assert "\n      saw: succeeded -> failed\n" in result.stdout


def test_a_shipped_scenario_is_named_without_a_path(saved: Saved) -> None:
    assert diff(saved("a", "fails-late.1", "fails-late.1"), "fails-late").exit_code == 0


def test_programs_get_a_line_of_json_for_each_task_that_differs(saved: Saved) -> None:
    result = diff(saved("a", "happy-path.1"), saved("b", "happy-path.1", "happy-path.1"), "--json")
    assert [json.loads(line) for line in result.stdout.splitlines()] == [
        {
            "vendor": "qiniu",
            "id": "happy-path.1",
            "only": None,
            "exchanges": [{"place": 2, "a": None, "b": 2, "differs": []}],
        }
    ]


def test_filters_and_the_limit_choose_tasks(saved: Saved) -> None:
    a, b = saved("a", "flaky.1", "flaky.2", "flaky.3"), saved("b", "flaky.9")
    assert diff(a, b, "--limit", "2").stdout.splitlines()[-1] == (
        "4 tasks compared, 4 with differences (2 not shown: --limit)"
    )
    assert diff(a, b, "--id", "flaky.2").stdout.splitlines()[-1] == "1 task compared, 1 with differences"


def test_a_run_of_many_exchanges_is_read_whole(saved: Saved) -> None:
    run = saved("a", *["never-ends.1"] * 2100)
    result = diff(run, saved("b", "never-ends.1"))
    assert result.stdout.count("\n  - exchange") == 2099


@pytest.mark.parametrize(
    ("b", "says"),
    [
        ("no-such.json", "no-such.json: cannot be read: "),
        ("no-such-scenario", "B: no scenario is named"),
        ("flaky", "B: no task of "),
        ("./no-such.yaml", "no-such.yaml"),
    ],
)
def test_what_cannot_be_compared_is_said_in_a_line(saved: Saved, b: str, says: str) -> None:
    result = diff(saved("a", "happy-path.1"), b)
    assert result.exit_code == 2
    assert says in result.stderr
    assert "Traceback" not in result.stderr
