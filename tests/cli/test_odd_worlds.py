"""Every command in worlds that are odd, as a process: it ends with words and an exit code, and no traceback.

A world is a locale, a file system, standard streams, arguments or variables as users have them and tests do not.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, NamedTuple

import pytest

from mock_server.cli import COMMANDS
from mock_server.cli.failures import LONGEST, shortened
from mock_server.control.bundle import export
from tests.support.harness import Now, started
from tests.support.live import LiveServer

PATIENCE = 60
"""Seconds after which a command is taken to hang: a bound, not a measure."""
ROOT = Path(__file__).resolve().parents[2]
COMMAND: tuple[str, ...] = (sys.executable, "-m", "mock_server")
WITHOUT = ("MOCK_SERVER_", "PYTHON", "COVERAGE_")
"""What no variable of a command begins with. To measure hundreds of processes takes longer than to run them."""
BYTES = os.fsdecode(b"\xff\xfe")
"""An argument of bytes that are no text."""
LONG = "a" * 5000

PRINTING: Mapping[str, Sequence[str]] = {
    "help": ("--help",),
    "help of a command": ("play", "--help"),
    "scenarios": ("scenarios", "--scenarios", "good"),
    "show": ("show", "words", "--scenarios", "good"),
    "show --svg": ("show", "words", "--scenarios", "good", "--svg"),
    "play": ("play", "words", "--scenarios", "good", "--vendor", "wangsu"),
    "play --full": ("play", "words", "--scenarios", "good", "--full", "--pretty"),
    "check": ("check", "good"),
    "new": ("new", "mine"),
    "fixture": ("fixture", "wangsu", "--count", "2"),
    "schema": ("schema",),
    "exec": ("exec", "--", sys.executable, "-c", ""),
    "tasks": ("tasks",),
    "tasks create": ("tasks", "create", "qiniu", "slow"),
    "requests": ("requests",),
    "faults": ("faults",),
    "rules": ("rules",),
    "clock": ("clock",),
    "actions": ("actions",),
    "coverage": ("coverage", "--all"),
    "watch": ("watch", "--once"),
    "reset": ("reset", "journal"),
    "notifications": ("notifications",),
    "bundle save": ("bundle", "save", "-"),
    "diff": ("diff", "run.json", "run.json"),
}
"""One line for each command that prints and ends, by what it does."""
APART = ("serve", "intercept", "receive", "record", "import")
"""Those that listen, that ask somebody else's server, or that list on standard error what they leave out."""
SILENT = ("exec",)


class Done(NamedTuple):
    """How a command ended."""

    code: int
    out: bytes
    err: str


@pytest.fixture
def world(tmp_path: Path) -> Path:
    """A folder with a good scenario, and with everything that is no file."""
    (tmp_path / "good").mkdir()
    text = "about: Ждёт, 然后成功 😀.\nsteps: [{state: waiting, polls: 1}, {state: succeeded}]\n"
    (tmp_path / "good" / "words.yaml").write_text(text, "utf-8")
    (tmp_path / "text").write_text("no scenario", "utf-8")
    (tmp_path / "run.json").write_text(json.dumps(export(started(Now()))), "utf-8")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")
    with socket.socket(socket.AF_UNIX) as listener:
        here = os.getcwd()
        os.chdir(tmp_path)  # the path of a socket is bounded
        try:
            listener.bind("socket")
        finally:
            os.chdir(here)
    return tmp_path


def run(
    words: Sequence[str],
    folder: Path,
    environ: Mapping[str, str] | None = None,
    stdout: int | IO[bytes] = subprocess.PIPE,
    stderr: int | IO[bytes] = subprocess.PIPE,
    command: Sequence[str] = COMMAND,
) -> Done:
    """Runs a command and asserts what holds in every world: it ends, and shows no traceback."""
    kept = {name: word for name, word in os.environ.items() if not name.startswith(WITHOUT)}
    ended = subprocess.run(
        [*command, *words],
        cwd=folder,
        env={**kept, "PYTHONPATH": str(ROOT), **(environ or {})},
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=stderr,
        timeout=PATIENCE,
        check=False,
    )
    err = (ended.stderr or b"").decode("utf-8", "backslashreplace")
    both = err + (ended.stdout or b"").decode("utf-8", "replace")
    assert "Traceback" not in both, both
    assert "Exception ignored" not in both, both
    assert "defect" not in err, err
    return Done(ended.returncode, ended.stdout or b"", err)


def longest_line(done: Done) -> int:
    """Characters of the longest line of an error, without what click puts before its own."""
    return max(len(line.removeprefix("Error: ")) for line in done.err.splitlines())


def at(live: LiveServer, **more: str) -> dict[str, str]:
    """The variables with which a command finds the server."""
    return {"MOCK_SERVER_URL": live.url, **more}


def test_every_command_is_in_the_table_or_serves() -> None:
    assert {words[0] for words in PRINTING.values() if words[0] in COMMANDS} == {*COMMANDS} - {*APART}


# -- locales

LOCALES: Mapping[str, Mapping[str, str]] = {
    "cp1252": {"PYTHONIOENCODING": "cp1252"},
    "ascii": {"PYTHONIOENCODING": "ascii"},
    "C": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
}


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("name", PRINTING)
def test_a_command_prints_in_any_locale(live: LiveServer, world: Path, name: str, locale: str) -> None:
    done = run(PRINTING[name], world, at(live, **LOCALES[locale]))
    assert (done.code, done.err) == (0, "")
    assert done.out or name in SILENT


@pytest.mark.parametrize("locale", LOCALES)
def test_printed_json_is_the_same_value_in_any_locale(world: Path, locale: str) -> None:
    pool = run(PRINTING["fixture"], world).out
    assert run(PRINTING["fixture"], world, LOCALES[locale]).out == pool
    words = ("play", "happy-path", "--vendor", "wangsu", "--polls", "1", "--full")
    bodies = [run(words, world, environ).out.splitlines()[3] for environ in ({}, LOCALES[locale])]
    plain, escaped = (json.loads(body.decode("cp1252" if b"\\u" in body else "utf-8")) for body in bodies)
    assert plain == escaped


# -- standard streams


@pytest.mark.parametrize("name", [name for name in PRINTING if name not in SILENT])
def test_a_full_disk_is_told(live: LiveServer, world: Path, name: str) -> None:
    with open("/dev/full", "wb") as full:
        done = run(PRINTING[name], world, at(live), stdout=full)
    assert done.code == 2
    assert done.err == ("standard output cannot be written: No space left on device (make room, or write elsewhere)\n")


@pytest.mark.parametrize("name", [name for name in PRINTING if name not in SILENT])
def test_a_reader_that_left_is_no_error_worth_a_word(live: LiveServer, world: Path, name: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "wb") as broken:
        done = run(PRINTING[name], world, at(live), stdout=broken)
    assert done.err == ""
    assert done.code in (1, 141)


@pytest.mark.parametrize("streams", ["1>&-", "2>&-", "1>&- 2>&-", "0<&- 1>&- 2>&-", "2>/dev/full", ">/dev/full 2>&1"])
@pytest.mark.parametrize("words", ["scenarios", "watch --once", "show nothing", "check text", "--nope", "exec -- true"])
def test_closed_and_full_streams_change_no_exit_code_of_a_failure(
    live: LiveServer, world: Path, words: str, streams: str
) -> None:
    shell = ("sh", "-c", f'exec "$0" -m mock_server {words} {streams}', sys.executable)
    done = run((), world, at(live), command=shell)
    succeeds = words in ("scenarios", "watch --once", "exec -- true")
    full = ">/dev/full 2>&1" in streams and words != "exec -- true"
    assert done.code == (1 if words == "check text" and not full else 0 if succeeds and not full else 2)


# -- file systems


FILES: Sequence[tuple[Sequence[str], str]] = (
    (("check", LONG), "File name too long"),
    (("check", "pipe"), "pipe"),
    (("check", "socket"), "socket"),
    (("check", "/dev/zero"), "/dev/zero"),
    (("check", "loop"), "loop"),
    (("check", "text/x"), "PATH: no such file or folder: text/x"),
    (("check", ""), "PATH: '' is no file or folder"),
    (("check", BYTES), "PATH: no such file or folder: \\xff\\xfe"),
    (("scenarios", "--scenarios", ""), "--scenarios: '' will not do: it takes a folder or a file"),
    (("scenarios", "--scenarios", LONG), "File name too long"),
    (("new", "mine", "-o", LONG + "/"), "File name too long"),
    (("new", "mine", "-o", "loop/"), "loop/mine.yaml: cannot be written: "),
    (("new", "mine", "-o", "text/"), "text/mine.yaml: cannot be written: text is no folder"),
    (("new", "mine", "-o", ""), "--output: '' is no file or folder"),
    (("new", LONG, "-o", "good"), "is no name for a scenario"),
    (("new", BYTES), "is no name for a scenario"),
    (("serve", "--tls-cert", "pipe", "--tls-key", "text"), "--tls-cert: pipe cannot be read: it is a pipe"),
    (("serve", "--tls-cert", "/dev/zero", "--tls-key", "text"), "/dev/zero cannot be read: it is a device"),
    (("serve", "--tls-cert", LONG, "--tls-key", "text"), "File name too long"),
    (("serve", "--tls-cert", "good", "--tls-key", "text"), "good cannot be read: it is a folder"),
    (("serve", "--tls-cert", "text", "--tls-key", "text"), "--tls-cert: text holds no certificate"),
    (("serve", "--tls-cert", "text"), "--tls-key: a certificate and its key go together"),
    (("intercept", "--ca-dir", "text", "--http-port", "0", "--https-port", "0"), "--ca-dir: "),
    (("intercept", "--ca-dir", LONG, "--http-port", "0", "--https-port", "0"), "File name too long"),
    (("tasks", "--ca", "pipe"), "--ca: 'pipe' will not do: it is a pipe"),
    (("tasks", "--ca", "/dev/zero"), "--ca: '/dev/zero' will not do: it is a device"),
    (("tasks", "--ca", "good"), "--ca: 'good' will not do: it is a folder"),
    (("tasks", "--ca", "loop"), "--ca: 'loop' will not do: Too many levels of symbolic links"),
    (("tasks", "--ca", "text"), "--ca: 'text' will not do: it holds no certificate"),
    (("tasks", "--ca", LONG), "File name too long"),
    (("requests", "--bundle", "pipe"), "pipe: cannot be read: it is a pipe"),
    (("requests", "--bundle", "/dev/zero"), "/dev/zero: cannot be read: it is a device"),
    (("requests", "--bundle", "good"), "good: cannot be read: it is a folder"),
    (("requests", "--bundle", "text"), "text: is not JSON"),
    (("requests", "--bundle", LONG), "File name too long"),
    (("requests", "--bundle", BYTES), "cannot be read: No such file or directory"),
    (("requests", "--bundle", ""), "cannot be read: "),
    (("serve", "--bundle", "pipe"), "pipe: cannot be read: it is a pipe"),
    (("serve", "--bundle", "text"), "text: is not JSON"),
    (("bundle", "load", "loop"), "loop: cannot be read: Too many levels of symbolic links"),
    (("bundle", "load", "text"), "text: is not JSON"),
    (("bundle", "save", "text/x"), "text/x: cannot be written: Not a directory"),
    (("bundle", "save", "good"), "good: cannot be written: Is a directory"),
    (("bundle", "save", LONG), "File name too long"),
    (("scenarios", "upload", "pipe"), "pipe: cannot be read: it is a pipe"),
    (("scenarios", "upload", "good"), "good: cannot be read: it is a folder"),
    (("scenarios", "upload", LONG), "File name too long"),
)


@pytest.mark.parametrize(
    ("words", "said"), FILES, ids=lambda case: " ".join(case)[:60] if isinstance(case, tuple) else ""
)
def test_what_is_no_file_is_told(live: LiveServer, world: Path, words: Sequence[str], said: str) -> None:
    done = run(words, world, at(live))
    assert done.code in ((1, 2) if words[0] == "check" else (2,))
    assert said in done.err
    assert longest_line(done) <= LONGEST


def test_a_certificate_authority_behind_a_pipe_is_told(world: Path) -> None:
    os.mkfifo(world / "ca.pem")
    done = run(("intercept", "--ca-dir", ".", "--http-port", "0", "--https-port", "0"), world)
    assert done.code == 2
    assert "ca.pem: it is a pipe" in done.err


def test_a_new_scenario_opens_no_pipe_in_place_of_its_schema(world: Path) -> None:
    os.mkfifo(world / ".scenario.schema.json")
    assert run(("new", "mine", "-o", "."), world).code == 0
    assert json.loads((world / ".scenario.schema.json").read_text("utf-8"))
    assert run(("new", "mine", "-o", "."), world).err.startswith("mine.yaml: the file exists already")
    assert {path.name for path in world.iterdir() if path.name.startswith(".")} == {".scenario.schema.json"}


@pytest.mark.parametrize("name", PRINTING)
def test_a_working_folder_that_is_gone_is_told_where_it_matters(live: LiveServer, world: Path, name: str) -> None:
    gone = world / "gone"
    gone.mkdir()
    words = [str(world / word) if word in ("good", "run.json") else word for word in PRINTING[name]]
    shell = ("sh", "-c", 'rmdir ../gone && exec "$0" -m mock_server "$@"', sys.executable)
    done = run(words, gone, at(live), command=shell)
    assert (done.code, done.err) in ((0, ""), (2, "the working folder is gone: change to one that exists\n"))


# -- arguments and variables


ARGUMENTS: Sequence[tuple[Sequence[str], str]] = (
    ((BYTES,), "no command"),
    ((LONG,), "no command"),
    (("",), "no command ''"),
    ((f"--{LONG}",), "No such option"),
    (("show", BYTES), "NAME: no scenario is named"),
    (("show", LONG), "NAME: no scenario is named"),
    (("show", ""), "NAME: no scenario is named ''"),
    (("show", "slow", LONG), "unexpected extra argument"),
    (("play", "slow", "--vendor", BYTES), "--vendor: no vendor"),
    (("play", "slow", "--vendor", "qiniu", "--id", f"slow.{BYTES}"), "--id: "),
    (("play", "slow", "--vendor", "qiniu", "--id", f"slow.{LONG}"), "--id: "),
    (("play", "slow", "--vendor", "qiniu", "--id", ""), "--id: "),
    (("play", "slow", "--vendor", "qiniu", "--every", BYTES), "--every: "),
    (("play", "slow", "--vendor", "qiniu", "--every", ""), "--every: "),
    (("play", "slow", "--from", BYTES), "--from: "),
    (("play", LONG + ".yaml"), "File name too long"),
    (("play", "good/"), "NAME: good/ is a folder"),
    (("show", "pipe.yaml"), "pipe.yaml: no such file or folder"),
    (("show", "./pipe"), "this is no file"),
    (("show", "./loop"), "the link leads round in a circle"),
    (("play", "slow", "--vendor", "qiniu", "--polls", "1" * 5000), "--polls"),
    (("fixture", BYTES), "VENDOR: no vendor"),
    (("fixture", "qiniu", "--seed", "1" * 5000), "--seed"),
    (("serve", "--host", LONG), "--host: "),
    (("serve", "--host", BYTES), "--host: "),
    (("serve", "--host", "http://127.0.0.1"), "--host: "),
    (("serve", "--host", "a b"), "--host: "),
    (("serve", "--port", "70000"), "--port: '70000' will not do: it takes a whole number from 0 to 65535"),
    (("serve", "--default-scenario", BYTES), "--default-scenario: "),
    (("serve", "--admin-token", BYTES), "--admin-token: its value will not do"),
    (("serve", "--option", BYTES), "--option: "),
    (("exec", "--", ""), "'': cannot be run"),
    (("exec", "--", LONG), "cannot be run: File name too long"),
    (("exec", "--", BYTES), "cannot be run: No such file"),
    (("intercept", "--ca-dir", "x", "--to", BYTES), "--to: "),
    (("tasks", "--url", ""), "--url: '' is none of a server"),
    (("tasks", "--url", f"http://{BYTES}"), "--url: "),
    (("tasks", "--url", f"http://{LONG}"), "--url: "),
    (("tasks", "--url", f"http://127.0.0.1:1/{BYTES}"), "--url: "),
    (("tasks", "--url", "http://a b"), "--url: "),
    (("tasks", "--url", "http://127.0.0.1:1/a b"), "--url: "),
    (("tasks", "--url", "http://[::1"), "--url: "),
    (("tasks", "--admin-token", BYTES), "--admin-token: its value will not do"),
    (("tasks", "--admin-token", "a\nb"), "--admin-token: its value will not do"),
    (("tasks", "--admin-token", "ключ"), "--admin-token: its value will not do"),
    (("tasks", "--admin-token", ""), "--admin-token: its value will not do"),
    (("tasks", "--id", BYTES), "--id: "),
    (("tasks", "--id", LONG), "--id: "),
    (("tasks", "create", "qiniu", BYTES), "SCENARIO: "),
    (("tasks", "create", BYTES, "slow"), "VENDOR: "),
    (("tasks", "create", "qiniu", "slow", "--id", BYTES), "--id: "),
    (("tasks", "create", "qiniu", "slow", "--id", LONG), "--id: "),
    (("tasks", "next", "qiniu", BYTES), "ID: "),
    (("tasks", "shift", "qiniu", "x", BYTES), "BY: "),
    (("faults", "arm", "--error", "1" * 5000), "--error: "),
    (("faults", "arm", "--header", f"X: {BYTES}"), "--header: "),
    (("faults", "arm", "--id", BYTES, "--error", "599"), "--id: "),
    (("faults", "disarm", "1" * 5000), "NUMBER"),
    (("rules", "add", "slow", "--where", BYTES), "--where"),
    (("rules", "drop", "1" * 5000), "NUMBER"),
    (("clock", "set", BYTES), "TO: "),
    (("clock", "speed", "nan"), "TIMES"),
    (("clock", "speed", "inf"), "TIMES"),
    (("requests", "--step", BYTES), "--step: "),
    (("requests", "--limit", "1" * 5000), "--limit"),
    (("requests", "verify", "--order", BYTES), "--order: "),
    (("requests", "verify", "--statuses", BYTES), "--statuses"),
    (("requests", "verify", "--statuses", "1" * 5000), "--statuses"),
    (("requests", "verify", "--backs-off", "--slack", "nan"), "--slack"),
    (("requests", "verify", "--backs-off", "--slack", "2"), "'--slack': 2.0 is not in the range"),
    (("requests", "verify", "--backs-off", "--clock", "wall"), "--clock: "),
    (("tasks", "create", "qiniu", "slow", "--items", BYTES), "--items"),
    (("tasks", "create", "qiniu", "slow", "--items", "[" * 5000), "--items"),
    (("tasks", "create", "qiniu", "slow", "--items", '{"a": 1}'), "--items: "),
    (("tasks", "create", "qiniu", "slow", "--notify-url", BYTES), "--notify-url: "),
    (("scenarios", "remove", BYTES), "an argument or a variable holds what is no text"),
    (("scenarios", "remove", LONG), "no uploaded scenario is named"),
    (("scenarios", "upload", "good/words.yaml", "--name", BYTES), "an argument or a variable holds what is no text"),
    (("scenarios", "upload", "good/words.yaml", "--name", LONG), "is no name for a scenario"),
    (("requests", "wait", "--timeout", "nan"), "--timeout"),
    (("requests", "wait", "--timeout", "-1"), "--timeout"),
    (("reset", BYTES), "ONLY: "),
    (("watch", "--every", "nan"), "--every"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("words", "said"), ARGUMENTS, ids=lambda case: " ".join(case)[:60] if isinstance(case, tuple) else ""
)
def test_an_argument_that_no_command_can_use_is_told(
    live: LiveServer, world: Path, words: Sequence[str], said: str
) -> None:
    done = run(words, world, at(live))
    assert done.code in ((2,) if words[0] != "exec" else (126, 127))
    assert said in done.err
    assert longest_line(done) <= LONGEST


VARIABLES: Sequence[tuple[str, str, Sequence[str], str]] = (
    ("MOCK_SERVER_PORT", BYTES, ("scenarios",), "MOCK_SERVER_PORT: "),
    ("MOCK_SERVER_PORT", "9" * 100_000, ("scenarios",), "MOCK_SERVER_PORT: "),
    ("MOCK_SERVER_HOST", "a" * 100_000, ("scenarios",), "MOCK_SERVER_HOST: "),
    (f"MOCK_SERVER_{BYTES}", "1", ("scenarios",), "MOCK_SERVER_\\xff\\xfe: no such setting"),
    (f"MOCK_SERVER_{LONG}", "1", ("scenarios",), "no such setting"),
    ("MOCK_SERVER_URL", BYTES, ("tasks",), "MOCK_SERVER_URL: "),
    ("MOCK_SERVER_ADMIN_URL", "nowhere", ("tasks",), "MOCK_SERVER_ADMIN_URL: 'nowhere' is none of a server"),
    ("MOCK_SERVER_CA", BYTES, ("tasks",), "MOCK_SERVER_CA: "),
    ("MOCK_SERVER_CA", "pipe", ("tasks",), "MOCK_SERVER_CA: 'pipe' will not do: it is a pipe"),
    ("MOCK_SERVER_ADMIN_TOKEN", BYTES, ("tasks",), "MOCK_SERVER_ADMIN_TOKEN: its value will not do"),
)


@pytest.mark.parametrize(("name", "value", "words", "said"), VARIABLES, ids=range(len(VARIABLES)))
def test_a_variable_that_no_command_can_use_is_told(
    live: LiveServer, world: Path, name: str, value: str, words: Sequence[str], said: str
) -> None:
    done = run(words, world, at(live, **{name: value}))
    assert done.code == 2
    assert said in done.err
    assert longest_line(done) <= LONGEST


@pytest.mark.parametrize(
    ("words", "flag"),
    [
        (("serve", "--port", "PORT"), "--port"),
        (("serve", "--port", "0", "--admin-port", "PORT"), "--admin-port"),
        (("exec", "--port", "PORT", "--", "true"), "--port"),
        (("intercept", "--ca-dir", "ca", "--http-port", "PORT", "--https-port", "0"), "--http-port"),
        (("intercept", "--ca-dir", "ca", "--http-port", "0", "--https-port", "PORT"), "--https-port"),
    ],
    ids=lambda case: " ".join(case) if isinstance(case, tuple) else "",
)
def test_a_port_in_use_is_told_by_its_flag(live: LiveServer, world: Path, words: Sequence[str], flag: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = run([word.replace("PORT", port) for word in words], world)
    assert done.code == 2
    assert done.err == f"{flag}: {port} is in use on 127.0.0.1 (choose another, or 0 for a free one)\n"


def test_a_greeting_that_cannot_be_written_is_told(world: Path) -> None:
    with open("/dev/full", "wb") as full:
        done = run(("serve", "--port", "0"), world, stdout=full)
    assert (done.code, "No space left on device" in done.err) == (2, True)


KUBERNETES = {"MOCK_SERVER_PORT": "tcp://10.0.0.1:8080", "MOCK_SERVER_SERVICE_HOST": "10.0.0.1"}


@pytest.mark.parametrize("name", [*PRINTING, "health"])
def test_every_command_works_beside_a_service_of_our_name(live: LiveServer, world: Path, name: str) -> None:
    if name == "health":
        health = (sys.executable, "-m", "mock_server.server.health")
        done = run((), world, KUBERNETES, command=health)
        assert (done.code, done.err.startswith("127.0.0.1:8080: ")) == (1, True)
    else:
        assert run(PRINTING[name], world, at(live, **KUBERNETES)).code == 0


# -- Ctrl-C before anything can handle it


@pytest.mark.parametrize("module", ["click", "yaml", "jsonschema_rs"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_the_program_is_loading_ends_it_without_a_word(world: Path, module: str, number: int) -> None:
    (world / f"{module}.py").write_text(f"import os, signal\nos.kill(os.getpid(), {int(number)})\n", "utf-8")
    done = run(("scenarios",), world, {"PYTHONPATH": f"{world}{os.pathsep}{ROOT}"})
    assert done == Done(128 + number, b"", "")


def test_a_signal_that_a_shell_ignores_for_its_background_is_still_ignored(world: Path) -> None:
    shell = ("sh", "-c", 'trap \'\' INT; exec "$0" "$@"', sys.executable)
    code = "import os, signal, sys; sys.argv[1:] = ['--version']; from mock_server.__main__ import main; main()"
    stub = f"import os, signal\nos.kill(os.getpid(), {int(signal.SIGINT)})\n"
    done = run(("-c", f"{stub}\n{code}"), world, command=shell)
    assert done.code == 0
    assert done.out.startswith(b"mock-server ")


# -- long lines


def test_a_long_line_keeps_its_beginning_and_its_end() -> None:
    assert shortened("x" * LONGEST) == "x" * LONGEST
    line = shortened(f"--id: {'a' * 10_000} (what to do)")
    assert len(line) <= LONGEST
    assert line.startswith("--id: aaa")
    assert line.endswith("aaa (what to do)")
    assert "[…]" in line


# -- health


@pytest.mark.parametrize("streams", ["2>&-", "1>&- 2>&-", "2>/dev/full", ">/dev/full 2>&1"])
@pytest.mark.parametrize("port", ["1", "x"])
def test_health_says_by_its_exit_code_what_nobody_can_read(world: Path, streams: str, port: str) -> None:
    shell = ("sh", "-c", f'exec "$0" -m mock_server.server.health {streams}', sys.executable)
    assert run((), world, {"MOCK_SERVER_PORT": port}, command=shell).code == 1
