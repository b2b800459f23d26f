"""What the commands share that talk to a running server: finding it, filters as flags, printing, and exit codes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from mock_server.api.questions import ExchangeFilter, TaskFilter, fields_of
from mock_server.cli.failures import tell
from mock_server.cli.flags import Number
from mock_server.cli.places import told_in_flags
from mock_server.cli.server_flags import BUNDLE as BUNDLE
from mock_server.cli.server_flags import DEFAULT_URL as DEFAULT_URL
from mock_server.cli.server_flags import TOKEN as TOKEN
from mock_server.cli.server_flags import with_client as with_client
from mock_server.cli.text import columns as columns
from mock_server.client import NotYet, Unmet
from mock_server.client.listing import listing
from mock_server.types import Json

F = TypeVar("F", bound=Callable[..., Any])

UNMET = 1
"""The exit code when what was asked is not so."""
TASK_FLAGS: tuple[str, ...] = tuple(TaskFilter.__annotations__)
EXCHANGE_FLAGS = (
    *("vendor", "id", "scenario", "state", "step", "method", "status", "saw", "poll", "submit", "told", "outcome"),
)
"""The filters of exchanges that people type; the others are for programs."""


def bundle_flag(command: F) -> F:
    """Gives a command, and those below it, the flag that names a saved run to read in place of a server."""

    def keep(ctx: click.Context, param: click.Parameter, file: Path | None) -> None:
        if file is not None:
            ctx.meta[BUNDLE] = file

    return click.option(
        "--bundle",
        metavar="FILE",
        type=click.Path(path_type=Path),
        expose_value=False,
        callback=keep,
        help="Read a run that was saved as a bundle; no server is needed.",
    )(command)


def flags_of(question: Any, names: Collection[str] | None = None) -> Callable[[F], F]:
    """Gives a command the fields of a question as flags, with their descriptions as help; `names`: only these."""
    fields = {name: field for name, field in fields_of(question).items() if names is None or name in names}

    def decorate(command: F) -> F:
        for name, field in reversed(fields.items()):
            command = _flag(name, field)(command)
        return command

    return decorate


def task_flags(command: F) -> F:
    """Gives a command the flags that select tasks."""
    return flags_of(TaskFilter)(command)


def exchange_flags(command: F) -> F:
    """Gives a command the flags that select exchanges."""
    return flags_of(ExchangeFilter, EXCHANGE_FLAGS)(command)


def present(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options that were given."""
    return {name: value for name, value in options.items() if value is not None}


@contextmanager
def exit_if_unmet() -> Iterator[None]:
    """If what was asked is not so, prints the server's message and ends the command with the exit code for that."""
    ctx = click.get_current_context()
    try:
        yield
    except NotYet as error:
        tell(str(error))
        ctx.exit(UNMET)
    except Unmet as error:
        # A single finding is the first line, as in a test; several are told apart by their flags.
        found = str(error) if len(error.problems) == 1 else told_in_flags(error, ctx.command)
        exchanges = [] if len(error.problems) == 1 else [f"  {line}" for line in listing(error.exchanges)]
        tell("\n".join([found, *exchanges]))
        ctx.exit(UNMET)


def require_filter(everything: bool, where: Mapping[str, Any], what: str) -> None:
    """UsageError: neither a filter nor --all, so that nobody deletes everything by accident."""
    if not (everything or where):
        raise click.UsageError(f"say which {what}, or --all")


def moment(at: datetime | None) -> str:
    """A moment in UTC for people, empty for None."""
    return "" if at is None else f"{at:%Y-%m-%d %H:%M:%S}Z"


def _flag(name: str, field: Json) -> Callable[[F], F]:
    text, flag, type = field["description"].replace("`", ""), f"--{name.replace('_', '-')}", field.get("type")
    if type == "boolean":
        return click.option(flag, is_flag=True, default=None, help=text)
    if type == "integer":
        return click.option(flag, type=int, metavar="STATUS" if name == "status" else "N", help=text)
    if type == "number":
        return click.option(flag, type=Number(field.get("minimum"), field.get("maximum")), metavar="PART", help=text)
    if "enum" in field and len(field["enum"]) == 2:
        return click.option(flag, metavar="|".join(field["enum"]), help=text)
    return click.option(flag, metavar="TIME" if "pattern" in field else name.upper(), help=text)
