"""`mock-server import`: the command, from a file of another tool to scenarios that can be played."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from mock_server.cli import cli
from mock_server.control.bundle import export, load
from mock_server.journal.saw import saw_of
from mock_server.journal.verify import judge, question_of
from tests.support.harness import Now, asking, started

URL = "https://api.qiniu.com/status/get/prefop?id="


def archive(folder: Path, *ids: str, name: str = "A day.har") -> Path:
    """An archive with two responses for each task."""
    entries = [
        {"request": {"method": "GET", "url": f"{URL}{id}"},
         "response": {"status": status, "content": {"mimeType": "application/json", "text": f'{{"code":{status}}}'}}}
        for id in ids
        for status in (599, 200)
    ]  # fmt: skip
    path = folder / name
    path.write_text(json.dumps({"log": {"entries": entries, "_odd": 1}}), "utf-8")
    return path


def run(*words: str | Path, code: int = 0) -> tuple[str, str]:
    result = CliRunner().invoke(cli, [str(word) for word in words], prog_name="mock-server")
    assert result.exit_code == code, result.output
    return result.stdout, result.stderr


def test_a_scenario_is_printed_and_what_is_left_out_is_listed(tmp_path: Path) -> None:
    out, err = run("import", archive(tmp_path, "z0.a"))
    assert out.startswith("# a-day.yaml\nabout: ")
    assert 'ids: ["z0.a"]' in out
    assert "log._odd: `_odd` is not understood (it is left out)" in err


def test_each_task_is_a_file_that_is_checked_and_plays_what_was_captured(tmp_path: Path) -> None:
    file, folder = archive(tmp_path, "z0.a", "z0.b"), tmp_path / "made"
    out, _ = run("import", file, "--name", "bad-day", "-o", folder)
    assert [line.split()[0].rpartition("/")[2] for line in out.splitlines()] == ["bad-day-1.yaml", "bad-day-2.yaml"]
    assert run("check", folder)[0].endswith("no problems\n")
    played, _ = run("play", folder / "bad-day-2.yaml", "--vendor", "qiniu", "--full")
    assert "599" in played
    assert '{"code":200}' in played


def test_a_file_that_is_there_is_not_replaced(tmp_path: Path) -> None:
    file = archive(tmp_path, "z0.a")
    (tmp_path / "a-day.yaml").write_text("mine", "utf-8")
    _, err = run("import", file, "-o", tmp_path, code=2)
    assert "the file exists already" in err
    assert (tmp_path / "a-day.yaml").read_text("utf-8") == "mine"


def test_what_no_scenario_can_say_is_listed_and_nothing_is_written(tmp_path: Path) -> None:
    out, err = run("import", archive(tmp_path, "z0.a"), "--name", "z0", "-o", tmp_path / "made", code=2)
    assert out == ""
    assert "cannot be a scenario" in err
    assert "nothing of it can be a scenario" in err


def test_a_file_that_is_not_there_or_not_one_is_refused(tmp_path: Path) -> None:
    assert "cannot be read" in run("import", tmp_path / "none.har", code=2)[1]
    assert "cannot be read: it is a folder" in run("import", tmp_path, code=2)[1]
    (tmp_path / "x.har").write_text("{}", "utf-8")
    assert "is not an HTTP archive (HAR), mappings of WireMock" in run("import", tmp_path / "x.har", code=2)[1]


def test_what_a_client_reads_of_an_imported_task_is_what_its_bodies_say(tmp_path: Path) -> None:
    bodies = [
        (599, "{}"),
        (200, '{"code":1,"items":[{"code":1,"cmd":"a"}]}'),
        (200, '{"code":0,"items":[{"code":0,"cmd":"a"}]}'),
    ]
    entries = [
        {"request": {"method": "GET", "url": f"{URL}z0.a"},
         "response": {"status": status, "content": {"mimeType": "application/json", "text": text}}}
        for status, text in bodies
    ]  # fmt: skip
    file, folder = tmp_path / "day.har", tmp_path / "made"
    file.write_text(json.dumps({"log": {"entries": entries}}), "utf-8")
    run("import", file, "-o", folder)
    server = started(Now(), scenarios=(folder,))
    bodies_read = [server.emulator.answer(asking("qiniu", "z0.a")).body.decode() for _ in range(4)]
    assert bodies_read == [text for _, text in (*bodies, bodies[-1])]
    polls = server.store.entries()[0]
    assert [saw_of(entry).word for entry in polls] == ["spoiled", "waiting", "succeeded", "succeeded"]
    answer = judge(question_of({"cadence": {"polls_after_end": 0}}), polls, server.store.counters())
    assert [str(problem) for problem in answer.problems] == [
        "$.cadence.polls_after_end: polled 1 times after the end was shown, expected at most 0: #3, #4"
    ]
    assert server.store.glance().ended == 1
    loaded = started(Now())
    load(loaded, json.loads(json.dumps(export(server))))
    assert [saw_of(entry).word for entry in loaded.store.entries()[0]] == [saw_of(entry).word for entry in polls]
