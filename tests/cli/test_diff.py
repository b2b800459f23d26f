"""`diff` compares two saved runs, or one with what a scenario shows to the same requests now."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mock_server.cli import cli
from mock_server.control.bundle import export
from mock_server.emulator.notifications import Result as Came
from mock_server.http.message import request_of
from tests.support.harness import Now, asking, started
from tests.support.notified import postmen
from tests.support.receivers import receiving

MINE = "steps: [{state: waiting, polls: 1}, {state: processing, polls: 2}, {state: succeeded}]\n"
TIMED = "[{state: waiting, for: 10s}, {state: succeeded}]"
SUBMITS = {
    "qiniu": ("/pfop/", b"bucket=b&key=timed&fops=avthumb/mp4&notifyURL=http://127.0.0.1:9/cb"),
    "wangsu": ("/fmgr/delete", b"fops=bucket/Yg==/key/dGltZWQ=&notifyURL=aHR0cDovLzEyNy4wLjAuMTo5L2Ni"),
}
"""By vendor: the path and the body of a submit that plays the scenario `timed`."""
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


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"log": {"entries": []}}', "is no bundle: expected a mapping that has `format` (a bundle is what"),
        ("[1]", "is no bundle: expected a mapping that has `format` (a bundle is what"),
        ('{"format": "mock-server-bundle", "extra": 1}', '$.extra: unknown key "extra" '),
    ],
)
def test_of_two_files_the_one_that_is_no_bundle_is_named(saved: Saved, tmp_path: Path, text: str, says: str) -> None:
    other = tmp_path / "other.json"
    other.write_text(text, "utf-8")
    result = diff(saved("a", "happy-path.1"), str(other))
    assert result.exit_code == 2
    lines = result.stderr.splitlines()
    assert all(line.startswith(f"{other}: ") for line in lines)
    assert any(says in line for line in lines)
    assert len(lines) == 1 or text.startswith('{"format')


def notified(folder: Path, *answers: int, vendor: str = "qiniu", steps: str = TIMED, more: str = "") -> Path:
    """The saved run of a task whose receiver gave these answers, and then always the last; it was polled at the end."""
    scenario = folder / "timed.yaml"
    scenario.write_text(f"steps: {steps}\n{more}", "utf-8")
    now = Now()
    server = started(now, scenarios=(scenario,))
    server.stopping.set()
    asked = SUBMITS[vendor]
    server.emulator.answer(request_of("POST", asked[0], (), asked[1]))
    ((key, _),) = server.store.scan()
    left = list(answers)
    while (due := server.store.next_due()) is not None:
        now.ms = max(now.ms, due)
        attempt = server.notifications.take(key)
        if attempt is not None:
            server.notifications.settle(attempt, Came(left.pop(0) if len(left) > 1 else left[0]))
    now.ms += 5_000
    server.emulator.answer(asking(vendor, key.id))
    server.emulator.answer(request_of("GET", "/nowhere", (), b""))
    file = folder / f"{vendor}-{len(list(folder.iterdir()))}.json"
    file.write_text(json.dumps(export(server)), "utf-8")
    return file


@pytest.mark.parametrize("vendor", ["qiniu", "wangsu"])
def test_notifications_are_compared_as_exchanges_of_their_task(tmp_path: Path, vendor: str) -> None:
    a, same = notified(tmp_path, 500, 200, vendor=vendor), notified(tmp_path, 500, 200, vendor=vendor)
    result = diff(a, same)
    assert (result.exit_code, result.stdout) == (
        0,
        "1 task and the requests without a task compared, 0 with differences\n",
    )
    lines = diff(a, notified(tmp_path, 500, 500, 200, vendor=vendor)).stdout.splitlines()
    assert lines[1] == "    exchanges 1 to 3: the same"
    assert lines[2].startswith("  - exchange 4: POST http://127.0.0.1:9/cb -> 200")
    assert "      outcome: delivered -> again" in lines
    assert lines[-2].startswith("  + exchange 5: ")
    assert lines[-1] == "1 task and the requests without a task compared, 1 with differences"
    changed = notified(tmp_path, 500, 200, vendor=vendor, steps=TIMED.replace("succeeded", "failed"))
    assert "\n      body $.items[0]." in diff(a, changed).stdout.partition("exchange 3: POST")[2]


@pytest.mark.parametrize("vendor", ["qiniu", "wangsu"])
@pytest.mark.parametrize("more", ["", "notify: {status: real}\n"])
def test_a_run_that_is_played_again_has_its_notifications_answered_as_they_were(
    tmp_path: Path, vendor: str, more: str
) -> None:
    run, scenario = notified(tmp_path, 500, 503, 200, vendor=vendor, more=more), tmp_path / "timed.yaml"
    assert diff(run, scenario).stdout == "1 task compared, 0 with differences\n"
    scenario.write_text(f"steps: {TIMED}\nnotify: {{send: [{{}}, {{after: 1s}}]}}\n", "utf-8")
    lines = diff(run, scenario).stdout.splitlines()
    assert [line for line in lines if line.startswith("  + exchange 6: ") and "notification 1, attempt 1" in line]
    assert lines[-1] == "1 task compared, 1 with differences"


def test_a_run_that_is_only_looked_at_notifies_nobody(tmp_path: Path) -> None:
    before = postmen()
    with receiving() as receiver:
        server = started(Now())
        server.stopping.set()
        body = f"bucket=b&key=instant&fops=avthumb/mp4&notifyURL={receiver.url()}".encode()
        server.emulator.answer(request_of("POST", "/pfop", (), body))
        run = tmp_path / "run.json"
        run.write_text(json.dumps(export(server)), "utf-8")
        for words in (["requests", "--bundle", run], ["notifications", "--bundle", run], ["diff", run, run]):
            shown = CliRunner().invoke(cli, list(map(str, words)))
            assert shown.exit_code == 0
        assert diff(run, "instant").exit_code == 1  # it was saved before its attempt was made
        assert (receiver.connections, set(postmen()) - set(before)) == (0, set())
