"""The commands that talk to a running server: what they print, what they do, and how they end."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import click
import pytest
from click.testing import CliRunner, Result

from mock_server.api.codec import Moment
from mock_server.api.values import Tasks
from mock_server.cli import COMMANDS, cli
from mock_server.cli.clock import clock_line
from mock_server.cli.meant import OTHER_WORDS, meant
from mock_server.cli.watch import frames
from mock_server.client import Client, Clock, Unreachable
from mock_server.settings import Settings
from mock_server.store.store import Change
from tests.support.live import LiveServer, serving
from tests.support.raw import send
from tests.support.told import URL, attempt

NOWHERE_ELSE = dict.fromkeys(("MOCK_SERVER_ADMIN_URL", "MOCK_SERVER_ADMIN_TOKEN", "MOCK_SERVER_CA"), "")
REMOTE = ("tasks", "requests", "faults", "rules", "notifications", "clock", "reset", "coverage", "watch", "actions")


def command(name: str) -> click.Command:
    """A command by its name."""
    assert isinstance(cli, click.Group)
    found = cli.get_command(click.Context(cli), name)
    assert found is not None
    return found


class Desk(NamedTuple):
    """A person at a terminal, and the server."""

    server: LiveServer
    client: Client

    def run(self, line: str, **environ: str) -> Result:
        """What a command comes to; it finds the server by its variable."""
        env = {"MOCK_SERVER_URL": self.server.url, **NOWHERE_ELSE, "COLUMNS": None, **environ}
        return CliRunner().invoke(cli, line.split(), env=env)

    def says(self, line: str) -> str:
        """What a command prints that must end well."""
        result = self.run(line)
        assert (result.exit_code, result.stderr) == (0, ""), result.output
        return result.stdout

    def poll(self, id: str) -> None:
        """One poll."""
        try:
            urllib.request.urlopen(f"{self.server.url}/status/get/prefop?id={id}", timeout=30).close()
        except urllib.error.HTTPError as error:
            error.close()


@pytest.fixture(scope="module")
def running() -> Iterator[LiveServer]:
    """A server that these tests clear before each."""
    with serving() as server:
        yield server


@pytest.fixture
def desk(running: LiveServer) -> Desk:
    """A server as if it were fresh."""
    client = Client(running.url)
    client.reset()
    return Desk(running, client)


def test_tasks_are_created_listed_moved_and_dropped(desk: Desk) -> None:
    assert desk.says("tasks") == "no tasks\n"
    assert desk.says("tasks create qiniu slow --id mine") == "mine\n"
    assert desk.says("tasks next qiniu mine") == "processing\n"
    assert desk.says("tasks goto qiniu mine waiting") == "waiting\n"
    assert desk.says("tasks shift qiniu mine 10m") == "waiting\n"
    heads, row = desk.says("tasks --id mine --scenario slow").splitlines()
    assert heads.split() == ["VENDOR", "ID", "SCENARIO", "STEP", "STATE", "LAST", "SEEN", "IN-STEP", "DUE"]
    assert row.split() == ["qiniu", "mine", "slow", "waiting", "waiting", "0"]
    assert desk.says("tasks drop --id mine") == "1 task dropped\n"


def test_a_task_whose_items_have_steps_says_where_each_stands_and_each_is_moved_alone(desk: Desk) -> None:
    each = (
        "steps: [{state: processing, hold: true, next: {succeeded: 0, failed: 0}}, {state: succeeded}, {state: failed}]"
    )
    desk.client.upload("files", f"items: {{count: 6, each: {{{each}}}}}")
    desk.client.create("qiniu", "files", "mine")
    assert desk.says("tasks goto qiniu mine failed --item 2") == "failed\n"
    assert desk.says("tasks next qiniu mine --item 0 --to succeeded") == "succeeded\n"
    stands = "0: succeeded, 1: processing, 2: failed, 3-5: processing  processing "
    assert stands in desk.says("tasks --id mine")
    assert desk.says("tasks fail qiniu mine --item 4") == "failed\n"
    for command in ("tasks --id mine", "watch --once --id mine"):
        assert "0: succeeded, 1: processing, 2: failed, 3: processing, …" in desk.says(command)
    assert desk.says("tasks finish qiniu mine") == "failed\n"
    assert "0-1: succeeded, 2: failed, 3: succeeded, 4: failed, …  failed, not seen yet" in desk.says("tasks --id mine")


def test_the_next_item_to_move_on_is_when_its_task_is_due(desk: Desk) -> None:
    desk.client.clock.freeze()
    desk.client.create("qiniu", "one-by-one", "mine")
    due = desk.client.clock.read().now + timedelta(seconds=10)
    (row,) = desk.says("tasks --id mine").splitlines()[1:]
    assert "  0-3: processing  processing  " in row
    assert row.endswith(f"{due:%Y-%m-%d %H:%M:%S}Z")


def test_a_task_is_moved_to_an_end_for_a_reason(desk: Desk) -> None:
    desk.poll("by-hand.1")
    assert desk.says("tasks fail qiniu by-hand.1 --item 1 --reason gone") == "half-failed\n"
    desk.poll("by-hand.1")
    assert '"error":"gone"' in str(desk.client.requests(id="by-hand.1")[-1].response.body)
    assert desk.says("tasks finish qiniu by-hand.1") == "succeeded\n"


def test_a_task_says_when_it_is_due_and_whether_it_has_ended(desk: Desk) -> None:
    desk.client.upload("brief", "steps: [{state: waiting, for: 10m}, {state: failed}]")
    desk.client.create("qiniu", "brief", "young")
    desk.client.create("qiniu", "brief", "old")
    desk.client.shift("qiniu", "old", "10m")
    young, old = desk.says("tasks").splitlines()[1:]
    assert young.endswith("Z")
    assert old.split()[3:] == ["failed", "failed,", "not", "seen", "yet", "0"]


def test_a_task_shows_what_its_client_saw_last_beside_what_the_next_poll_will_see(desk: Desk) -> None:
    desk.client.clock.freeze()
    desk.client.create("qiniu", "happy-path", "job")
    desk.poll("job")
    desk.client.arm(error=599, id="job", times=1)
    desk.client.goto("qiniu", "job", "succeeded")
    desk.client.clock.advance("4s")
    assert "succeeded, not seen yet  waiting, 4 s ago  0" in desk.says("tasks")
    desk.poll("job")
    assert "succeeded, not seen yet  599, 0 s ago  1" in desk.says("tasks")
    desk.poll("job")
    assert "succeeded (ended)  succeeded, 0 s ago  2" in desk.says("tasks")


def test_requests_are_listed_and_forgotten(desk: Desk) -> None:
    assert desk.says("requests") == "no requests\n"
    desk.poll("happy-path.1")
    desk.poll("slow.1")
    (line,) = desk.says("requests --id happy-path.1 --status 200").splitlines()
    assert line.startswith("#1 ")
    assert "GET /status/get/prefop?id=happy-path.1 -> 200 (waiting) {" in line
    assert desk.says("requests forget --id happy-path.1") == "1 request forgotten\n"
    assert desk.says("requests --limit 5").startswith("#2 ")


def test_unmatched_requests_are_told_with_what_they_may_have_meant_and_by_the_exit_code(desk: Desk) -> None:
    assert desk.says("requests unmatched") == "none\n"
    desk.poll("hapy-path.1")
    result = desk.run("requests unmatched")
    assert result.exit_code == 1
    assert "did you mean 'happy-path'?" in result.stdout


def test_what_was_refused_before_it_was_a_request_is_listed_too(desk: Desk) -> None:
    for k in range(103):
        send(desk.server.port, b"GET /%d RTSP/1.0\r\n\r\n" % k)
    result = desk.run("requests unmatched")
    first, *_, last, count = result.stdout.splitlines()
    assert result.exit_code == 1
    assert re.fullmatch(
        r"refused 4: \S+ GET /3 RTSP/1\.0 -> 400 RTSP/1\.0 is not spoken here: ask with HTTP/1\.1", first
    )
    assert last.startswith("refused 103: ")
    assert count == "103 were refused in all"


def test_what_holds_is_verified(desk: Desk) -> None:
    desk.poll("happy-path.1")
    desk.poll("happy-path.1")
    asked = "--count 2 --order waiting,processing --statuses 200,200 --max-gap 1h --backs-off --polls-after-end 0"
    assert desk.says(f"requests verify --id happy-path.1 {asked}") == "met by 2 requests\n"


def test_the_command_judges_by_either_clock_and_with_a_slack_of_ones_own(desk: Desk) -> None:
    desk.client.clock.freeze()
    for pause in ("1s", "1150ms", "1s"):
        desk.poll("never-ends.1")
        desk.client.clock.advance(pause)
    asked = "requests verify --id never-ends.1 --backs-off --clock virtual"
    assert desk.says(f"{asked} --min-gap 1s --slack 0.05") == "met by 3 requests\n"
    result = desk.run(asked)
    assert result.exit_code == 1
    assert "the gaps do not grow (gaps: 1000 1150 ms; slack 0.1)" in result.stderr
    assert desk.run("requests verify --id never-ends.1 --min-gap 1s --clock real").exit_code == 1


@pytest.mark.parametrize(
    "asked", ["--order waiting", "--statuses 200", "--min-gap 1s", "--backs-off", "--honours-retry-after"]
)
def test_the_command_finds_nothing_to_judge_where_nothing_came(desk: Desk, asked: str) -> None:
    desk.poll("hapy-path.1")
    result = desk.run(f"requests verify --id happy-path.1 {asked}")
    assert (result.exit_code, result.stdout) == (1, "")
    said = 'no request named the id "happy-path.1", and the nearest is "hapy-path.1"'
    assert f"nothing to judge: no exchange matches; {said}" in result.stderr


def test_what_does_not_hold_ends_with_one_and_shows_the_exchanges(desk: Desk) -> None:
    desk.poll("happy-path.1")
    result = desk.run("requests verify --id happy-path.1 --count 2")
    assert (result.exit_code, result.stdout) == (1, "")
    first, second = result.stderr.splitlines()
    assert "expected exactly 2 exchanges, found 1: #1" in first
    assert second.startswith("  #1 ")


def test_a_saved_run_is_read_without_a_server(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "run.json"
    desk.client.upload("mine", "steps: [{state: waiting, polls: 1}, {state: failed}]")
    for id in ("mine.1", "mine.1", "hapy-path.1"):
        desk.poll(id)
    live = desk.says("requests")
    desk.says(f"bundle save {file}")
    desk.client.reset()
    gone = {"MOCK_SERVER_URL": "http://127.0.0.1:1"}

    def offline(line: str) -> Result:
        return desk.run(f"requests --bundle {file} {line}", **gone)

    assert offline("").stdout == live
    assert "did you mean 'happy-path'?" in offline("unmatched").stdout
    assert offline("verify --id mine.1 --count 2 --order waiting,failed").stdout == "met by 2 requests\n"
    unmet = offline("verify --id mine.1 --min-gap 1h")
    assert (unmet.exit_code, unmet.stdout) == (1, "")
    assert "expected 60 min or more" in unmet.stderr
    refused = offline("forget --all")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "a bundle is only read" in refused.stderr


def test_a_bundle_of_a_server_with_other_settings_and_a_default_scenario_is_read_too(tmp_path: Path) -> None:
    settings = Settings(seed=7, profile="live", default_scenario="slow", option=(("huawei", "casing", "lower"),))
    with serving(settings) as server:
        desk = Desk(server, Client(server.url))
        desk.poll("anything")
        desk.says(f"bundle save {tmp_path / 'run.json'}")
        live = desk.says("requests")
    assert desk.run(f"requests --bundle {tmp_path / 'run.json'}").stdout == live


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("bundle save no-such-folder/run.json", "no-such-folder/run.json: cannot be written: "),
        ("bundle load no-such-file.json", "no-such-file.json: cannot be read: "),
        ("scenarios upload no-such-file.yaml", "no-such-file.yaml"),
        ("scenarios remove happy-path", "happy-path"),
        ("tasks create qiniu slow --items {", "it is not JSON"),
        ("tasks create qiniu slow --items 3", "a list of items"),
        ("requests verify --statuses 200,x", "such as 200,599,200"),
    ],
)
def test_what_a_command_cannot_use_is_told(desk: Desk, line: str, said: str) -> None:
    result = desk.run(line)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr
    assert "Traceback" not in result.stderr


def test_a_wait_ends_with_what_has_come_or_with_one(desk: Desk) -> None:
    desk.poll("happy-path.1")
    assert desk.says("requests wait --id happy-path.1").startswith("#1 ")
    result = desk.run("requests wait --id happy-path.1 --count 2 --timeout 0.01")
    assert (result.exit_code, result.stderr) == (1, "waited 0.01 s for 2 requests, and there are 1\n")


def test_faults_are_armed_listed_and_disarmed(desk: Desk) -> None:
    assert desk.says("faults") == "no faults\n"
    assert desk.says("faults arm --error 599 --vendor qiniu --id slow.* --times 2") == "1\n"
    assert desk.says("faults arm --delay 1s..3s --header X-Reqid: --header A:b --for 10m") == "2\n"
    _, first, second = desk.says("faults").splitlines()
    assert first.split() == ["1", "qiniu", "slow.*", "2", "polls", "0", "times", "error", "599"]
    assert second.endswith('delay 1s..3s, headers {"X-Reqid": null, "A": "b"}')
    desk.says("tasks create qiniu slow --id slow.1")
    dry = desk.says("faults arm --error 500 --id slow.* --dry-run")
    assert dry == "it would apply to 1 task, 1 of them at work\n"
    assert len(desk.says("faults").splitlines()) == 3
    desk.poll("slow.1")
    assert desk.says("faults").splitlines()[1].split()[3:7] == ["1", "poll", "once", "error"]
    assert desk.says("faults disarm 1") == "1 fault disarmed\n"
    assert desk.says("faults disarm --all") == "1 fault disarmed\n"


def test_rules_are_made_listed_and_dropped(desk: Desk) -> None:
    assert desk.says("rules") == "no rules\n"
    assert desk.says("rules add fails-late --where bucket=shop-* --where key=a --vendor qiniu --times 2") == "1\n"
    assert desk.says("rules add slow --for 10m") == "2\n"
    _, first, second = desk.says("rules").splitlines()
    assert first.split() == ["1", "fails-late", "qiniu", "bucket=shop-*", "key=a", "2", "submits", "0", "times"]
    assert second.split()[:4] == ["2", "slow", "all", "until"]
    assert desk.says("rules drop 1") == "1 rule dropped\n"
    missing = desk.run("rules drop 99")
    assert (missing.exit_code, "no rule 99; `mock-server rules` lists those" in missing.output) == (2, True)
    assert desk.says("rules drop --all") == "1 rule dropped\n"


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("rules add fails-lat", 'there is no scenario "fails-lat"'),
        ("rules add slow --where key", "is not KEY=PATTERN"),
        ("rules add slow --where key=a --where key=b", "is given twice"),
        ("rules add slow --where kye=a", "kye"),
        ("rules add slow --where url=a --vendor qiniu", 'have no "url"'),
        ("rules drop", "--all"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_with_why(desk: Desk, line: str, why: str) -> None:
    result = desk.run(line)
    assert result.exit_code != 0
    assert why in result.stderr


def test_a_fault_of_submits_is_armed_and_listed_as_one(desk: Desk) -> None:
    assert desk.says("faults arm --fault reset --submit --vendor qiniu --times 1") == "1\n"
    (_, row) = desk.says("faults").splitlines()
    assert row.split() == ["1", "qiniu", "submits", "1", "submit", "0", "times", "fault", "reset"]
    desk.poll("happy-path.1")
    assert len(desk.client.faults()) == 1
    result = desk.run("faults arm --error 500 --submit --id x")
    assert result.exit_code != 0
    assert "id" in result.stderr


def test_a_fault_is_armed_for_a_time_of_day_with_all_that_it_gives(desk: Desk) -> None:
    desk.says("faults arm --error 500 --at 02:00+08:00 --for 10m")
    desk.says("faults arm --body [] --type text/plain --status 203 --length -2")
    desk.says("faults arm --redirect happy-path --status 307")
    _, daily, given, redirect = desk.says("faults").splitlines()
    assert "daily at 18:00Z for 10m" in daily
    assert "error 500" in daily
    assert given.endswith("status 203, body [], type text/plain, length -2")
    assert redirect.endswith("status 307, redirect happy-path")


def test_how_long_a_fault_takes_is_its_duration(desk: Desk) -> None:
    desk.says("faults arm --fault dribble --duration 2s")
    assert desk.says("faults").endswith("fault dribble, over 2s\n")


def test_the_clock_is_shown_and_moved(desk: Desk) -> None:
    assert ", as fast as the machine's\n" in desk.says("clock")
    assert desk.says("clock freeze").endswith(", frozen\n")
    assert desk.says("clock set 2050-01-01T00:00:00Z").startswith("2050-01-01 00:00:00Z, ")
    assert desk.says("clock advance 10m").startswith("2050-01-01 00:10:00Z, ")
    assert desk.says("clock speed 60").endswith(", frozen\n")
    assert desk.says("clock resume").endswith(", 60 times as fast as the machine's\n")


@pytest.mark.parametrize(
    ("ms", "words"),
    [
        (0, "0ms ahead"),
        (250, "250ms ahead"),
        (600_000, "10m ahead"),
        (97_591_549_994, "1129d 12h 45m 49s ahead"),
        (-3_500, "3s behind"),
    ],
)
def test_the_distance_of_the_clock_is_a_length_of_time(ms: int, words: str) -> None:
    now = Moment.of(1_767_225_600_000)
    assert clock_line(Clock(now, now, ms, 1.0, frozen=True)) == f"2026-01-01 00:00:00Z, {words}, frozen"


def test_a_number_that_no_armed_fault_has_is_an_error(desk: Desk) -> None:
    result = desk.run("faults disarm 99")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("no fault 99 is armed, and no other is; ")
    first, second = desk.client.arm(error=599), desk.client.arm(error=404, vendor="qiniu")
    result = desk.run("faults disarm 99")
    assert f"no fault 99 is armed, only {first.number}, {second.number}; " in result.stderr
    result = desk.run(f"faults disarm {second.number} --vendor huawei")
    assert f"fault {second.number} is armed, but not for exactly this vendor and id" in result.stderr
    assert desk.says(f"faults disarm {second.number} --vendor qiniu") == "1 fault disarmed\n"
    assert desk.says("faults disarm --vendor qiniu") == "0 faults disarmed\n"


def test_an_error_of_one_vendor_names_the_flag_that_aims_at_it(desk: Desk) -> None:
    result = desk.run("faults arm --error VOD.10062 --id dead")
    assert (result.exit_code, result.stdout) == (2, "")
    assert 'only huawei has the error "VOD.10062" (say --vendor huawei)' in result.stderr
    assert len(result.stderr.splitlines()) == 1
    desk.says("faults arm --error VOD.10062 --id dead --vendor huawei")


def test_commands_that_change_a_server_or_write_a_file_say_what_they_did(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "run.json"
    for name in ("mine", "slow"):
        desk.client.upload(name, "steps: [{state: failed}]")
    assert desk.says("scenarios remove mine") == "mine removed\n"
    assert desk.says("scenarios remove slow") == "slow removed; the one of its file is in force again\n"
    desk.poll("slow.1")
    desk.poll("slow.2")
    desk.poll("slow.2")
    assert desk.says(f"bundle save {file}") == f"saved in {file}: 2 tasks, 3 requests\n"
    assert desk.says(f"bundle load {file}") == f"loaded from {file}: 2 tasks, 3 requests\n"
    desk.client.clock.freeze()
    desk.client.create("qiniu", "told-late", "owes", notify_url="http://127.0.0.1:9/")
    desk.client.finish("qiniu", "owes")
    for number in (1, 2):
        desk.server.parts.store.transact(None, lambda *_, number=number: Change(attempt("again", 500, number=number)))
    content = "3 tasks, 3 requests, 2 attempts to notify, 1 notification owed"
    assert desk.says(f"bundle save {file}") == f"saved in {file}: {content}\n"
    assert json.loads(desk.says("bundle save -")).keys() == json.loads(file.read_bytes()).keys()


def test_a_task_without_the_end_that_is_asked_for_is_told_of_the_scenario_that_has_it(desk: Desk) -> None:
    desk.poll("happy-path.1")
    result = desk.run("tasks fail qiniu happy-path.1")
    assert result.exit_code == 2
    assert (
        "happy-path has no end in which the task fails (the scenario by-hand has such an end: create" in result.stderr
    )
    assert "--default-scenario by-hand" in result.stderr
    desk.poll("by-hand.1")
    result = desk.run("tasks fail qiniu by-hand.1 --item 0")
    assert "no end in which item 0 fails and not all do (goto moves it to any of its steps)" in result.stderr


def test_a_reset_takes_back_what_is_named_or_everything(desk: Desk) -> None:
    desk.client.create("qiniu", "slow")
    desk.client.arm(error=599)
    assert desk.says("reset faults journal") == "reset: faults, journal\n"
    assert (len(desk.client.tasks()), desk.client.faults()) == (1, ())
    assert desk.says("reset") == "reset: everything\n"
    assert desk.client.tasks() == ()


def test_what_was_done_is_listed(desk: Desk) -> None:
    desk.says("tasks create qiniu slow --id mine")
    desk.says("faults arm --error 599 --id mine --times 1")
    desk.poll("mine")
    *_, created, armed, used = desk.says("actions").splitlines()
    assert re.fullmatch(r"[0-9]+: [0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}Z create .*", created)
    assert created.endswith("create qiniu mine plays slow")
    assert armed.endswith("arm mine #1: error 599")
    assert used.endswith("used-up mine #1")


def test_coverage_shows_what_was_never_reached(desk: Desk) -> None:
    assert desk.says("coverage").startswith("steps seen 0 of 0")
    desk.poll("happy-path.1")
    _, row, steps, edges = desk.says("coverage").splitlines()
    assert row.split() == [
        "happy-path",
        "1",
        "1/3",
        "1/2",
        "processing,",
        "succeeded,",
        "processing",
        "->",
        "succeeded",
    ]
    assert (steps, edges) == ("steps seen 1 of 3 (33 %)", "edges crossed 1 of 2 (50 %)")
    assert len(desk.says("coverage --all").splitlines()) == len(desk.client.scenarios()) + 3


def test_coverage_ends_with_one_where_less_was_seen_than_should_be(desk: Desk) -> None:
    desk.poll("happy-path.1")
    desk.says("coverage --at-least 33")
    result = desk.run("coverage --at-least 34")
    assert (result.exit_code, result.stderr) == (1, "33 % of the steps were seen, expected at least 34 %\n")


def test_coverage_of_no_task_is_not_enough(desk: Desk) -> None:
    desk.says("coverage --at-least 0")
    result = desk.run("coverage --at-least 1")
    assert (result.exit_code, result.stderr) == (1, "nothing to judge: no task has played a scenario\n")


def test_one_task_is_shown_with_what_comes_next(desk: Desk) -> None:
    desk.client.clock.freeze()
    steps = "[{state: waiting, polls: 2}, {state: processing, for: 90s}, {state: succeeded}]"
    desk.client.upload("brief", f"steps: {steps}")
    desk.poll("brief.1")
    desk.client.arm(error=599, id="brief.1", times=1)
    desk.poll("brief.1")
    desk.client.clock.advance("10s")
    desk.client.arm(delay="1ms", id="brief.1", times=1)
    first, *rest = desk.says("tasks show qiniu brief.1 --ahead 3 --every 40s").splitlines()
    assert re.fullmatch(
        r"qiniu brief.1: processing \(step 2 of 3, processing\) of brief@[0-9a-f]+; moves on: in 1 min 20 s", first
    )
    assert rest[:3] == [
        "its client saw  waiting, 599",
        "the next polls  processing (delay), processing, succeeded; 40s between them",
        "time alone      succeeded in 1 min 20 s",
    ]
    assert [line.split()[-1] for line in rest[3:]] == ["waiting", "processing"]
    assert rest[3].startswith("its way ")
    assert " born " in rest[3]
    assert "by poll" in rest[4]
    assert desk.says("tasks show qiniu slow.unborn").splitlines() == [
        "qiniu slow.unborn: waiting for its first poll, which will play slow",
        "the next polls  waiting, waiting, waiting, processing, processing, processing; no time between them",
    ]
    assert "the nearest id that a scenario claims is 'slow'" in desk.run("tasks show qiniu slwo.1").stderr


def test_items_that_people_moved_are_on_the_way_of_their_task(desk: Desk) -> None:
    desk.client.create("wangsu", "one-by-one", "job")
    desk.client.next("wangsu", "job", item=2)
    desk.client.drop(id="job")
    desk.client.create("wangsu", "one-by-one", "job")
    desk.client.clock.freeze()
    desk.client.clock.advance("5s")
    desk.says("tasks next wangsu job --item 2")
    desk.client.clock.advance("10m")
    desk.client.reset(["clock"])
    desk.says("tasks goto wangsu job succeeded --item 0")
    lines = desk.says("tasks show wangsu job").splitlines()
    way = lines[[line.startswith("its way") for line in lines].index(True) :]
    assert [line[37:] for line in way] == [
        "born     items",
        "by hand  item 2 to succeeded",
        "by hand  item 0 to succeeded",
    ]
    times = [line[16:35] for line in way]
    assert times == sorted(times)


def test_a_task_that_was_never_polled_is_told_from_one_whose_polls_are_not_kept(desk: Desk) -> None:
    desk.client.create("qiniu", "slow", "job")
    assert desk.says("tasks show qiniu job").splitlines()[1] == "its client saw  nothing yet: it was never polled"
    desk.poll("job")
    desk.client.forget(id="job")
    assert desk.says("tasks show qiniu job").splitlines()[1] == "its client saw  nothing that is kept"


def test_a_submitted_task_is_known_by_what_was_submitted(desk: Desk) -> None:
    form = f"bucket=shop&key={'a' * 50}&fops=avthumb/mp4&notifyURL=http://127.0.0.1:9/done"
    urllib.request.urlopen(f"{desk.server.url}/pfop", form.encode(), timeout=30).close()
    (task,) = desk.client.tasks()
    assert (task.facts, task.subject) == ({"bucket": "shop", "key": "a" * 50}, "a" * 50)
    desk.client.create("qiniu", "never-ends", "mine")
    desk.client.create("huawei", "never-ends", "yours", [{"url": "http://a.example/b"}])
    heads, *rows = desk.says("tasks").splitlines()
    assert heads.split()[-1] == "SUBMITTED"
    assert [row[heads.index("SUBMITTED") :] for row in rows] == [f"{'a' * 39}…", "", "http://a.example/b"]
    lines = desk.says(f"tasks show qiniu {task.id}").splitlines()
    assert lines[2:4] == [
        f"submitted       bucket=shop, key={'a' * 50}",
        "notifies        http://127.0.0.1:9/done",
    ]
    assert "submitted       http://a.example/b" in desk.says("tasks show huawei yours").splitlines()


def test_who_counts_requests_is_told_that_the_submit_is_one_of_them(desk: Desk) -> None:
    urllib.request.urlopen(f"{desk.server.url}/pfop", b"bucket=b&key=never-ends&fops=avthumb/mp4", timeout=30).close()
    (task,) = desk.client.tasks()
    for _ in range(3):
        desk.poll(task.id)
    assert desk.says("requests verify --count 4") == "met by 4 requests, one of which is the submit\n"
    assert desk.says("requests verify --poll --count 3") == "met by 3 requests\n"
    unmet = desk.run("requests verify --count 3")
    assert unmet.exit_code == 1
    assert unmet.stderr.startswith(
        "expected exactly 3 exchanges, found 4, one of which is the submit: #1, #2, #3, #4 ("
    )
    late = desk.run("requests wait --count 5 --timeout 0.01")
    assert late.stderr == "waited 0.01 s for 5 requests, and there are 4, one of which is the submit\n"


def test_attempts_to_notify_are_listed_and_what_is_owed_follows(desk: Desk) -> None:
    assert desk.says("notifications") == "no notifications\n"
    store = desk.server.parts.store
    for entry in (attempt("again", 500, next=1_893_456_000_000), attempt("delivered", number=2)):
        store.transact(None, lambda *_, entry=entry: Change(entry))
    first, second = desk.says("notifications").splitlines()
    assert first == (
        f"#1 00:00:00.002 qiniu made-up.1, notification 0, attempt 1: again, 500 {URL}; the next one at 00:00:00.000"
    )
    assert second == f"#2 00:00:00.002 qiniu made-up.1, notification 0, attempt 2: delivered, 200 {URL}"
    assert desk.says("notifications --outcome delivered").splitlines() == [second]
    assert desk.says("notifications --limit 1").splitlines() == ["… 1 older one (--limit)", second]
    assert desk.says("notifications --vendor wangsu --id made-up.*") == "no notifications\n"
    assert json.loads(desk.says("notifications --json --limit 1"))["reply"]["body"] == "taken"


def test_attempts_are_listed_from_a_bundle(desk: Desk, tmp_path: Path) -> None:
    desk.server.parts.store.transact(None, lambda *_: Change(attempt("delivered")))
    desk.says(f"bundle save {tmp_path / 'run.json'}")
    from_file = f"notifications --bundle {tmp_path / 'run.json'}"
    assert desk.run(from_file).stdout == desk.says("notifications")
    assert "a bundle is only read" in desk.run(f"{from_file} send qiniu mine").stderr


def test_a_notification_is_sent_on_request(desk: Desk) -> None:
    desk.client.create("qiniu", "never-ends", "mine", notify_url="http://127.0.0.1:1/done")
    sent = desk.says("notifications send qiniu mine")
    assert re.fullmatch(r"owed qiniu mine, notification 0, attempt 1: due \S+ \S+Z http://127.0.0.1:1/done\n", sent)
    assert any(line.startswith("owed qiniu mine") for line in desk.says("notifications").splitlines())
    heads, row = desk.says("tasks --id mine").splitlines()
    assert heads.split()[-1] == "NOTIFIED"
    assert row.endswith("owes 1")
    assert "owes 1" in desk.says("watch --once")
    lines = desk.says("tasks show qiniu mine").splitlines()
    place = lines.index("notifies        http://127.0.0.1:1/done")
    assert lines[place + 1].split("of notification")[0].split()[-2] == "attempt"
    refused = desk.run("notifications send qiniu yours")
    assert (refused.exit_code, "no qiniu task 'yours'" in refused.stderr) == (2, True)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("notifications --vendor acme", "--vendor"),
        ("notifications --outcome perhaps", "--outcome"),
        ("notifications --limit 0", "--limit"),
        ("notifications send acme x", "VENDOR"),
    ],
)
def test_what_cannot_be_asked_of_notifications_is_told_by_its_flag(desk: Desk, line: str, said: str) -> None:
    result = desk.run(line)
    assert result.exit_code == 2
    assert said in result.stderr


@pytest.mark.parametrize(("ahead", "told"), [(0, []), (1, ["the next polls  waiting"])])
def test_few_polls_ahead_are_told_in_few_words(desk: Desk, ahead: int, told: list[str]) -> None:
    lines = desk.says(f"tasks show qiniu slow.unborn --ahead {ahead}").splitlines()
    assert lines[1:] == told


def test_a_scenario_is_made_of_what_a_task_showed(desk: Desk) -> None:
    desk.client.arm(error=599, id="happy-path.1", times=1)
    for _ in range(3):
        desk.poll("happy-path.1")
    text = desk.says("tasks record qiniu happy-path.1")
    assert text.endswith("faults:\n  - {when: {polls: [1]}, error: 599}\n")
    desk.client.upload("again", text)
    assert desk.run("tasks record qiniu nobody").exit_code != 0


def test_watch_shows_each_task_with_its_last_response(desk: Desk) -> None:
    desk.client.create("qiniu", "slow", "a[b]c")
    desk.client.arm(error=599, id="happy-path.1")
    desk.poll("happy-path.1")
    shown = desk.says("watch --once")
    assert "a[b]c" in shown
    assert any("happy-path.1" in line and "599, 0 s ago" in line for line in shown.splitlines())
    assert "happy-path.1" not in desk.says("watch --once --scenario slow")


def test_watch_at_80_columns_shows_ids_whole_and_what_is_due_in_how_long(desk: Desk) -> None:
    desk.client.clock.freeze()
    desk.client.upload("brief", "steps: [{state: processing, for: 27s}, {state: failed}]")
    long = "brief.0123456789abcdef0123456789abcd"
    desk.client.arm(error=599, id=long, times=1)
    desk.poll(long)
    desk.client.create("huawei", "slow", "z1.62c4f0e0a5b8c1d2e3f40517")
    desk.client.clock.advance("4s")
    lines = desk.run("watch --once", COLUMNS="80").stdout.splitlines()
    assert all(len(line.rstrip()) <= 80 for line in lines)
    row = next(line for line in lines if long in line)
    assert all(word in row for word in ("processing", "599, 4 s ago", "in 23 s"))
    assert any("z1.62c4f0e0a5b8c1d2e3f40517" in line and "3 polls" in line for line in lines)


@pytest.mark.parametrize(
    "line", ["tasks", "watch --once", "faults", "scenarios --url URL", "coverage", "requests", "actions"]
)
def test_nothing_that_clients_send_moves_the_terminal(desk: Desk, line: str) -> None:
    odd = "happy-path.\x1b]0;PWN\x07\x1b[2J\r\u202e"
    desk.client.create("qiniu", "happy-path", odd)
    desk.client.arm(error=599, id=odd)
    desk.poll(quote(odd))
    env = {"MOCK_SERVER_URL": desk.server.url, **NOWHERE_ELSE, "COLUMNS": "200"}
    words = line.replace("URL", desk.server.url).split()
    shown = CliRunner().invoke(cli, words, env=env, color=True).output
    assert "\x1b" not in re.sub(r"\x1b\[[0-9;]*m", "", shown)
    assert not {"\x07", "\r", "\u202e"}.intersection(shown)
    assert line not in ("tasks", "watch --once", "requests") or "PWN" in shown


def test_watch_shows_what_happened_last_at_the_bottom(desk: Desk) -> None:
    for id in ("slow.1", "slow.2", "slow.3", "slow.1"):
        desk.poll(id)
    shown = desk.says("watch --once")
    assert shown.index("slow.2") < shown.index("slow.3") < shown.index("slow.1")


def test_watch_goes_on_while_the_server_is_away() -> None:
    now = Moment.of(0)
    empty = Tasks(now=now, tasks=(), more=False, next=None, looked=0, kept=0)
    looks: Iterator[Tasks | None] = iter([empty, None, empty])

    def look() -> Tasks:
        found = next(looks)
        if found is None:
            raise Unreachable("no answer")
        return found

    captions = [frame.caption for frame in islice(frames(look, 1, lambda _: None), 3)]
    assert captions == ["0 tasks", "no answer", "0 tasks"]


def test_watch_ends_with_ctrl_c_and_says_nothing_of_it(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.poll("happy-path.1")

    def interrupted(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("mock_server.cli.watch.time.sleep", interrupted)
    result = desk.run("watch")
    assert (result.exit_code, result.stderr) == (130, "")
    assert "happy-path.1" in result.stdout


def test_the_flag_wins_over_the_variable_wherever_it_stands(desk: Desk) -> None:
    for line in (
        f"tasks --url {desk.server.url} create qiniu slow",
        f"tasks create --url {desk.server.url} qiniu slow",
    ):
        assert desk.run(line, MOCK_SERVER_URL="http://127.0.0.1:1").exit_code == 0


def test_an_admin_api_with_a_port_of_its_own_is_found_by_its_variable_unless_a_flag_names_another(desk: Desk) -> None:
    nowhere = "http://127.0.0.1:1"
    assert desk.run("tasks", MOCK_SERVER_ADMIN_URL=desk.server.url, MOCK_SERVER_URL=nowhere).exit_code == 0
    assert desk.run(f"tasks --url {desk.server.url}", MOCK_SERVER_ADMIN_URL=nowhere).exit_code == 0


def test_a_token_is_taken_from_the_flag_or_the_variable() -> None:
    with serving(Settings(admin_token="s3cret")) as server:
        desk = Desk(server, Client(server.url, "s3cret"))
        assert desk.run("tasks --admin-token s3cret").exit_code == 0
        assert desk.run("tasks", MOCK_SERVER_ADMIN_TOKEN="s3cret").exit_code == 0
        assert desk.run("tasks").exit_code == 2


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("tasks --vendor quiniu", 'did you mean "qiniu"?'),
        ("tasks create qiniu hapy-path", 'did you mean "happy-path"?'),
        ("tasks next qiniu nobodys", "a task is born at its first poll, or created"),
        ("tasks shift qiniu a 10x", "expected a length of time such as"),
        ("tasks --url localhost", "for example http://127.0.0.1:8080"),
        ("tasks --url http://127.0.0.1:1", "is it running, and there?"),
        ("tasks --ca no-such-file.pem", "it takes the PEM file of a certificate authority"),
        ("faults arm --fault malform", 'did you mean "malformed"?'),
        ("faults arm", "error"),
        ("clock set tomorrow", "expected a date and time with its zone"),
        ("reset taks", 'did you mean "tasks"?'),
        ("requests verify", "nothing is asked"),
        ("requests verify --slack 0.2", "nothing is asked"),
        ("watch --once --vendor quiniu", 'did you mean "qiniu"?'),
    ],
)
def test_what_cannot_be_done_is_one_line_and_ends_with_two(desk: Desk, line: str, said: str) -> None:
    result = desk.run(line)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.count("\n") == 1
    assert said in result.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("tasks --vendor x", '--vendor: "x" is not a vendor'),
        ("tasks --state x", '--state: "x" is not a state'),
        ("tasks create x slow", 'VENDOR: "x" is not a vendor'),
        ("tasks create qiniu hapy-path", "the task cannot be created: SCENARIO: no scenario is named"),
        ("tasks create qiniu slow --id ", "--id: expected a task's id"),
        ("tasks next qiniu taken --to A/b", "--to: expected a name of letters"),
        ("tasks next qiniu split", "lead succeeded, failed (say which, as --to)"),
        ("tasks goto qiniu taken A/b", "STEP: expected a name of letters"),
        ("tasks next qiniu split --item 0", "item 0 of realistic has no steps of its own (move the task as a whole)"),
        ("tasks fail qiniu split --item 1000", "--item: expected the number of an item, from 0 to 999"),
        ("tasks fail qiniu split --reason ", "--reason: expected a reason in words"),
        ("tasks shift qiniu taken 10x", "BY: expected a length of time"),
        ("tasks shift qiniu taken -5s", "(what begins with - and is no option follows after --)"),
        ("tasks shift qiniu taken -- -5s", "BY: expected a length of time"),
        ("tasks shift qiniu taken 99999999d", "BY: longer than a hundred years"),
        ("tasks drop --id ", "--id: expected a task's id"),
        (
            "faults arm",
            "at least one of --error, --fault, --delay, --header, --status, --body, --length and --redirect",
        ),
        ("faults arm --error x", '--error: "x" is not an error'),
        ("faults arm --error 9999", "--error: expected a status"),
        ("faults arm --fault malform", "--fault: "),
        ("faults arm --fault reset --duration 2s", "since --duration is given (known: dribble, hang)"),
        ("faults arm --duration 2s", "--duration"),
        ("faults arm --delay 3s..1s", "--delay: 3s..1s ends before it begins"),
        ("faults arm --error 599 --times 0", "--times: expected a whole number of polls"),
        ("faults arm --error 599 --for x", "--for: expected a length of time"),
        ("faults arm --header X:ключ", "--header X: expected one line of printable ASCII"),
        ("faults arm --header X", "'X' is not NAME:VALUE, nor NAME: to leave a header out"),
        ("faults arm --header X:1 --header x:2", "'x' is given twice"),
        ("faults arm --header Content-Length:5", "--header Content-Length: expected a header that does not frame"),
        ("faults disarm 0", "NUMBER: expected a fault's number"),
        ("clock advance 1", "BY: expected a length of time"),
        ("clock set tomorrow", "TO: expected a date and time"),
        ("clock speed 0", "TIMES: expected a number above 0"),
        ("clock speed x", "'x' is not a valid number"),
        ("requests --limit 0", "--limit: expected a whole number from 1 to 10000"),
        ("requests --status 1", "--status: expected 100 or more"),
        ("requests verify", "nothing is asked: say --count"),
        ("requests verify --order a,,b", "'a,,b' is not STEP,STEP..."),
        ("requests verify --min-gap x", "--min-gap: expected a length of time"),
        ("requests verify --polls-after-end -1", "--polls-after-end: expected 0 or more"),
        ("requests wait --count -1", "--count: expected a whole number from 0"),
        ("reset taks", 'ONLY: "taks" is not a scope (did you mean "tasks"?)'),
        ("coverage --at-least x", "'x' is not a valid whole number"),
    ],
)
def test_a_problem_is_told_at_the_flag_or_the_argument_that_it_is_about(desk: Desk, words: str, said: str) -> None:
    desk.client.create("qiniu", "slow", "taken")
    desk.client.create("qiniu", "realistic", "split")
    desk.client.goto("qiniu", "split", "processing")
    env = {"MOCK_SERVER_URL": desk.server.url, **NOWHERE_ELSE}
    result = CliRunner().invoke(cli, words.split(" "), env=env)
    assert result.exit_code == 2
    assert said in result.stderr
    assert "$" not in result.stderr
    assert "?vendor" not in result.stderr


def test_several_problems_are_a_line_each(desk: Desk) -> None:
    result = desk.run("faults arm --error x --vendor y --times 0")
    assert [line.partition(":")[0] for line in result.stderr.splitlines()] == ["--error", "--times", "--vendor"]


def test_what_is_not_as_expected_is_told_in_flags_too(desk: Desk) -> None:
    result = desk.run("requests verify --count 2 --at-least 3")
    assert result.exit_code == 1
    assert [line.partition(":")[0] for line in result.stderr.splitlines()[1:]] == ["--count", "--at-least"]


@pytest.mark.parametrize("name", ["URL", "ADMIN_URL"])
def test_a_bad_address_is_told_where_it_is_from(desk: Desk, name: str) -> None:
    result = desk.run("tasks", **{f"MOCK_SERVER_{name}": "nowhere"})
    assert result.stderr.startswith(f"MOCK_SERVER_{name}: 'nowhere' is none of a server")
    assert desk.run("tasks --url nowhere").stderr.startswith("--url: ")


def test_the_wrong_scheme_is_told(desk: Desk) -> None:
    result = desk.run(f"tasks --url {desk.server.url.replace('http:', 'https:')}")
    assert "it speaks no TLS (try http:// in place of https://)" in result.stderr


@pytest.mark.parametrize("line", ["tasks drop", "faults disarm", "requests forget"])
def test_nobody_throws_everything_away_by_leaving_a_word_out(desk: Desk, line: str) -> None:
    desk.client.create("qiniu", "slow")
    result = desk.run(line)
    assert result.exit_code == 2
    assert "or --all" in result.stderr
    assert desk.run(f"{line} --all").exit_code == 0


@pytest.mark.parametrize("name", REMOTE)
def test_the_help_of_each_says_how_the_server_is_found(name: str) -> None:
    assert name in COMMANDS
    shown = CliRunner().invoke(cli, [name, "--help"]).stdout
    assert "MOCK_SERVER_URL" in shown
    assert "MOCK_SERVER_ADMIN_URL" in shown
    assert "MOCK_SERVER_CA" in shown
    assert "MOCK_SERVER_ADMIN_TOKEN" in shown


@pytest.mark.parametrize(
    ("line", "hints"),
    [
        ("tasks list", ("create", "shift", "tasks alone: List the tasks of a running server.")),
        ("requests list", ("verify", "requests alone: List the exchanges of a running server")),
        ("faults show", ("(arm, disarm; ", "faults alone: List the faults armed on a running server.")),
        ("clock now", ("freeze", "clock alone: Show the virtual clock of a running server.")),
        ("bundle export", ('(did you mean "save"? save, load)',)),
        ("clock unfreeze", ("clock has no command 'unfreeze' (did you mean \"resume\"? freeze, resume",)),
        ("clock stop", ('did you mean "freeze"?',)),
        ("clock advnce", ('did you mean "advance"?',)),
        ("tasks delete", ('did you mean "drop"?',)),
        ("faults unarm", ('did you mean "disarm"?',)),
        ("requests clear", ('did you mean "forget"?',)),
        ("rules remove", ('did you mean "drop"?',)),
        ("scenarios delete", ('did you mean "remove"?',)),
        ("notifications resend", ('did you mean "send"?',)),
        ("notifications unsend", ("(send; ",)),
        ("freeze", ('did you mean "clock"?',)),
    ],
)
def test_a_word_that_is_no_command_of_its_group_is_told_what_the_group_has(
    desk: Desk, line: str, hints: tuple[str, ...]
) -> None:
    result = desk.run(line)
    assert result.exit_code == 2
    (told,) = [each for each in result.stderr.splitlines() if each.startswith("Error: ")]
    assert [hint for hint in hints if hint not in told] == [], told


def test_no_other_word_for_a_command_is_one_beside_it() -> None:
    named = map(command, COMMANDS)
    groups = [list(COMMANDS), *(list(each.commands) for each in named if isinstance(each, click.Group))]
    assert [name for commands in groups for name in commands if meant(name, commands) != name] == []
    assert set(OTHER_WORDS) <= {name for commands in groups for name in commands}


@pytest.mark.parametrize("timeout", ["0.01", "10ms"])
def test_a_time_out_is_in_seconds_or_a_length_of_time(desk: Desk, timeout: str) -> None:
    result = desk.run(f"requests wait --id nobody --timeout {timeout}")
    assert (result.exit_code, result.stderr) == (1, "waited 0.01 s for 1 request, and there are 0\n")


@pytest.mark.parametrize("timeout", ["1x", "0s", "200y"])
def test_a_time_out_that_is_no_length_is_refused(desk: Desk, timeout: str) -> None:
    result = desk.run(f"requests wait --id nobody --timeout {timeout}")
    assert result.exit_code == 2
    assert "expected a length of time such as 250ms, 3s" in result.stderr


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("faults arm --error 599 --at 02:00Z", "--at needs --for beside it"),
        ("faults arm --error 599 --duration 1m", "--duration needs --fault beside it"),
    ],
)
def test_a_problem_that_begins_with_its_flag_has_no_place_before_it(desk: Desk, line: str, told: str) -> None:
    assert desk.run(line).stderr == f"{told}\n"
