"""What a command or a server imports: only what it needs, for the time of a start is mostly imports.

Modules are counted, for a count is the same on every machine. `-X importtime` lists them as the process imports them.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import urllib.request
from functools import cache

import click
import pytest

from mock_server.cli import COMMANDS, cli
from tests.support.shipped import SHIPPED

COMMAND = (sys.executable, "-X", "importtime", "-m", "mock_server")
POLL = "/status/get/prefop?id=happy-path.x"

HEAVY = frozenset(
    {"aiohttp", "faker", "flask", "jsonschema", "prometheus_client", "redis", "rich", "trustme", "waitress", "werkzeug"}
)
"""What nothing here may import."""
ADMIN = frozenset({"msgspec", "mock_server.admin.admin", "mock_server.control", "mock_server.dashboard"})
"""What the admin API and the pages need, and a poll does not."""
OF_HEALTH = frozenset(
    {
        "admin.about",
        "admin.admin",
        "admin.body",
        "admin.errors",
        "admin.guard",
        "admin.lists",
        "admin.pretty",
        "admin.route",
        "api.codec",
        "api.contract",
        "api.exchange",
        "api.values",
        "control",
        "control.refused",
    }
)
"""All of ours that the first question for the health imports, and a poll does not."""
RARE = frozenset({"difflib", "fractions", "html", "statistics"})
"""Modules of the standard library that mistakes, odd faults and pages need."""
SERVING = frozenset(
    {"asyncio", "http.client", "mock_server.assembly", "mock_server.emulator", "mock_server.journal.journal", "ssl"}
)


def imported(log: str) -> frozenset[str]:
    """The modules that a process imported, by what `-X importtime` wrote."""
    rows = frozenset(re.findall(r"^import time: +[0-9]+ \| +[0-9]+ \| +(\S+)$", log, re.MULTILINE))
    assert "mock_server.cli" in rows
    return rows - of_any_process()


def of_ours(modules: frozenset[str]) -> frozenset[str]:
    """Those of this package, named from it."""
    return frozenset(name.partition(".")[2] for name in modules if name.startswith("mock_server."))


@cache
def of_any_process() -> frozenset[str]:
    """What every process here imports: a run that measures coverage has each import its own modules."""
    log = subprocess.run((*COMMAND[:3], "-c", "pass"), capture_output=True, text=True, check=True).stderr
    return frozenset(re.findall(r"^import time: +[0-9]+ \| +[0-9]+ \| +(\S+)$", log, re.MULTILINE))


def ran(*words: str) -> frozenset[str]:
    """The modules that a command imports, which must end well."""
    ended = subprocess.run((*COMMAND, *words), capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr[-2_000:]
    return imported(ended.stderr)


def served(*targets: str) -> frozenset[str]:
    """The modules that a server imports until it has answered these requests, and ended."""
    serve = (*COMMAND, "serve", "--port", "0")
    server = subprocess.Popen(serve, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        found = re.search(r"http://[\d.:]+", server.stdout.readline())
        assert found is not None
        for target in targets:
            with urllib.request.urlopen(found.group() + target, timeout=30) as response:
                assert json.load(response)
    finally:
        server.terminate()
        log = server.communicate()[1]
    return imported(log)


def test_a_poll_waits_for_nothing_that_only_others_need() -> None:
    assert not served(POLL) & (HEAVY | ADMIN | RARE | {"mock_server.client"})


def test_the_first_question_for_the_health_imports_a_small_part_of_the_admin_api() -> None:
    before, modules = served(POLL), served(POLL, "/__admin/health", "/__admin/version")
    assert of_ours(modules - before) == OF_HEALTH
    assert not modules & (HEAVY | RARE | {"mock_server.client", "mock_server.dashboard"})


def test_the_first_other_request_of_the_admin_api_imports_the_rest() -> None:
    modules = served("/__admin/clock")
    assert "mock_server.admin.operations" in modules
    assert not modules & (HEAVY | RARE | {"mock_server.client", "mock_server.dashboard"})


def test_the_list_of_commands_imports_none_of_them() -> None:
    assert of_ours(ran("--help")) == {"cli", "cli.ending", "cli.failures", "errors", "types", "version"}


@pytest.mark.parametrize("command", COMMANDS)
def test_the_list_of_commands_says_of_each_what_its_own_help_begins_with(command: str) -> None:
    found = cli.get_command(click.Context(cli), command)
    assert found is not None
    assert found.get_short_help_str(limit=1_000) == COMMANDS[command]


@pytest.mark.parametrize("command", ["tasks", "requests", "faults", "clock", "reset"])
def test_a_command_for_a_running_server_imports_no_server(command: str) -> None:
    needless = {"asyncio", "logging", "yaml", "mock_server.engine.draws", "mock_server.engine.scenario"}
    packages = {f"mock_server.{name}" for name in ("admin", "control", "journal", "scenarios", "server", "vendors")}
    assert not ran(command, "--help") & (HEAVY | RARE | needless | packages)


def test_a_check_imports_neither_a_server_nor_the_admin_api() -> None:
    assert len(SHIPPED) > 1
    assert not ran("check") & (HEAVY | RARE | ADMIN | SERVING)


def test_a_command_ends_without_a_look_for_garbage() -> None:
    """Else the interpreter looks through all objects several times at its end."""
    told = "import atexit, gc; atexit.register(lambda: print(gc.get_freeze_count() > 10_000, gc.get_threshold()[0]))"
    code = f"{told}; import sys; sys.argv[1:] = ['--version']; from mock_server.__main__ import main; main()"
    printed = subprocess.run((sys.executable, "-c", code), capture_output=True, text=True, check=True).stdout
    assert printed.splitlines()[-1] == "True 100000"
