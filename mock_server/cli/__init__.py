"""The `mock-server` command. Each of its commands is a module here, imported when it is run."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

import click

from mock_server import __version__
from mock_server.cli.logs import Form, form_of, line, problem_lines
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

LOGGING = ("serve", "exec", "intercept")
"""The commands that write a log. All that they print has its form."""

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

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Keeps the words as they came, for `invoke`."""
        ctx.obj = tuple(args)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command. An error meant for the user prints its text alone, and Ctrl-C prints nothing."""
        try:
            return super().invoke(ctx)
        except MockServerError as error:
            click.echo("\n".join(problem_lines(_form(ctx.obj), error)), err=True)
            ctx.exit(USAGE)
        except click.ClickException as error:
            if _form(ctx.obj) == "text":
                raise
            click.echo(line("json", "error", error.format_message()), err=True)
            ctx.exit(error.exit_code)
        except KeyboardInterrupt:
            ctx.exit(INTERRUPTED)


def _form(words: Sequence[str]) -> Form:
    return form_of(words, os.environ) if words[:1] and words[0] in LOGGING else "text"


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="mock-server", message="%(prog)s %(version)s")
def cli() -> None:
    """A local stand-in for vendors' task-status APIs, scripted by scenario files."""


def main() -> None:
    """What the `mock-server` script runs."""
    cli(prog_name="mock-server")
