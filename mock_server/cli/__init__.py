"""The `mock-server` command. Each of its commands is a module here, imported when it is run."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click

from mock_server import __version__
from mock_server.errors import MockServerError, did_you_mean

COMMANDS: Mapping[str, str] = {
    "serve": "serve",
    "check": "check",
    "scenarios": "scenarios",
    "show": "show",
    "play": "play",
    "new": "new",
    "fixture": "fixture",
    "schema": "schema",
    "exec": "exec",
    "intercept": "intercept",
    "tasks": "tasks",
    "requests": "requests",
    "faults": "faults",
    "clock": "clock",
    "reset": "reset",
    "coverage": "coverage",
    "watch": "watch",
}
"""The commands in the order of the help, each with the module that holds a click command named `command`."""

USAGE = 2
"""The exit code for unusable input."""
INTERRUPTED = 130


class _Commands(click.Group):
    """Imports a command on use: a server must not wait for what only other commands need."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command, in the order of use."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
        """The command of this name. UsageError: there is none; the hint is the closest name."""
        if cmd_name not in COMMANDS:
            ctx.fail(f"no command {cmd_name!r} ({did_you_mean(cmd_name, COMMANDS)})")
        found: click.Command = import_module(f"{__name__}.{COMMANDS[cmd_name]}").command
        return found

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command. An error meant for the user prints its text alone, and Ctrl-C prints nothing."""
        try:
            return super().invoke(ctx)
        except MockServerError as error:
            click.echo(str(error), err=True)
            ctx.exit(USAGE)
        except KeyboardInterrupt:
            ctx.exit(INTERRUPTED)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="mock-server", message="%(prog)s %(version)s")
def cli() -> None:
    """A local stand-in for vendors' task-status APIs, scripted by scenario files."""


def main() -> None:
    """What the `mock-server` script runs."""
    cli(prog_name="mock-server")
