"""The commands that serve, as processes: what they say, what they answer, and how they end."""

from __future__ import annotations

import gc
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from mock_server import __version__
from mock_server.cli import exec as exec_module
from mock_server.client import Client
from mock_server.settings import Settings
from tests.support.live import serving
from tests.support.poller import STATUS_PATHS
from tests.support.wire_kit import GET, until

COMMAND = (sys.executable, "-m", "mock_server")
LINES = 2 + len(STATUS_PATHS)
"""Lines of a greeting: where it listens, what it loaded, and one to try for each vendor."""
PATIENCE = 30
"""Seconds after which a process that should have answered or ended is given up: a bound, not a measure."""

GOOD = "steps:\n  - {state: waiting, polls: 1}\n  - {state: succeeded}\n"
PRINT_URL = "import os; print(os.environ['MOCK_SERVER_URL'])"


class Served(NamedTuple):
    """A server's process, and its greeting."""

    process: subprocess.Popen[str]
    greeting: list[str]

    @property
    def url(self) -> str:
        """Where it says it listens."""
        if self.greeting[0].startswith("{"):
            return str(json.loads(self.greeting[0])["url"])
        found = re.search(r"http://\S+", self.greeting[0])
        assert found
        return found[0]

    def poll(self, id: str) -> Any:
        """The body of a poll."""
        path, name = STATUS_PATHS["qiniu"]
        with urllib.request.urlopen(f"{self.url}{path}?{name}={id}", timeout=PATIENCE) as response:
            return json.load(response)


def environment(more: Mapping[str, str]) -> dict[str, str]:
    """This process's environment without settings of a server, and with these."""
    return {**{name: word for name, word in os.environ.items() if not name.startswith("MOCK_SERVER_")}, **more}


@contextmanager
def running(*words: str | Path, **environ: str) -> Iterator[subprocess.Popen[str]]:
    """A command that listens, killed if the block leaves it running or it hangs."""
    process = subprocess.Popen(
        [*COMMAND, *words], env=environment(environ), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    watchdog = threading.Timer(PATIENCE, process.kill)
    watchdog.start()
    try:
        yield process
    finally:
        watchdog.cancel()
        process.kill()
        process.communicate()


@contextmanager
def serve(*words: str | Path, lines: int = LINES, **environ: str) -> Iterator[Served]:
    """A server on a free port, killed if the block leaves it running."""
    with running("serve", "--port", "0", *words, **environ) as process:
        assert process.stdout
        yield Served(process, [process.stdout.readline().rstrip("\n") for _ in range(lines)])


def ended(served: Served, number: int = signal.SIGTERM) -> tuple[int, str]:
    """The exit code and the log of a server that got this signal."""
    served.process.send_signal(number)
    _, log = served.process.communicate(timeout=PATIENCE)
    return served.process.returncode, log


def run(*words: str | Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """A command that ends by itself."""
    return subprocess.run(
        [*COMMAND, *words], env=environment(environ), capture_output=True, text=True, check=False, timeout=PATIENCE
    )


COLLECTOR = (
    "import atexit, gc, sys;"
    "atexit.register(lambda: print(gc.get_threshold()[0] > 700, gc.get_freeze_count() > 10_000, flush=True));"
    "sys.argv[0] = 'mock-server'; from mock_server.__main__ import main; main()"
)
"""The command, which says at its end how its garbage collector was set."""


# -- serve


def test_a_process_that_only_serves_has_the_collector_look_at_less() -> None:
    words = ("exec", "--", sys.executable, "-c", "pass")
    done = subprocess.run([sys.executable, "-c", COLLECTOR, *words], capture_output=True, text=True, check=True)
    assert done.stdout == "True True\n"
    process = subprocess.Popen(
        [sys.executable, "-c", COLLECTOR, "serve", "--port", "0"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    with process, process.stdout:
        for _ in range(LINES):
            process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        assert process.stdout.read() == "True True\n"


def test_an_embedded_server_leaves_the_collector_of_its_process_alone() -> None:
    before = (gc.get_threshold(), gc.get_freeze_count(), gc.isenabled())
    with serving():
        assert (gc.get_threshold(), gc.get_freeze_count(), gc.isenabled()) == before


def test_a_server_says_where_it_listens_and_what_it_has() -> None:
    with serve() as served:
        assert re.fullmatch(
            rf"mock-server {re.escape(__version__)} on http://127\.0\.0\.1:[1-9]\d*", served.greeting[0]
        )
        assert served.greeting[1] == "171 scenarios: 171 shipped"


def test_every_line_to_try_polls_a_fresh_task() -> None:
    with serve() as served, serve() as other:
        targets = [re.fullmatch(r'curl "(.+)"', line) for line in served.greeting[2:]]
        for target in targets:
            assert target
            with urllib.request.urlopen(target[1], timeout=PATIENCE) as response:
                assert response.status == 200
        ids = {line.rpartition("=")[2] for line in (*served.greeting[2:], *other.greeting[2:])}
        assert len(ids) == 2 * len(STATUS_PATHS)


def test_a_server_behind_a_published_port_prints_the_url_that_it_is_given() -> None:
    with serve(MOCK_SERVER_PUBLIC_URL="http://127.0.0.1:9000/") as served:
        assert served.greeting[0] == f"mock-server {__version__} on http://127.0.0.1:9000"
        assert all('"http://127.0.0.1:9000/' in line for line in served.greeting[2:])


def test_a_log_in_json_has_the_public_url_and_the_admin_api_where_it_listens() -> None:
    words = ("--public-url", "http://127.0.0.1:9000", "--log-format", "json", "--admin-port", "0")
    with serve(*words, lines=1) as served:
        first = json.loads(served.greeting[0])
    assert first["url"] == "http://127.0.0.1:9000"
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", first["admin_url"])
    assert first["admin_url"] != first["url"]


@pytest.mark.parametrize("server", ["wire", "flask"])
def test_a_page_of_the_named_origin_may_read_a_poll_and_no_other(server: str) -> None:
    page = "http://localhost:3000"
    with serve("--server", server, "--cors", page) as served:
        path, name = STATUS_PATHS["qiniu"]
        for origin, allowed in ((page, page), ("http://localhost:3001", None)):
            request = urllib.request.Request(f"{served.url}{path}?{name}=instant.x", headers={"Origin": origin})
            with urllib.request.urlopen(request, timeout=PATIENCE) as response:
                assert response.headers["Access-Control-Allow-Origin"] == allowed


def test_a_server_says_how_many_scenarios_came_from_where(tmp_path: Path) -> None:
    for name in ("mine", "slow"):
        (tmp_path / f"{name}.yaml").write_text(GOOD, "utf-8")
    with serve("--scenarios", tmp_path) as served:
        assert served.greeting[1] == f"172 scenarios: 170 shipped, 2 from {tmp_path}"


def test_a_server_without_the_shipped_scenarios_suggests_what_it_has(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("vendors: [qiniu]\n" + GOOD, "utf-8")
    with serve("--no-builtin", "--scenarios", tmp_path, lines=3) as served:
        assert served.greeting[1] == f"1 scenario: 1 from {tmp_path}"
        assert "id=mine." in served.greeting[2]


def test_settings_come_from_variables_too(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(GOOD, "utf-8")
    with serve(MOCK_SERVER_SCENARIOS=str(tmp_path), MOCK_SERVER_PROFILE="document") as served:
        assert "creationDate" not in served.poll("mine.x")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_ends_quietly_when_told_to(number: int) -> None:
    with serve() as served:
        assert ended(served, number) == (0, "")


def test_a_server_ends_with_a_delayed_response_under_way(tmp_path: Path) -> None:
    # The response would take an hour: that the process ends within the bound shows that it did not wait for it.
    (tmp_path / "late.yaml").write_text(GOOD + "faults: [{delay: 1h}]\n", "utf-8")
    with serve("--scenarios", tmp_path, "--log-level", "debug") as served:
        host, _, port = served.url.removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port)), timeout=PATIENCE) as client:
            client.sendall(b"GET /status/get/prefop?id=late.x HTTP/1.1\r\nHost: x\r\n\r\n")
            assert served.process.stderr
            assert "id=late.x -> 200" in served.process.stderr.readline()
            assert ended(served)[0] == 0


@pytest.mark.parametrize("busy", ["slow", "quick"])
def test_a_server_ends_whatever_it_is_computing(busy: str, root: Path) -> None:
    # It would compute for ever: that the process ends at all shows that nothing waits for it.
    program = (
        "import threading\n"
        "from mock_server.cli.ending import end_at_signals\n"
        "from mock_server.server.wire.server import WireServer\n"
        "from tests.support.wire_kit import ECHO\n"
        "def compute(request):\n"
        "    print('computing', flush=True)\n"
        "    while True: sum(range(1000))\n"
        f"server = WireServer(ECHO._replace({busy}=compute), '127.0.0.1', 0, threading.Event())\n"
        "end_at_signals(server.close)\n"
        "print(server.port, flush=True)\n"
        "server.run()\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, cwd=root) as process:
        assert process.stdout
        port = int(process.stdout.readline())
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as client:
            client.sendall(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n" if busy == "slow" else GET)
            assert process.stdout.readline() == "computing\n"
            process.send_signal(signal.SIGTERM)
            try:
                assert process.wait(timeout=PATIENCE) == 0
            finally:
                process.kill()


@pytest.mark.parametrize("command", [["serve"], ["exec", "--", "true"], ["intercept", "--ca-dir", "x"]])
def test_a_signal_ends_a_server_that_is_still_starting(command: list[str]) -> None:
    """By a handler of its own: the first process of a container gets no other signals."""
    program = (
        "import signal, sys\n"
        "import mock_server.settings as settings\n"
        "def load(*_, **__):\n"
        "    print('starting', flush=True)\n"
        "    while True: signal.pause()\n"
        "settings.settings_of = load\n"
        "from mock_server.cli import main\n"
        f"sys.argv = ['mock-server', *{command!r}]\n"
        "main()\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "starting\n"
        process.send_signal(signal.SIGTERM)
        try:
            assert process.wait(timeout=PATIENCE) == 128 + signal.SIGTERM
        finally:
            process.kill()


def polls(served: Served, id: str) -> bool:
    """Whether the server answers a poll, and does not refuse it or end the connection."""
    try:
        return bool(served.poll(id)["code"] == 0)
    except OSError:
        return False


@pytest.mark.parametrize("server", ["wire", "flask"])
def test_a_server_out_of_descriptors_says_so_once_and_recovers(server: str) -> None:
    program = (
        "import resource, sys\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (110, 110))\n"
        "from mock_server.cli import main\n"
        f"sys.argv = ['mock-server', 'serve', '--port', '0', '--server', '{server}', '--no-reload']\n"
        "main()\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment({})
    )
    try:
        assert process.stdout
        served = Served(process, [process.stdout.readline().rstrip("\n") for _ in range(LINES)])
        host, _, port = served.url.removeprefix("http://").partition(":")
        clients = [socket.create_connection((host, int(port)), timeout=PATIENCE) for _ in range(200)]
        assert process.stderr
        log = process.stderr.readline()  # beyond its descriptors the wire says 503, the other leaves clients waiting
        for client in clients:
            client.close()
        until(lambda: polls(served, "instant.x"), "it answers again, once it has seen that the clients left")
        code, others = ended(served)
        log += others
    finally:
        process.kill()
        process.communicate()
    assert code == 0
    told = [line for line in log.splitlines() if "descriptors" in line]
    assert len(told) == (1 if server == "flask" else 0), log
    assert "Traceback" not in log
    assert len(log.splitlines()) <= (2 if server == "flask" else 250)


def test_the_log_can_be_json() -> None:
    with serve("--log-format", "json", "--access-log") as served:
        served.poll("happy-path.x")
        line = json.loads(ended(served)[1].splitlines()[-1])
        assert (line["level"], line["task"]) == ("info", "happy-path.x")


def test_every_line_of_a_json_log_is_json() -> None:
    with serve("--log-format", "json", "--access-log") as served:
        served.poll("happy-path.x")
        first, *others = [json.loads(each) for each in served.greeting]
        assert (first["level"], first["url"], first["admin_url"]) == ("info", served.url, served.url)
        assert first["message"].startswith(f"mock-server {__version__} on http://")
        assert [each["message"].partition(" ")[0] for each in others] == ["171", *["curl"] * len(STATUS_PATHS)]
        code, log = ended(served)
        assert (code, [json.loads(each)["level"] for each in log.splitlines()]) == (0, ["info"])


BAD_STARTS: dict[str, tuple[tuple[str, ...], dict[str, str]]] = {
    "two bad files": (("serve", "--port", "0", "--scenarios", "BAD"), {}),
    "by the variable": (("serve", "--port", "0", "--scenarios", "BAD"), {"MOCK_SERVER_LOG_FORMAT": "json"}),
    "a bad setting": (("serve", "--port", "no"), {}),
    "an unknown variable": (("serve",), {"MOCK_SERVER_PROT": "1"}),
    "an unknown flag": (("serve", "--prot", "1"), {}),
    "an address of nobody": (("serve", "--port", "0", "--host", "192.0.2.1"), {}),
    "no command": (("exec", "--", "no-such-command-here"), {}),
    "no server": (("intercept", "--to", "nobody", "--ca-dir", "x"), {}),
    "a flag that is missing": (("intercept",), {}),
    "a certificate that is none": (("serve", "--port", "0", "--tls-cert", "/dev/null", "--tls-key", "/dev/null"), {}),
}


@pytest.mark.parametrize(("words", "environ"), BAD_STARTS.values(), ids=BAD_STARTS)
def test_a_start_that_fails_says_so_in_json_where_the_log_is(
    words: tuple[str, ...], environ: dict[str, str], tmp_path: Path
) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.yaml").write_text("steps: []\n", "utf-8")
    command, *rest = (str(tmp_path) if word == "BAD" else word for word in words)
    flags = () if environ.get("MOCK_SERVER_LOG_FORMAT") else ("--log-format=json",)
    result = run(command, *flags, *rest, **environ)
    assert result.returncode in (2, 127)
    assert result.stdout == ""
    lines = [json.loads(line) for line in result.stderr.splitlines()]
    assert lines
    assert all(set(line) >= {"time", "level", "message"} and line["level"] == "error" for line in lines)
    if "BAD" in words:
        assert [line["where"].partition(":")[0] for line in lines] == [
            str(tmp_path / f"{name}.yaml") for name in ("one", "two")
        ]


def test_what_other_libraries_say_is_json_too() -> None:
    program = (
        "import logging, threading, warnings\n"
        "from mock_server.cli import logs\n"
        "logs.set_up_process('json', 'info')\n"
        "logging.getLogger('waitress').warning('odd %s', 'thing')\n"
        "warnings.warn('old')\n"
        "thread = threading.Thread(target=lambda: 1 / 0, name='worker')\n"
        "thread.start(); thread.join()\n"
        "raise RuntimeError('end')\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    lines = [json.loads(line) for line in ran.stderr.splitlines()]
    assert [line["level"] for line in lines] == ["warning", "warning", "critical", "critical"]
    assert [("traceback" in line) for line in lines] == [False, False, True, True]


NOBODY_READS = 2_500
"""Polls that nobody matches: their lines are many times what a pipe holds."""


@pytest.mark.parametrize("server", ["wire", "flask"])
@pytest.mark.parametrize("form", ["text", "json"])
def test_a_log_that_nobody_reads_holds_up_nothing(server: str, form: str) -> None:
    with serve("--server", server, "--log-format", form) as served:
        host, _, port = served.url.removeprefix("http://").partition(":")
        poll = b"GET /status/get/prefop?id=nobody%s.x HTTP/1.1\r\nHost: x\r\n\r\n" % (b"-" * 60)
        with socket.create_connection((host, int(port)), timeout=PATIENCE) as client:
            for _ in range(NOBODY_READS):
                client.sendall(poll)
                heard = b""
                while not heard.endswith(b"}"):
                    heard += client.recv(1 << 16)
                assert heard.startswith(b"HTTP/1.1 404")
        with urllib.request.urlopen(f"{served.url}/__admin/health", timeout=PATIENCE) as response:
            assert response.status == 200
        served.process.send_signal(signal.SIGTERM)
        assert served.process.wait(timeout=PATIENCE) == 0


def test_a_port_in_use_is_named_with_what_to_do() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = run("serve", "--port", str(port))
    assert result.returncode == 2
    assert result.stderr == f"--port: {port} is in use on 127.0.0.1 (choose another, or 0 for a free one)\n"
    assert result.stdout == ""


def test_a_start_with_bad_files_tells_every_problem(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.yaml").write_text("steps: []\n", "utf-8")
    result = run("serve", "--port", "0", "--scenarios", tmp_path)
    assert result.returncode == 2
    assert [line.split(":")[0] for line in result.stderr.splitlines()] == [
        str(tmp_path / "one.yaml"),
        str(tmp_path / "two.yaml"),
    ]


def test_a_server_imports_nothing_that_only_other_commands_need() -> None:
    with serve(PYTHONPROFILEIMPORTTIME="1") as served:
        imported = {line.rpartition("|")[2].strip() for line in ended(served)[1].splitlines()}
    assert "mock_server.server.wire.server" in imported
    assert not imported & {
        "flask",
        "faker",
        "jsonschema",
        "rich",
        "mock_server.vendors.pool",
        "mock_server.scenarios.timeline",
    }


def test_a_server_goes_on_from_a_saved_run_with_its_settings(tmp_path: Path) -> None:
    kept = tmp_path / "run.json"
    with serving(Settings(seed=7, profile="live", option=(("huawei", "casing", "lower"),))) as server:
        client = Client(server.url)
        client.upload("mine", GOOD)
        urllib.request.urlopen(f"{server.url}/status/get/prefop?id=mine.x").close()
        kept.write_text(json.dumps(client.bundle()), "utf-8")
    with serve("--bundle", kept) as served:
        assert served.poll("mine.x")["code"] == 0  # the second of its polls
        client = Client(served.url)
        assert [exchange.number for exchange in client.requests()] == [1, 2]
        assert client.version().settings["seed"] == 7


def test_a_server_with_other_settings_than_the_run_does_not_start(tmp_path: Path) -> None:
    kept = tmp_path / "run.json"
    with serving(Settings(seed=7)) as server:
        kept.write_text(json.dumps(Client(server.url).bundle()), "utf-8")
    result = run("serve", "--bundle", kept, "--seed", "8", "--port", "0")
    assert (result.returncode, result.stdout) == (2, "")
    assert "the bundle was made with 7, and here it is 8" in result.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "cannot be read: No such file or directory"),
        ("{", "is not JSON: "),
        ("[]", "expected a mapping"),
        ('{"format": "x"}', "$.format"),
    ],
)
@pytest.mark.parametrize("words", [("serve", "--port", "0", "--bundle"), ("requests", "--bundle")])
def test_a_file_that_is_no_bundle_is_told(tmp_path: Path, words: tuple[str, ...], text: str | None, said: str) -> None:
    file = tmp_path / "run.json"
    if text is not None:
        file.write_text(text, "utf-8")
    result = run(*words, file)
    assert (result.returncode, result.stdout) == (2, "")
    assert said in result.stderr
    assert "Traceback" not in result.stderr


# -- exec


def test_exec_tells_its_command_where_the_server_is() -> None:
    code = (
        "import os, urllib.request as r;"
        "print(r.urlopen(os.environ['MOCK_SERVER_URL'] + '/status/get/prefop?id=instant.x').read().decode())"
    )
    result = run("exec", "--", sys.executable, "-c", code)
    assert (result.returncode, result.stderr) == (0, "")
    assert json.loads(result.stdout)["code"] == 0


def test_exec_tells_its_command_where_the_admin_api_is_and_what_opens_it() -> None:
    code = "from os import environ as e; print(e['MOCK_SERVER_URL'] == e['MOCK_SERVER_ADMIN_URL'])"
    inherited = {"MOCK_SERVER_ADMIN_URL": "http://127.0.0.1:1"}
    assert run("exec", "--", sys.executable, "-c", code, **inherited).stdout == "True\n"
    flags = ("--admin-port", "0", "--admin-token", "s3cret")
    assert run("exec", *flags, "--", sys.executable, "-c", code).stdout == "False\n"
    result = run("exec", *flags, "--", *COMMAND, "tasks", "create", "qiniu", "slow", "--id", "job-1")
    assert (result.returncode, result.stdout, result.stderr) == (0, "job-1\n", "")


def test_exec_returns_the_exit_code_of_its_command() -> None:
    assert run("exec", "--", sys.executable, "-c", "raise SystemExit(7)").returncode == 7


def test_exec_tells_a_command_that_was_killed_as_a_shell_does() -> None:
    code = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    assert run("exec", "--", sys.executable, "-c", code).returncode == 128 + signal.SIGKILL


FAIL = "import os, urllib.request as r; r.urlopen(os.environ['MOCK_SERVER_URL'] + '{target}').read(); exit({code})"


def test_exec_keeps_the_run_of_a_command_that_fails(tmp_path: Path) -> None:
    kept = tmp_path / "artifacts" / "run.json"
    code = FAIL.format(target="/status/get/prefop?id=happy-path.x", code=3)
    result = run("exec", "--bundle-on-failure", kept, "--", sys.executable, "-c", code)
    assert (result.returncode, result.stdout, result.stderr) == (3, "", f"the run is saved in {kept}\n")
    with serving() as server:
        client = Client(server.url)
        client.load(json.loads(kept.read_text("utf-8")))
        assert [exchange.id for exchange in client.requests()] == ["happy-path.x"]
        assert client.tasks()[0].id == "happy-path.x"


def test_exec_keeps_no_run_of_a_command_that_succeeds(tmp_path: Path) -> None:
    kept = tmp_path / "run.json"
    assert run("exec", "--bundle-on-failure", kept, "--", sys.executable, "-c", "pass").stderr == ""
    assert not kept.exists()


def test_exec_returns_the_exit_code_of_its_command_where_the_run_cannot_be_saved(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    kept = tmp_path / "file" / "run.json"
    result = run("exec", "--bundle-on-failure", kept, "--", sys.executable, "-c", "exit(3)")
    assert result.returncode == 3
    assert result.stderr.startswith(f"--bundle-on-failure: {kept} cannot be written: ")


def test_exec_leaves_the_commands_own_flags_alone() -> None:
    result = run("exec", sys.executable, "-c", "import sys; print(sys.argv[1:])", "--port", "x", "--help")
    assert result.stdout == "['--port', 'x', '--help']\n"


def test_exec_takes_a_free_port_whatever_the_environment_says() -> None:
    result = run("exec", "--", sys.executable, "-c", PRINT_URL, MOCK_SERVER_PORT="1")
    assert re.fullmatch(r"http://127\.0\.0\.1:\d{4,}\n", result.stdout)


def test_exec_takes_the_port_it_is_given() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = run("exec", "--port", port, "--", sys.executable, "-c", PRINT_URL)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith(f"--port: {port} is in use")


@pytest.mark.parametrize(("word", "code"), [("no-such-command-here", 127), (os.curdir, 126)])
def test_exec_says_which_command_cannot_be_run(word: str, code: int) -> None:
    result = run("exec", "--", word)
    assert result.returncode == code
    assert result.stderr.startswith(f"{word}: cannot be run: ")


@contextmanager
def executing(code: str) -> Iterator[subprocess.Popen[str]]:
    """`exec` with a Python program as its command, once that has printed `ready`."""
    process = subprocess.Popen(
        [*COMMAND, "exec", "--", sys.executable, "-c", code],
        env=environment({}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        yield process


@pytest.mark.parametrize("number", exec_module.RELAYED, ids=lambda number: signal.Signals(number).name)
def test_exec_passes_signals_on_to_its_command(number: int) -> None:
    code = (
        "import signal, sys;"
        f"signal.signal({int(number)}, lambda n, _: sys.exit(40 + n));"
        "print('ready', flush=True);"
        "signal.pause()"
    )
    with executing(code) as process:
        process.send_signal(number)
        assert process.wait(timeout=PATIENCE) == 40 + number


def test_exec_serves_a_command_that_outlives_a_hang_up() -> None:
    code = (
        "import os, signal, urllib.request as r;"
        # Blocked first, so that a signal that comes between the two lines is waited for and not lost.
        "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGHUP]);"
        "print('ready', flush=True);"
        "signal.sigwait([signal.SIGHUP]);"
        "print(r.urlopen(os.environ['MOCK_SERVER_URL'] + '/__admin/health').status)"
    )
    with executing(code) as process:
        assert process.stdout
        process.send_signal(signal.SIGHUP)
        assert process.stdout.readline() == "200\n"
        assert process.wait(timeout=PATIENCE) == 0
