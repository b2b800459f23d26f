"""What the commands share that talk to a running server: finding it, filters as flags, printing, and exit codes."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import update_wrapper
from typing import Any, TypeVar

import click

from mock_server.api.questions import ExchangeFilter, TaskFilter, fields_of
from mock_server.client import Client, NotYet, Unmet
from mock_server.settings import ADMIN_URL, CA, URL, variable
from mock_server.types import Json

F = TypeVar("F", bound=Callable[..., Any])

TOKEN = variable("admin_token")
DEFAULT_URL = "http://127.0.0.1:8080"
UNMET = 1
"""The exit code when what was asked is not so."""
TASK_FLAGS: tuple[str, ...] = tuple(TaskFilter.__annotations__)
EXCHANGE_FLAGS = ("vendor", "id", "scenario", "state", "step", "method", "status")
"""The filters of exchanges that people type; the others are for programs."""


def with_client(command: F) -> F:
    """Gives a command the flags that find the server, and its client as the first argument."""

    @click.option("--url", metavar="URL", help=f"Where the server is. [{ADMIN_URL}, {URL}; default {DEFAULT_URL}]")
    @click.option("--admin-token", metavar="TOKEN", help=f"The token of the admin API. [{TOKEN}]")
    @click.option("--ca", metavar="FILE", help=f"Over HTTPS, trust only the authorities of this PEM file. [{CA}]")
    @click.pass_context
    def run(ctx: click.Context, /, url: str | None, admin_token: str | None, ca: str | None, **options: Any) -> Any:
        if ctx.invoked_subcommand is not None:
            return None
        address = _nearest(ctx, "url") or os.environ.get(ADMIN_URL) or os.environ.get(URL) or DEFAULT_URL
        token = _nearest(ctx, "admin_token") or os.environ.get(TOKEN) or None
        return command(Client(address, token, ca=_nearest(ctx, "ca") or os.environ.get(CA) or None), **options)

    wrapped: Any = update_wrapper(run, command)
    return wrapped  # type: ignore[no-any-return]  # click's decorators keep the type


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
    try:
        yield
    except (Unmet, NotYet) as error:
        click.echo(str(error), err=True)
        for exchange in error.exchanges if isinstance(error, Unmet) else ():
            click.echo(f"  {exchange}", err=True)
        click.get_current_context().exit(UNMET)


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
    return click.option(flag, metavar="TIME" if "pattern" in field else name.upper(), help=text)


def _nearest(ctx: click.Context, name: str) -> Any:
    """An option's value from the nearest command of the line that has it."""
    here: click.Context | None = ctx
    while here is not None:
        if here.params.get(name) is not None:
            return here.params[name]
        here = here.parent
    return None
