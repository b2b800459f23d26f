"""The `mock-server` command. Each of its commands is a module here, imported when it is run."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from keyword import iskeyword
from typing import Any

import click

from mock_server import __version__
from mock_server.cli.ending import end_while_starting
from mock_server.cli.failures import LONGEST, failure_of, prepare_streams, shortened, tell
from mock_server.errors import did_you_mean, in_a_row

COMMANDS: Mapping[str, str] = {
    "serve": "Serve the scenarios until Ctrl-C or SIGTERM.",
    "check": "Check scenario files, or all files of a folder.",
    "scenarios": "List the scenarios: name, group, vendors, what happens.",
    "show": "Show the scenario NAME step by step.",
    "play": "Poll a task of the scenario NAME, and print what polls see.",
    "new": "Print a scenario file with comments, ready to be edited.",
    "import": "Make scenarios of what another tool captured or serves.",
    "fixture": "Print a pool of plausible items of VENDOR.",
    "schema": "Print the JSON Schema of scenario files, for editors.",
    "exec": "Run CMD with a server of its own.",
    "receive": "Receive notifications and check their signatures.",
    "record": "Make a scenario of what a real service answers.",
    "intercept": "Take the place of the vendors' own hosts.",
    "tasks": "List the tasks of a running server.",
    "requests": "List the exchanges of a running server, or of a bundle.",
    "faults": "List the faults armed on a running server.",
    "rules": "List the rules of what submits to a running server play.",
    "notifications": "List the notifications of a running server, by attempt.",
    "clock": "Show the virtual clock of a running server.",
    "actions": "List what was done to a running server.",
    "reset": "Reset a running server: everything, or only what is named.",
    "coverage": "Show which steps and edges of the scenarios were reached.",
    "bundle": "Save the run of a running server as one file, or load one.",
    "diff": "Compare what clients asked and saw in two runs.",
    "watch": "Show the tasks of a running server live, until Ctrl-C.",
}
"""The commands in the order of the help, each with its short help, so that the list imports none of them.

The module of the same name, `import_` for a keyword of Python, holds a click command named `command`, whose help
begins with the same sentence.
"""

_NO_COMMAND = re.compile(r"No such command ['\"](.*)['\"]\.", re.DOTALL)
"""How click complains of a word that is no command of its group."""

LOGGING = ("serve", "exec", "intercept")
"""The commands that write a log. All that they print has its form."""


class _Commands(click.Group):
    """Imports a command on use: a server must not wait for what only other commands need."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command, in the order of use."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
        """The command of this name. UsageError: there is none; the hint is the closest name."""
        if cmd_name not in COMMANDS:
            known = _meant(cmd_name, COMMANDS)
            hint = did_you_mean(cmd_name, COMMANDS) if known is None else f'did you mean "{known}"?'
            ctx.fail(f"no command {cmd_name!r} ({hint})")
        module = f"{cmd_name}_" if iskeyword(cmd_name) else cmd_name
        found: click.Command = import_module(f"{__name__}.{module}").command
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes the list of commands from the table, each line cut as click cuts those of a command's own help."""
        limit = formatter.width - 6 - max(len(name) for name in COMMANDS)
        rows = [(name, click.Command(name, help=text).get_short_help_str(limit)) for name, text in COMMANDS.items()]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Keeps the words as they came, for `invoke`."""
        ctx.obj = tuple(args)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command. Whatever fails ends it with a line for the user, and Ctrl-C with none."""
        try:
            with _short_messages():
                return super().invoke(ctx)
        except (click.exceptions.Exit, click.Abort):
            raise
        except click.ClickException as error:
            if not _logs_json(ctx.obj):
                raise
            from mock_server.cli.logs import json_line

            tell(json_line("error", error.format_message()))
            ctx.exit(error.exit_code)
        except (Exception, KeyboardInterrupt) as error:
            ctx.exit(_code(error, in_json=_logs_json(ctx.obj)))

    def make_context(self, *args: Any, **options: Any) -> click.Context:
        """The context of a command line, whose own flags are read here."""
        with _short_messages():
            return super().make_context(*args, **options)

    def main(self, *args: Any, **options: Any) -> Any:
        """Runs the command line. What fails outside a command is told in the same way: its help, or its complaint."""
        try:
            return super().main(*args, **options)
        except Exception as error:
            sys.exit(_code(error))


@contextmanager
def _short_messages() -> Iterator[None]:
    """Shortens what click complains of: it quotes arguments whole. And says what to do."""
    try:
        yield
    except click.ClickException as error:
        if (unknown := _unknown(error)) is not None:
            raise unknown from None
        error.message = shortened(error.message, LONGEST // 2) + _remedy(error)  # type: ignore[misc]  # final for subclasses, not for a cut
        raise


def _remedy(error: click.ClickException) -> str:
    """What to do about an option like `-5s`."""
    if isinstance(error, click.NoSuchOption) and error.option_name[1:2].isdigit():
        return " (what begins with - and is no option follows after --)"
    return ""


def _meant(word: str, commands: Collection[str]) -> str | None:
    from mock_server.cli.meant import meant  # only a word that is no command needs it

    return meant(word, commands)


def _unknown(error: click.ClickException) -> click.UsageError | None:
    """What to say of a word like `list` that is no command of its group, in place of what click says: it suggests by
    letters alone, and so `freeze` for `unfreeze`. None: the error is another one.
    """
    found = _NO_COMMAND.match(error.message)
    ctx = error.ctx if isinstance(error, click.UsageError) else None
    if found is None or ctx is None or not isinstance(ctx.command, click.Group):
        return None
    commands = ctx.command.commands
    known = _meant(found[1], commands)
    hints = [*([f'did you mean "{known}"?'] if known else []), ", ".join(commands)]
    if ctx.command.invoke_without_command:
        hints.append(f"{ctx.command_path} alone: {ctx.command.get_short_help_str(200)}")
    what = shortened(f"{ctx.command.name} has no command {found[1]!r}", LONGEST // 2)
    return click.UsageError(f"{what} ({in_a_row(hints)})", ctx)


def _code(error: BaseException, *, in_json: bool = False) -> int:
    """The exit code for an error, whose text is printed first."""
    code, reason = failure_of(error)
    if reason is not None and in_json:
        from mock_server.cli.logs import problem_lines

        tell("\n".join(problem_lines(reason)))
    elif reason is not None:
        tell(str(reason))
    return code


def _logs_json(words: Sequence[str]) -> bool:
    """Whether the command writes a log in JSON. Only a command that writes one imports how."""
    if not words or words[0] not in LOGGING:
        return False
    from mock_server.cli.logs import form_of

    return form_of(words, os.environ) == "json"


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="mock-server", message="%(prog)s %(version)s")
def cli() -> None:
    """A local stand-in for vendors' task-status APIs, scripted by scenario files."""


def main() -> None:
    """What the `mock-server` script runs."""
    end_while_starting()
    prepare_streams()
    cli(prog_name="mock-server")
