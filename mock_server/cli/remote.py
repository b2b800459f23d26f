"""What the commands share that talk to a running server: finding it, filters as flags, printing, and exit codes."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import update_wrapper
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import click

from mock_server.api.questions import ExchangeFilter, TaskFilter, fields_of
from mock_server.cli.failures import tell
from mock_server.cli.flags import Number
from mock_server.cli.places import told_in_flags
from mock_server.client import AdminError, Client, NotYet, Unmet
from mock_server.client.listing import listing
from mock_server.errors import InvalidInput, MockServerError
from mock_server.settings import ADMIN_URL, CA, URL, variable
from mock_server.types import Json

F = TypeVar("F", bound=Callable[..., Any])

TOKEN = variable("admin_token")
BUNDLE = f"{__name__}.bundle"
"""Where a command's context has the file that is read in place of a server, if one is named."""
DEFAULT_URL = "http://127.0.0.1:8080"
UNMET = 1
"""The exit code when what was asked is not so."""
TASK_FLAGS: tuple[str, ...] = tuple(TaskFilter.__annotations__)
EXCHANGE_FLAGS = ("vendor", "id", "scenario", "state", "step", "method", "status")
"""The filters of exchanges that people type; the others are for programs."""


def with_client(command: F) -> F:
    """Gives a command the flags that find the server, and its client as the first argument."""
    return _with_server(command, _client_of, f"Where the server is. [{ADMIN_URL}, {URL}; default {DEFAULT_URL}]")


def with_client_if_named(command: F) -> F:
    """Gives a command the same flags. Its first argument is the client only where `--url` names a server, else None.

    For commands that need none: a variable for others must not change what they do.
    """

    def named(ctx: click.Context) -> Client | None:
        return None if _nearest(ctx, "url") is None else _client_of(ctx)

    return _with_server(command, named, "Ask the running server at this URL.")


def _with_server(command: F, find: Callable[[click.Context], Client | None], help: str) -> F:
    @click.option("--url", metavar="URL", help=help)
    @click.option("--admin-token", metavar="TOKEN", help=f"The token of the admin API. [{TOKEN}]")
    @click.option("--ca", metavar="FILE", help=f"Over HTTPS, trust only the authorities of this PEM file. [{CA}]")
    @click.pass_context
    def run(ctx: click.Context, /, url: str | None, admin_token: str | None, ca: str | None, **options: Any) -> Any:
        if ctx.invoked_subcommand is not None:
            return None
        client = find(ctx)
        if client is None:
            return command(None, **options)
        try:
            return command(client, **options)
        except (AdminError, InvalidInput) as error:
            raise MockServerError(told_in_flags(error, ctx.command)) from None

    wrapped: Any = update_wrapper(run, command)
    return wrapped  # type: ignore[no-any-return]  # click's decorators keep the type


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


def columns(rows: Sequence[Sequence[str]]) -> Iterable[str]:
    """Lines with the cells of each column below each other."""
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    return ["  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


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


def _client_of(ctx: click.Context) -> Client:
    """The client for the server that flags or else variables name, or for a saved run in place of it.

    InvalidInput: one of them cannot be used.
    """
    if BUNDLE in ctx.meta:
        from mock_server.cli.offline import client_of_bundle

        return client_of_bundle(ctx.meta[BUNDLE])
    url = _first(ctx, ("--url", "url"), ADMIN_URL, URL) or _Given("URL", DEFAULT_URL)
    token = _first(ctx, ("--admin-token", "admin_token"), TOKEN)
    ca = _first(ctx, ("--ca", "ca"), CA)
    try:
        return Client(url.text, None if token is None else token.text, ca=None if ca is None else ca.text)
    except InvalidInput as error:
        places = {"URL": url, "TOKEN": token, "CA": ca}
        problems = [
            problem._replace(where=given.where) if (given := places.get(problem.where)) else problem
            for problem in error.problems
        ]
        raise InvalidInput(problems) from None


class _Given(NamedTuple):
    """A text, and the flag or variable that it is from."""

    where: str
    text: str


def _first(ctx: click.Context, flag: tuple[str, str], *variables: str) -> _Given | None:
    """What a flag says, wherever it stands; else the first of some variables that is not empty."""
    text = _nearest(ctx, flag[1])
    if text is not None:
        return _Given(flag[0], text)
    return next((_Given(name, word) for name in variables if (word := os.environ.get(name))), None)


def _nearest(ctx: click.Context, name: str) -> Any:
    """An option's value from the nearest command of the line that has it."""
    here: click.Context | None = ctx
    while here is not None:
        if here.params.get(name) is not None:
            return here.params[name]
        here = here.parent
    return None
