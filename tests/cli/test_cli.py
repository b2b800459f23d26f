"""The commands that serve nobody: what they print, where they complain, and with which exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import click
import pytest
from click.testing import CliRunner, Result

from mock_server.cli import COMMANDS, cli
from mock_server.paths import data
from mock_server.settings import ABOUT, flag, variable
from tests.support import odd_scenarios
from tests.support.shipped import BY_THE_CLOCK, DRAWN, SHIPPED, VENDORS

SHOWN = [*SHIPPED, *BY_THE_CLOCK, *DRAWN, *odd_scenarios.ODD, *odd_scenarios.DRAWN]

GOOD = "steps:\n  - {state: waiting, polls: 1}\n  - {state: succeeded}\n"


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("MOCK_SERVER_")]:
        monkeypatch.delenv(name)


def run(*words: str | Path) -> Result:
    """The outcome of a command, which never ends in a traceback."""
    result = CliRunner().invoke(cli, [str(word) for word in words], prog_name="mock-server")
    assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)
    return result


def printed(*words: str | Path) -> str:
    """What a command prints that must succeed."""
    result = run(*words)
    assert result.exit_code == 0, result.output
    return result.stdout


def refused(*words: str | Path, code: int = 2) -> str:
    """What a command complains of, all on standard error."""
    result = run(*words)
    assert result.exit_code == code, result.output
    return result.stderr


def written(folder: Path, text: str, name: str = "mine") -> Path:
    """A scenario file."""
    path = folder / f"{name}.yaml"
    path.write_text(text, "utf-8")
    return path


def shown(folder: Path, text: str, *more: str) -> str:
    """How `show` tells a scenario of this text."""
    written(folder, text)
    return printed("show", "mine", "--scenarios", folder, *more)


# -- all commands


def test_the_help_lists_every_command_with_what_it_does() -> None:
    lines = printed("--help").splitlines()
    for command in COMMANDS:
        assert [line for line in lines if line.split()[:1] == [command] and len(line.split()) > 3], command


def groups() -> Iterator[tuple[str, ...]]:
    """The command lines that list commands: the program, and each group."""
    yield ()
    ctx = click.Context(cli)
    yield from ((name,) for name in COMMANDS if isinstance(cli.get_command(ctx, name), click.Group))


@pytest.mark.parametrize("words", [*groups()], ids=" ".join)
def test_no_description_in_a_list_of_commands_is_cut_short(words: tuple[str, ...]) -> None:
    lines = printed(*words, "--help").partition("Commands:\n")[2].splitlines()
    assert lines
    assert [line for line in lines if line.endswith("...") or "…" in line] == []
    assert all(line.split()[0] and len(line) <= 80 for line in lines)


@pytest.mark.parametrize("command", ["serve", "exec"])
@pytest.mark.parametrize("name", [name for name, about in ABOUT.items() if not about.hidden])
def test_every_setting_is_a_flag_and_names_its_variable(command: str, name: str) -> None:
    words = printed(command, "--help").replace("[", " ").replace("]", " ").replace(";", " ").split()
    assert {flag(name), variable(name)} <= set(words)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--port", "65536"], "--port: '65536' will not do: it takes a whole number from 0 to 65535"),
        (["--host", ""], "--host: '' will not do: it takes a word that is not empty"),
        (["--server", "window"], "--server: 'window' will not do: it takes one of wire, flask"),
        (["--seed", "x"], "--seed: 'x' will not do: it takes a whole number from "),
        (["--profile", "sdks"], "--profile: 'sdks' will not do: it takes one of document, sdk, live"),
        (["--speed", "0"], "--speed: '0' will not do: it takes a number above 0 and at most 1000000"),
        (["--option", "casing=upper"], "--option: 'casing=upper' will not do: it takes VENDOR.OPTION=WORD"),
        (["--option", "huawei.casing=loud"], "--option.huawei.casing: 'loud' is not a word of it"),
        (["--default-scenario", "happy"], "--default-scenario: no scenario is named 'happy'"),
        (["--scenarios", "nowhere"], "nowhere: no such file or folder"),
        (["--log-format", "xml"], "--log-format: 'xml' will not do: it takes one of text, json"),
        (["--log-level", "loud"], "--log-level: 'loud' will not do: it takes one of debug, info, warning, error"),
        (["--max-tasks", "0"], "--max-tasks: '0' will not do: it takes a whole number from 1 to "),
        (["--journal-entries", "-1"], "--journal-entries: '-1' will not do: it takes a whole number from 0 to "),
        (["--journal-bytes", "1k"], "--journal-bytes: '1k' will not do: it takes a whole number from 0 to "),
    ],
)
def test_a_bad_flag_is_named_with_what_it_takes(words: list[str], complaint: str) -> None:
    assert refused("serve", *words).startswith(complaint)


def test_every_bad_setting_is_told_at_once() -> None:
    assert len(refused("serve", "--port", "x", "--speed", "x").splitlines()) == 2


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("MOCK_SERVER_PORT", "http", "MOCK_SERVER_PORT: 'http' will not do"),
        ("MOCK_SERVER_NO_BUILTIN", "perhaps", "MOCK_SERVER_NO_BUILTIN: 'perhaps' will not do: it takes true or false"),
        ("MOCK_SERVER_SEDE", "1", 'MOCK_SERVER_SEDE: no such setting (did you mean "MOCK_SERVER_SEED"?)'),
    ],
)
def test_a_bad_variable_is_named_with_what_it_takes(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, complaint: str
) -> None:
    monkeypatch.setenv(name, value)
    assert refused("scenarios").startswith(complaint)


def test_a_flag_wins_over_its_variable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MOCK_SERVER_SCENARIOS", str(tmp_path / "nowhere"))
    written(tmp_path, GOOD)
    assert "mine " in printed("scenarios", "--scenarios", tmp_path)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["serv"], "no command 'serv' (did you mean \"serve\"?)"),
        (["show"], "Missing argument 'NAME'"),
        (["show", "hapy-path"], "no scenario is named 'hapy-path' (did you mean \"happy-path\"?)"),
        (["play", "slow", "--from", "2am"], "--from: '2am' will not do: expected a time of day with its zone"),
        (["play", "./nothing.yaml"], "nothing.yaml: no such file or folder"),
        (["show", "./nothing.yaml"], "nothing.yaml: no such file or folder"),
        (["play", "slow", "--vendor", "quiniu"], "--vendor: no vendor 'quiniu' (did you mean \"qiniu\"?)"),
        (["play", "notified", "--vendor", "qiniu"], '"notified" is not served by qiniu (served by wangsu)'),
        (["play", "slow", "--vendor", "qiniu", "--id", "a"], "--id: \"slow\" does not claim the id 'a'"),
        (["play", "slow", "--vendor", "qiniu", "--every", "3"], "--every: '3' will not do: expected a length of time"),
        (["play", "slow", "--vendor", "qiniu", "--polls", "0"], "'--polls': 0 is not in the range"),
        (["fixture", "wansu"], "VENDOR: no vendor 'wansu' (did you mean \"wangsu\"?)"),
        (["fixture", "wangsu", "--count", "0"], "'--count': 0 is not in the range"),
        (["new", "Mine"], '"Mine" is no name for a scenario'),
        (["new", "mine", "-o", "other.yaml"], "--output: other.yaml is not mine.yaml"),
        (["check", "nowhere"], "PATH: no such file or folder: nowhere"),
        (["exec"], "Missing argument"),
    ],
)
def test_what_cannot_be_used_is_named_with_what_to_do(words: list[str], complaint: str) -> None:
    assert complaint in refused(*words)


@pytest.mark.parametrize("package", ["faker", "flask", "jsonschema", "yaml", "waitress"])
def test_the_command_itself_imports_nothing_slow(package: str) -> None:
    code = f"import sys, mock_server.cli; sys.exit({package!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_ctrl_c_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> Iterator[str]:
        raise KeyboardInterrupt

    monkeypatch.setattr("mock_server.cli.play.play", interrupted)
    result = run("play", "slow", "--vendor", "qiniu")
    assert (result.exit_code, result.output) == (130, "")


# -- check


def test_check_counts_what_it_saw(tmp_path: Path) -> None:
    written(tmp_path, GOOD)
    assert printed("check", tmp_path) == "1 scenario, 2 steps, 1 edge, 6 bodies: no problems\n"


def test_check_takes_the_shipped_scenarios_when_nothing_is_named() -> None:
    assert printed("check").startswith(f"{len(SHOWN)} scenarios, ")


def test_check_takes_the_folders_of_the_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    written(tmp_path, GOOD)
    monkeypatch.setenv("MOCK_SERVER_SCENARIOS", str(tmp_path))
    assert printed("check").startswith("1 scenario, ")


def test_check_tells_every_problem_of_every_file_with_its_place(tmp_path: Path) -> None:
    first = written(tmp_path, "steps:\n  - {state: wating, pols: 1}\n", "first")
    second = written(tmp_path, "steps: 3\n", "second")
    problems = refused("check", tmp_path, code=1)
    assert f'{first}:2:13: "wating" is not a state (did you mean "waiting"?)' in problems
    assert f"{first}:2:21: unknown key" in problems
    assert f"{second}:1:8: " in problems


def test_check_ends_with_how_many_problems_there_were(tmp_path: Path) -> None:
    written(tmp_path, "steps: 3\n")
    assert run("check", tmp_path).stdout == "0 scenarios, 0 steps, 0 edges, 0 bodies: 1 problem in 1 file\n"


def test_check_sees_what_would_clash_with_a_shipped_scenario(tmp_path: Path) -> None:
    written(tmp_path, "ids: [slow.*]\n" + GOOD)
    assert "is claimed by" in refused("check", tmp_path, code=1)
    assert run("check", tmp_path, "--no-builtin").exit_code == 0


def test_check_notes_a_shipped_scenario_that_is_overridden(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD, "slow")
    assert run("check", tmp_path).stderr == f"note: {path} overrides the shipped slow\n"


def test_check_judges_by_the_profile_it_is_given(tmp_path: Path) -> None:
    path = written(tmp_path, "vendors: [qiniu]\nsteps:\n  - {state: succeeded, without: {qiniu: [creationDate]}}\n")
    refused("check", path, code=1)
    refused("check", path, "--profile", "document", code=1)
    path.write_text("vendors: [qiniu]\nsteps:\n  - {state: succeeded, with: {qiniu: {pipeline: a.b}}}\n", "utf-8")
    refused("check", path, code=1)
    assert run("check", path, "--profile", "live").exit_code == 0


# -- scenarios, show


def test_scenarios_lists_each_with_its_vendors_and_what_happens() -> None:
    lines = printed("scenarios").splitlines()
    assert lines[0].split() == ["NAME", "GROUP", "VENDORS", "ABOUT"]
    listed = {line.split()[0]: line.split()[1:3] for line in lines[1:]}
    assert set(SHIPPED) <= set(listed)
    assert listed["happy-path"] == ["ends-well", "all"]
    assert listed["notify-failed"] == ["notifications", "qiniu,wangsu"]


def names(*args: str) -> list[str]:
    """The scenarios that a list has."""
    return [line.split()[0] for line in printed("scenarios", *args).splitlines()[1:]]


def test_scenarios_lists_those_of_a_group_and_those_that_words_find() -> None:
    assert "reset-once" in names("--group", "odd-connections")
    assert set(names("--find", "419")) == {"account-frozen", "every-error-qiniu"}
    assert set(names("--find", "FROZEN Account")) >= {"account-frozen", "every-error-huawei"}
    assert names("--find", "VOD.10132", "--group", "special") == ["every-error-huawei"]
    assert names("--find", "no such words anywhere") == []


def test_a_search_that_finds_no_scenario_says_so_beside_the_list() -> None:
    ended = run("scenarios", "--find", "no such words anywhere")
    assert (ended.exit_code, len(ended.stdout.splitlines())) == (0, 1)
    assert ended.stderr.startswith("No scenario fits.")


def test_scenarios_leaves_the_shipped_ones_out_when_told(tmp_path: Path) -> None:
    written(tmp_path, GOOD)
    assert len(printed("scenarios", "--no-builtin", "--scenarios", tmp_path).splitlines()) == 2


@pytest.mark.parametrize("name", SHOWN)
@pytest.mark.parametrize("form", [[], ["--mermaid"], ["--svg"]])
def test_every_shipped_scenario_can_be_shown(name: str, form: list[str]) -> None:
    assert printed("show", f"{data('scenarios')}/{name}.yaml", *form)


@pytest.mark.parametrize("form", [[], ["--mermaid"], ["--svg"]])
def test_a_shipped_scenario_is_shown_by_its_name_as_by_its_file(form: list[str]) -> None:
    by_file = printed("show", f"{data('scenarios')}/one-by-one.yaml", *form)
    assert printed("show", "one-by-one", *form) == by_file


def test_show_says_what_each_vendor_answers_in_each_step() -> None:
    lines = [line.split("  ") for line in printed("show", "partial-failure").splitlines()]
    said = [(words[3].strip(), words[-1].strip()) for words in lines if len(words) > 4 and words[3] in VENDORS]
    assert ("qiniu", "2 [0, 2]") in said
    assert ("wangsu", '1 ["3", "1"]') in said
    assert ("huawei", '["succeed", "processing"]') in said


def test_show_says_when_a_step_is_left_and_how_likely_each_way_is() -> None:
    text = printed("show", "realistic")
    assert "1 waiting: for 5s..30s, then processing\n" in text
    assert "2 processing: for 3m..5m, then succeeded (90 %) or failed (10 %)\n" in text
    assert "4 failed: the end\n" in text


def test_show_marks_the_error_texts_that_no_document_has() -> None:
    lines = {line.split()[0]: line for line in printed("show", "bad-request").splitlines() if line.strip()}
    assert lines["qiniu"].endswith("(words ours)")
    assert "VOD.10053" in lines["huawei"]
    assert not lines["huawei"].endswith("(words ours)")
    assert lines["(words"].startswith("(words ours): the vendor's document has no such response")


def test_show_tells_items_that_walk_alike_once() -> None:
    text = printed("show", "one-by-one")
    assert text.count("as one alone would show") == 4
    assert " 1 processing: for 20s, then succeeded\n" in text


def test_show_tells_a_run_of_items_as_one(tmp_path: Path) -> None:
    each = "{steps: [{state: processing, polls: 2}, {state: succeeded}]}"
    assert "items 0..8, as one alone" in shown(tmp_path, f"items: {{count: 9, each: {each}}}\n")


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ("[{state: waiting, polls: 2, for: 3s}, {state: failed}]", "for 2 polls or 3s, whichever comes first, then"),
        ("[{state: processing, hold: true}]", "processing: until it is moved manually"),
        ("[{state: processing, polls: 3, next: {failed: 1, succeeded: 0}}, {state: succeeded}, {state: failed}]",
         "for 3 polls, then failed or succeeded (manually)"),
        ("[{error: 599, polls: 1}, {state: succeeded}]", "1 error (error 599): for 1 poll, then succeeded"),
        ("[{error: unknown}]", "(error unknown): for ever"),
        ("[{state: waiting, polls: 1}, {name: done, state: succeeded}]", "done (succeeded): the end"),
        ("[{state: succeeded, status: 201}]", "qiniu   201 0 [0]"),
    ],
)  # fmt: skip
def test_show_says_how_long_a_step_holds(tmp_path: Path, steps: str, said: str) -> None:
    assert said in shown(tmp_path, f"steps: {steps}\n")


def test_show_says_where_a_response_breaks_its_contract_on_purpose(tmp_path: Path) -> None:
    step = "{state: succeeded, with: {qiniu: {code: x}}, off_contract: true}"
    assert "off-contract at $.code: " in shown(tmp_path, f"vendors: [qiniu]\nsteps: [{step}]\n")


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("{when: {polls: [4, 7..9, 100..]}, fault: malformed}", "on polls 4, 7..9, 100..: malformed"),
        ("{when: {every: 5}, delay: 250ms}", "every 5 polls: delay 250ms"),
        ("{when: {chance: 0.1}, delay: 1s..90s}", "with chance 0.1: delay 1s..90s"),
        ("{when: {rate: 100/min}, error: throttled, headers: {Retry-After: '3'}}",
         "beyond 100/min: error throttled, Retry-After: 3"),
        ("{when: {time: 10s..40s}, error: 599}", "10s..40s after birth: error 599"),
        ("{when: {time: 0s..}, error: 599}", "0s.. after birth: error 599"),
        ("{when: {at: '02:00+08:00', for: 10m}, error: 500}", "daily at 18:00Z for 10m: error 500"),
        ("{when: {step: waiting, every: 2}, headers: {X-Reqid: null}}", "every 2 polls, in step waiting: no X-Reqid"),
        ("{fault: dribble, over: 2s}", "always: dribble over 2s"),
        ("{delay: {median: 100ms, p99: 2s}}", "always: delay 100ms (one in a hundred 2s)"),
    ],
)  # fmt: skip
def test_show_says_when_a_fault_strikes_and_what_it_does(tmp_path: Path, fault: str, said: str) -> None:
    assert f"   {said}\n" in shown(tmp_path, f"{GOOD}faults:\n  - {fault}\n")


def test_show_says_when_a_task_is_forgotten() -> None:
    assert "forgotten 10d after birth" in printed("show", "expires")


def test_show_prints_nothing_that_moves_anything_in_a_terminal(tmp_path: Path) -> None:
    text = shown(tmp_path, f'about: "one\\e[2J\\u202Etwo\\nthree"\n{GOOD}')
    assert "\n  oneU+001B[2JU+202Etwo\n  three\n" in text


def test_a_mermaid_diagram_has_every_step_and_way() -> None:
    lines = [line.strip() for line in printed("show", "realistic", "--mermaid").splitlines()]
    assert lines[0] == "stateDiagram-v2"
    assert {"[*] --> t0s0", "t0s0 --> t0s1", "t0s1 --> t0s2: 90 %", "t0s1 --> t0s3: 10 %"} <= set(lines)
    assert {"t0s0: waiting", "t0s0: for 5s..30s", "t0s3 --> [*]"} <= set(lines)


def test_an_svg_has_a_box_for_each_step_and_an_arrow_for_each_way() -> None:
    image = ElementTree.fromstring(printed("show", "realistic", "--svg"))
    space = "{http://www.w3.org/2000/svg}"
    boxes = image.findall(f"{space}g")
    assert [box.get("class") for box in boxes].count("box label") == 2
    assert (len(boxes), len(image.findall(f"{space}path"))) == (6, 3)
    assert {"processing", "90 %", "10 %"} <= {text.text for text in image.iter(f"{space}text")}


@pytest.mark.parametrize("form", [[], ["--svg"], ["--mermaid"]])
def test_a_slow_task_behind_a_throttled_service_does_not_look_like_a_slow_task(form: list[str]) -> None:
    throttled, slow = printed("show", "throttled", *form), printed("show", "slow", *form)
    assert "beyond 10" in throttled
    assert "beyond 10" not in slow


def test_a_mermaid_diagram_notes_faults_at_their_steps_and_draws_items_on_one_time_axis(tmp_path: Path) -> None:
    text = f"{GOOD}faults:\n  - {{when: {{step: succeeded}}, error: 599}}\n"
    assert "note right of t0s1\n        fault in step succeeded, error 599\n" in shown(tmp_path, text, "--mermaid")
    lines = [line.strip() for line in printed("show", "one-by-one", "--mermaid").splitlines()]
    assert lines[:4] == ["gantt", "title one-by-one, seconds since its birth", "dateFormat x", "axisFormat %s"]
    assert {"processing for 20s :active, 0, 20000", "succeeded 0 (0 x 4) :40000, 48000"} <= set(lines)


def test_show_says_what_the_whole_shows_while_its_items_walk_alone() -> None:
    lines = [line.strip() for line in printed("show", "one-by-one").splitlines()]
    found = lines[lines.index("the whole, from then on") :]
    assert found[1:3] == ["0s: processing", "qiniu   2 [2 x 4]"]
    whole = found[: found.index("")]
    assert whole[-4:-2] == ["40s: succeeded", "qiniu   0 [0 x 4]"]


def test_where_chance_decides_show_says_what_the_whole_may_be(tmp_path: Path) -> None:
    steps = "[{state: processing, for: 3m..5m, next: {succeeded: 9, failed: 1}}, {state: succeeded}, {state: failed}]"
    text = shown(tmp_path, f"items: {{count: 3, each: {{steps: {steps}}}}}\n")
    assert "   0s: processing\n      qiniu   2 [2 x 3]\n" in text
    assert "   3m..5m: succeeded or failed\n" in text


def test_an_svg_escapes_what_a_file_says(tmp_path: Path) -> None:
    image = shown(tmp_path, "about: <script>alert(1)</script> & more\n" + GOOD, "--svg")
    assert "<script>" not in image
    assert ElementTree.fromstring(image) is not None


# -- play


@pytest.mark.parametrize("vendor", VENDORS)
def test_play_ends_with_the_poll_that_sees_the_end(vendor: str) -> None:
    assert printed("play", "happy-path", "--full", "--vendor", vendor).endswith("# the end, after 3 polls\n")


def test_play_prints_each_exchange() -> None:
    lines = printed("play", "happy-path", "--full", "--vendor", "qiniu").splitlines()
    first, target, status, body = lines[:4]
    assert first == "# poll 1 at 0s: waiting"
    assert target == "GET /status/get/prefop?id=happy-path.play"
    assert status == "200 OK"
    assert json.loads(body)["code"] == 1


def test_play_says_when_the_step_has_changed() -> None:
    text = printed("play", "realistic", "--vendor", "wangsu", "--every", "3m", "--full")
    heads = [line for line in text.splitlines() if line.startswith("#")]
    assert heads[:2] == ["# poll 1 at 0s: waiting", "# poll 2 at 3m: waiting -> processing"]


def test_play_stops_after_the_polls_it_was_given() -> None:
    text = printed("play", "never-ends", "--vendor", "huawei", "--polls", "4", "--full")
    assert text.count("200 OK") == 4
    assert text.splitlines()[-1] == "# stopped after 4 polls, at step processing; --polls and --every go further"


def test_play_prints_the_same_every_time() -> None:
    words = ("play", "flaky", "--vendor", "qiniu", "--polls", "20", "--full")
    assert printed(*words) == printed(*words)


def test_another_seed_or_id_plays_other_draws() -> None:
    words = ("play", "flaky", "--vendor", "qiniu", "--polls", "20", "--full")
    ours = printed(*words).count("599")
    assert {printed(*words, "--seed", str(seed)).count("599") for seed in range(1, 6)} != {ours}
    assert {printed(*words, "--id", f"flaky.{k}").count("599") for k in range(5)} != {ours}


def test_play_says_what_a_fault_did(tmp_path: Path) -> None:
    written(tmp_path, f"{GOOD}faults:\n  - {{when: {{polls: [1]}}, delay: 250ms}}\n  - {{fault: reset}}\n")
    text = printed("play", "mine", "--vendor", "qiniu", "--scenarios", tmp_path, "--polls", "1", "--full")
    assert "# poll 1 at 0s: waiting, with " in text
    assert "# 250ms later\n" in text
    assert "# delivered as reset\n" in text


def test_play_does_not_take_a_spoiled_response_for_the_end(tmp_path: Path) -> None:
    written(tmp_path, "steps: [{state: succeeded}]\nfaults:\n  - {when: {polls: [1, 2]}, error: 599}\n")
    text = printed("play", "mine", "--vendor", "wangsu", "--scenarios", tmp_path, "--full")
    assert text.endswith("# the end, after 3 polls\n")


def test_play_can_print_bodies_over_several_lines(tmp_path: Path) -> None:
    assert '\n{\n  "id": "instant.play",\n' in printed("play", "instant", "--vendor", "qiniu", "--full", "--pretty")
    written(tmp_path, "steps: [{state: succeeded}]\nfaults: [{fault: html}]\n")
    assert "<html>" in printed("play", "mine", "--vendor", "qiniu", "--full", "--pretty", "--scenarios", tmp_path)


# -- new, fixture, schema


def test_a_new_scenario_has_no_problems(tmp_path: Path) -> None:
    said = printed("new", "mine", "-o", tmp_path)
    assert said.startswith(f"{tmp_path / 'mine.yaml'} is written")
    assert printed("check", tmp_path).endswith(": no problems\n")


def test_a_new_scenario_goes_to_standard_output_unless_told_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "\nsteps:\n" in printed("new", "mine")
    assert not list(tmp_path.iterdir())


def test_every_line_that_a_new_scenario_comments_out_can_be_used(tmp_path: Path) -> None:
    first, *lines = printed("new", "mine").splitlines()
    assert first.startswith("# yaml-language-server:")
    used = [line.replace("# ", "", 1) if line.lstrip().startswith("#") else line for line in lines]
    written(tmp_path, "\n".join(used))
    assert printed("check", tmp_path).endswith(": no problems\n")


def schema_line(path: Path) -> Path:
    """The schema that a scenario file names in its first line."""
    return Path(path.read_text("utf-8").splitlines()[0].removeprefix("# yaml-language-server: $schema="))


def test_a_new_scenario_in_a_source_tree_names_the_trees_schema(tmp_path: Path) -> None:
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas" / "scenario.schema.json").write_text("{}", "utf-8")
    folder = tmp_path / "deep" / "er"
    printed("new", "mine", "-o", folder / "mine.yaml")
    assert schema_line(folder / "mine.yaml").as_posix() == "../../schemas/scenario.schema.json"
    assert [path.name for path in folder.iterdir()] == ["mine.yaml"]


def test_a_new_scenario_elsewhere_is_the_same_on_every_machine_and_has_its_schema_beside_it(
    root: Path, tmp_path: Path
) -> None:
    for folder in ("one", "two"):
        printed("new", "mine", "-o", tmp_path / folder / "mine.yaml")
    one, two = (tmp_path / folder / "mine.yaml" for folder in ("one", "two"))
    assert one.read_text("utf-8") == two.read_text("utf-8")
    assert str(root) not in one.read_text("utf-8")
    schema = schema_line(one)
    assert not schema.is_absolute()
    assert (one.parent / schema).read_text("utf-8") == printed("schema")
    assert run("check", one.parent).output == "1 scenario, 3 steps, 2 edges, 9 bodies: no problems\n"


def test_a_printed_scenario_names_no_place_of_this_machine(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = printed("new", "mine")
    assert str(root) not in text
    assert str(tmp_path) not in text


def test_new_overwrites_nothing(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD)
    assert refused("new", "mine", "-o", path).startswith(f"{path}: the file exists already")
    assert path.read_text("utf-8") == GOOD


def test_new_says_where_it_cannot_write(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file", "utf-8")
    path = tmp_path / "taken" / "mine.yaml"
    assert refused("new", "mine", "-o", path).startswith(f"{path}: cannot be written: ")


def test_check_of_a_folder_without_scenarios_does_not_pass(tmp_path: Path) -> None:
    done = run("check", tmp_path)
    assert (done.exit_code, done.stdout) == (1, "0 scenarios, 0 steps, 0 edges, 0 bodies: nothing to check\n")
    assert done.stderr == f"note: {tmp_path} holds no scenario files (*.yaml, *.yml)\n"


@pytest.mark.parametrize("output", ["my/scenarios/mine.yaml", "my/scenarios/"])
def test_new_makes_the_folder_that_is_not_there(tmp_path: Path, output: str) -> None:
    printed("new", "mine", "-o", f"{tmp_path}/{output}")
    assert "steps:" in (tmp_path / "my" / "scenarios" / "mine.yaml").read_text("utf-8")


@pytest.mark.parametrize("vendor", VENDORS)
def test_fixture_prints_a_pool_that_is_the_same_for_the_same_seed(vendor: str) -> None:
    pool = printed("fixture", vendor, "--count", "3", "--seed", "5")
    assert len(json.loads(pool)) == 3
    assert pool == printed("fixture", vendor, "--count", "3", "--seed", "5")
    assert pool != printed("fixture", vendor, "--count", "3", "--seed", "6")


def test_schema_prints_what_the_tree_holds(root: Path) -> None:
    assert printed("schema") == (root / "schemas" / "scenario.schema.json").read_text("utf-8")
