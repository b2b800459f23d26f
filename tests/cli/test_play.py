"""`play` prints what polls see over time; it, `show` and `scenarios` take a name, a file, or a running server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mock_server.cli import cli
from mock_server.client import Client
from mock_server.settings import Settings
from tests.support.live import LiveServer, serving

MINE = "about: Mine.\nsteps: [{state: waiting, polls: 2}, {state: processing, for: 3s}, {state: succeeded}]\n"


def printed(*words: str | Path, **environ: str) -> str:
    """What a command prints that must succeed."""
    env = {"MOCK_SERVER_URL": "", "MOCK_SERVER_ADMIN_URL": "", **environ}
    result = CliRunner().invoke(cli, [str(word) for word in words], env=env)
    assert result.exit_code == 0, result.output
    return result.stdout


def played_lines(folder: Path, text: str, *more: str) -> list[str]:
    """What `play` prints of a scenario of this text."""
    (folder / "mine.yaml").write_text(text, "utf-8")
    return printed("play", folder / "mine.yaml", *more).splitlines()


def test_a_line_is_printed_for_each_moment_at_which_something_changes(tmp_path: Path) -> None:
    assert played_lines(tmp_path, MINE, "--vendor", "wangsu") == [
        '0s  0 ["0"]',
        '2s  1 ["1"]',
        '4s  3 ["3"]',
        "# the end, after 4 polls",
    ]


def test_every_vendor_is_played_side_by_side_if_none_is_named() -> None:
    assert printed("play", "happy-path").splitlines() == [
        "at  qiniu  huawei          wangsu",
        '0s  1 [1]  ["processing"]  0 ["0"]',
        '1s  2 [2]  ["processing"]  1 ["1"]',
        '2s  0 [0]  ["succeed"]     3 ["3"]',
        "# the end, after 3 polls",
    ]
    assert "huawei" not in printed("play", "notify-failed")


def test_items_that_move_by_time_have_a_line_at_each_of_their_moments() -> None:
    lines = printed("play", "one-by-one", "--vendor", "qiniu").splitlines()
    assert lines[:2] == ["0s   2 [2 x 4]", "10s  2 [0, 2 x 3]"]
    assert lines[-2:] == ["40s  0 [0 x 4]", "# the end, after 5 polls"]


def test_the_reason_of_an_item_that_failed_stands_behind(tmp_path: Path) -> None:
    items = "[succeeded, {state: failed, reason: File Already Exist}]"
    text = f"items: 2\nsteps: [{{state: failed, items: {items}}}]\n"
    assert played_lines(tmp_path, text, "--vendor", "wangsu")[0] == '0s  3 ["3", "2"]  item 1: File Already Exist'
    both = played_lines(tmp_path, text)[1]
    assert both.endswith('3 ["3", "2"]  item 1: File Already Exist')
    drawn = played_lines(tmp_path, "steps: [{state: failed}]\n")[1]
    assert "  qiniu, item 0: " in drawn
    assert "; wangsu, item 0: " in drawn


def test_a_reason_stays_on_its_line_and_moves_nothing_in_a_terminal(tmp_path: Path) -> None:
    text = 'vendors: [qiniu]\nsteps: [{state: failed, reason: "a\\nb\\e[2Jc\\u202Ed"}]\n'
    assert played_lines(tmp_path, text)[0] == "0s  3 [3]  item 0: a bU+001B[2JcU+202Ed"


def test_items_that_failed_alike_are_told_once(tmp_path: Path) -> None:
    states = ", ".join(f"{{state: failed, reason: reason {k % 5}}}" for k in range(50))
    line = played_lines(tmp_path, f"items: 50\nsteps: [{{state: failed, items: [{states}]}}]\n", "--vendor", "qiniu")[0]
    assert "10 items from 0: reason 0; 10 items from 1: reason 1; 10 items from 2: reason 2; 2 more reasons" in line


def test_the_windows_of_faults_and_the_expiry_are_moments_too(tmp_path: Path) -> None:
    text = MINE.replace("for: 3s", "for: 60s") + "expires: 2h\nfaults: [{when: {time: 10s..40s}, error: 599}]\n"
    assert played_lines(tmp_path, text, "--vendor", "qiniu") == [
        "0s   1 [1]",
        "2s   2 [2]",
        "10s  599    10s..40s after birth: error 599",
        "40s  2 [2]",
        "61s  0 [0]",
        "2h   404    expired",
        "# the end, after 7 polls",
    ]


def test_faults_by_the_hour_are_met_at_the_time_of_day_that_it_starts_at(tmp_path: Path) -> None:
    text = "steps: [{state: succeeded}]\nfaults: [{when: {at: '02:00+08:00', for: 10m}, error: 503}]\n"
    lines = played_lines(tmp_path, text, "--vendor", "qiniu", "--from", "01:55+08:00")
    assert lines == [
        "+08:00    at   qiniu",
        "01:55:00  0s   0 [0]",
        "02:00:00  5m   503    daily at 18:00Z for 10m: error 503",
        "02:10:00  15m  0 [0]",
        "# the end, after 3 polls",
    ]
    assert played_lines(tmp_path, text, "--vendor", "qiniu", "--from", "17:55Z")[2].startswith("18:00:00  5m   503")
    assert played_lines(tmp_path, text, "--vendor", "qiniu")[1] == "18h     503    daily at 18:00Z for 10m: error 503"


def test_a_fault_that_no_poll_met_is_named_and_faster_polls_meet_it() -> None:
    words = ("play", "throttled", "--vendor", "qiniu")
    unmet = "# applied to no poll: beyond 10/s: error throttled, Retry-After: 1\n"
    assert unmet in printed(*words)
    fast = printed(*words, "--every", "1ms")
    assert unmet not in fast
    assert "573" in fast


def test_a_task_that_nothing_moves_any_more_is_not_at_its_end() -> None:
    assert printed("play", "never-ends").endswith(
        "# nothing changes any more, unless someone moves the task, after 2 polls\n"
    )
    assert printed("play", "slow", "--polls", "5").endswith(
        "# stopped here; --polls and --every go further, after 5 polls\n"
    )


def test_without_a_vendor_each_vendors_exchanges_are_printed_one_after_the_other() -> None:
    text = printed("play", "notify-failed", "--full")
    assert [line for line in text.splitlines() if line.startswith("## ")] == ["## qiniu", "## wangsu"]
    assert text.count("# the end, after 3 polls\n") == 2


# -- a name, a file, a running server


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A server with other settings than the command's, an upload, and a scenario whose items stand in a list."""
    folder = tmp_path_factory.mktemp("scenarios")
    (folder / "listed.yaml").write_text("vendors: [qiniu]\nitems: {fixture: mine}\nsteps: [{state: succeeded}]\n")
    (folder / "fixtures" / "qiniu").mkdir(parents=True)
    (folder / "fixtures" / "qiniu" / "mine.json").write_text(json.dumps([{"cmd": "a"}, {"cmd": "b"}, {"cmd": "c"}]))
    settings = Settings(scenarios=(folder,), seed=7, profile="live", option=(("huawei", "casing", "upper"),))
    with serving(settings) as server:
        Client(server.url).upload("mine", MINE)
        yield server


def test_a_file_is_named_by_its_path(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(MINE, "utf-8")
    assert printed("show", tmp_path / "mine.yaml") == printed("show", "mine", "--scenarios", tmp_path)
    assert printed("play", tmp_path / "mine.yaml") == printed("play", "mine", "--scenarios", tmp_path)


def test_a_bad_file_is_told_with_all_its_problems(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("steps: [{state: waitin, polls: 1}, {state: succeeded, pols: 1}]\n", "utf-8")
    for command in ("show", "play"):
        result = CliRunner().invoke(cli, [command, str(tmp_path / "mine.yaml")])
        assert result.exit_code == 2
        assert len(result.stderr.splitlines()) == 2


def test_what_a_running_server_has_in_force_is_shown_listed_and_played(running: LiveServer) -> None:
    assert "mine: \n" not in printed("scenarios")
    listed = {line.split()[0]: line.split()[2] for line in printed("scenarios", "--url", running.url).splitlines()}
    assert (listed["mine"], listed["happy-path"], listed["listed"]) == ("all", "all", "qiniu")
    assert '["PROCESSING"]' in printed("show", "mine", "--url", running.url)
    assert '["PROCESSING"]' in printed("play", "mine", "--url", running.url)
    assert "0 [0 x 3]" in printed("play", "listed", "--url", running.url)


def test_a_running_servers_seed_decides_the_draws(running: LiveServer) -> None:
    words = ("play", "realistic", "--vendor", "qiniu")
    assert printed(*words, "--url", running.url) == printed(*words, "--seed", "7", "--profile", "live")
    assert printed(*words, "--url", running.url) != printed(*words)


def test_a_variable_that_names_a_server_does_not_change_what_is_shown(running: LiveServer) -> None:
    for command in ("show", "play"):
        result = CliRunner().invoke(cli, [command, "mine"], env={"MOCK_SERVER_URL": running.url})
        assert (result.exit_code, "no scenario is named 'mine'" in result.stderr.replace('"', "'")) == (2, True)


@pytest.mark.parametrize("command", ["show", "play"])
def test_a_server_without_that_scenario_says_so(running: LiveServer, command: str) -> None:
    result = CliRunner().invoke(cli, [command, "mien", "--url", running.url])
    assert result.exit_code == 2
    assert 'did you mean "mine"?' in result.stderr


# -- check --url


def checked(running: LiveServer, *words: str | Path) -> Result:
    """What `check --url` comes to."""
    return CliRunner().invoke(cli, ["check", *map(str, words), "--url", running.url])


def test_a_running_server_checks_files_and_puts_nothing_in_force(running: LiveServer, tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text(MINE, "utf-8")
    (tmp_path / "two.yaml").write_text(MINE, "utf-8")
    result = checked(running, tmp_path)
    assert (result.exit_code, result.stdout) == (0, "2 scenarios, 6 steps, 4 edges, 18 bodies: no problems\n")
    assert not {"one", "two"} & {each.name for each in Client(running.url).scenarios()}


def test_it_checks_with_its_own_settings_and_beside_what_it_has_in_force(running: LiveServer, tmp_path: Path) -> None:
    live = "vendors: [qiniu]\nsteps: [{state: succeeded, with: {qiniu: {pipeline: a.b}}}]\n"
    (tmp_path / "live.yaml").write_text(live, "utf-8")
    assert CliRunner().invoke(cli, ["check", str(tmp_path / "live.yaml")]).exit_code == 1
    assert checked(running, tmp_path / "live.yaml").exit_code == 0
    (tmp_path / "clash.yaml").write_text(f"ids: [mine]\n{MINE}", "utf-8")
    clash = checked(running, tmp_path / "clash.yaml")
    assert (clash.exit_code, '"mine" is claimed by mine already' in clash.stderr) == (1, True)
    (tmp_path / "slow.yaml").write_text(MINE, "utf-8")
    assert "slow.yaml would take the place of " in checked(running, tmp_path / "slow.yaml").stderr


def test_its_problems_are_told_at_their_place_in_the_file(running: LiveServer, tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("steps:\n  - {state: waitin, polls: 1}\n  - {state: succeeded, pols: 1}\n", "utf-8")
    (tmp_path / "bytes.yaml").write_bytes(b"about: \xff\n")
    result = checked(running, tmp_path)
    here = CliRunner().invoke(cli, ["check", str(bad)])
    assert result.exit_code == 1
    assert set(here.stderr.splitlines()) < set(result.stderr.splitlines())
    assert "bytes.yaml: byte 7 is not UTF-8" in result.stderr
    assert result.stdout == "0 scenarios, 0 steps, 0 edges, 0 bodies: 3 problems in 2 files\n"


def test_files_that_cannot_be_read_are_told_beside_the_others(running: LiveServer, tmp_path: Path) -> None:
    (tmp_path / "gone.yaml").symlink_to("nowhere")
    (tmp_path / "one.yaml").write_text(MINE, "utf-8")
    result = checked(running, tmp_path)
    assert (result.exit_code, "gone.yaml: the link leads nowhere" in result.stderr) == (1, True)
    assert result.stdout == "1 scenario, 3 steps, 2 edges, 9 bodies: 1 problem in 1 file\n"


def test_a_folder_of_one_file_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text(MINE, "utf-8")
    result = CliRunner().invoke(cli, ["play", f"{tmp_path}/"])
    assert (result.exit_code, "is a folder (name one file of it)" in result.stderr) == (2, True)


def test_a_refusal_that_is_about_no_file_ends_the_check(tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text(MINE, "utf-8")
    with serving(Settings(admin_token="secret")) as server:
        result = checked(server, tmp_path, "--admin-token", "wrong")
        assert (result.exit_code, result.stdout, "token" in result.stderr) == (2, "", True)
        assert checked(server, tmp_path, "--admin-token", "secret").exit_code == 0
    (tmp_path / "one.yaml").write_text(f"{MINE}# {'x' * (1 << 20)}\n", "utf-8")
    with serving() as server:
        large = checked(server, tmp_path)
        assert (large.exit_code, "one.yaml" in large.stderr) == (1, True)


def test_a_server_needs_files_to_check_and_has_to_be_there(running: LiveServer, tmp_path: Path) -> None:
    assert checked(running).exit_code == 2
    assert checked(running, tmp_path / "none.yaml").stderr.startswith("PATH: no such file or folder")
    (tmp_path / "one.yaml").write_text(MINE, "utf-8")
    result = CliRunner().invoke(cli, ["check", str(tmp_path), "--url", "http://127.0.0.1:9"])
    assert result.exit_code == 2
    assert "http://127.0.0.1:9" in result.stderr


ADDRESS = "http://127.0.0.1:9000/callback"


def told(name: str, *words: str) -> list[str]:
    """What `play` prints with a notify address."""
    return printed("play", name, "--notify-url", ADDRESS, *words).splitlines()


def test_play_prints_when_a_task_would_notify_its_address() -> None:
    assert told("told-twice", "--vendor", "qiniu") == [
        "0s  1 [1]",
        "1s  2 [2]",
        f"# tells {ADDRESS} at 1s",
        "2s  0 [0]",
        f"# tells {ADDRESS} at 3s",
        "# the end, after 3 polls",
    ]


@pytest.mark.parametrize(
    ("name", "words", "line"),
    [
        ("happy-path", (), f"# tells {ADDRESS} at 1s (qiniu, wangsu)"),
        ("told-early", (), f"# tells {ADDRESS} at 0s (with the body of succeeded)"),
        ("forged-notification", (), f"# tells {ADDRESS} at 1s (signed with another secret)"),
        ("told-out-of-order", ("--option", "wangsu.separate=1"), f"# tells {ADDRESS} at 11s (item 0)"),
        ("told-out-of-order", (), "# nothing is sent to the address by then"),
        ("never-told", (), "# nothing is sent to the address by then"),
        ("happy-path", (), "# huawei: this vendor sends no notifications"),
        ("happy-path", ("--every", "1h"), f"# tells {ADDRESS} at 3s (qiniu, wangsu)"),
        ("happy-path", ("--every", "1h", "--pace", "250ms"), f"# tells {ADDRESS} at 250ms (qiniu, wangsu)"),
    ],
)
def test_play_says_what_is_unusual_about_a_notification(name: str, words: tuple[str, ...], line: str) -> None:
    assert line in told(name, *words)


def test_play_prints_notifications_between_whole_exchanges_too() -> None:
    lines = [line for line in told("told-twice", "--vendor", "qiniu", "--full") if line.startswith("#")]
    assert lines == [
        "# poll 1 at 0s: waiting",
        "# poll 2 at 1s: waiting -> processing",
        f"# tells {ADDRESS} at 1s",
        "# poll 3 at 2s: processing -> succeeded",
        f"# tells {ADDRESS} at 3s",
        "# the end, after 3 polls",
    ]


def test_play_refuses_an_address_that_is_none() -> None:
    result = CliRunner().invoke(cli, ["play", "happy-path", "--notify-url", "nowhere"])
    assert result.exit_code != 0
    assert "--notify-url: 'nowhere' is no URL (such as http://127.0.0.1:9000/callback)" in result.output
