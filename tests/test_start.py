"""What a command or a server imports: only what it needs, for the time of a start is mostly imports.

Modules are counted, for a count is the same on every machine. `-X importtime` lists them as the process imports them.
"""

from __future__ import annotations

import subprocess
import sys

import click
import pytest

from mock_server.cli import COMMANDS, cli
from tests.support.imports import POLL, of_ours, ran, served
from tests.support.shipped import SHIPPED

MOST = {"poll": 190, "check": 112, "requests": 52}
"""Modules of ours, with a few to spare: each takes some tenths of a millisecond of every start."""

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
RARE = frozenset({"difflib", "encodings.idna", "fractions", "html", "statistics"})
"""Modules of the standard library that mistakes, odd faults, pages and names in other scripts than ASCII need."""
SERVING = frozenset(
    {"asyncio", "http.client", "mock_server.assembly", "mock_server.emulator", "mock_server.journal.journal", "ssl"}
)


def test_a_poll_waits_for_nothing_that_only_others_need() -> None:
    modules = served(POLL)
    assert not modules & (HEAVY | ADMIN | RARE | {"mock_server.client"})
    assert len(of_ours(modules)) <= MOST["poll"]


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
    modules = ran(command, "--help")
    assert not modules & (HEAVY | RARE | needless | packages)
    assert len(of_ours(modules)) <= MOST["requests"]


def test_a_check_imports_neither_a_server_nor_the_admin_api() -> None:
    assert len(SHIPPED) > 1
    modules = ran("check")
    assert not modules & (HEAVY | RARE | ADMIN | SERVING)
    assert len(of_ours(modules)) <= MOST["check"]


def test_a_command_ends_without_a_look_for_garbage() -> None:
    """Else the interpreter looks through all objects several times at its end."""
    told = "import atexit, gc; atexit.register(lambda: print(gc.get_freeze_count() > 10_000, gc.get_threshold()[0]))"
    code = f"{told}; import sys; sys.argv[1:] = ['--version']; from mock_server.__main__ import main; main()"
    printed = subprocess.run((sys.executable, "-c", code), capture_output=True, text=True, check=True).stdout
    assert printed.splitlines()[-1] == "True 100000"
