"""What the commands share that talk to a running server: how it is found, what they print, and how they end."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import update_wrapper
from typing import Any, TypeVar

import click

from mock_server.client import Client, NotYet, Unmet
from mock_server.settings import ADMIN_URL, CA, URL, variable

F = TypeVar("F", bound=Callable[..., Any])

TOKEN = variable("admin_token")
DEFAULT_URL = "http://127.0.0.1:8080"
UNMET = 1
"""The exit code when what was asked is not so."""


def remote(command: F) -> F:
    """Gives a command the flags that find the server, and its client as first argument."""

    @click.option("--url", metavar="URL", help=f"Where it is. [{ADMIN_URL}, {URL}; default {DEFAULT_URL}]")
    @click.option("--admin-token", metavar="TOKEN", help=f"What the server wants to be shown. [{TOKEN}]")
    @click.option("--ca", metavar="FILE", help=f"Over HTTPS trust the authorities of this PEM file alone. [{CA}]")
    @click.pass_context
    def told(ctx: click.Context, /, url: str | None, admin_token: str | None, ca: str | None, **given: Any) -> Any:
        if ctx.invoked_subcommand is not None:
            return None
        address = _said(ctx, "url") or os.environ.get(ADMIN_URL) or os.environ.get(URL) or DEFAULT_URL
        token = _said(ctx, "admin_token") or os.environ.get(TOKEN) or None
        return command(Client(address, token, ca=_said(ctx, "ca") or os.environ.get(CA) or None), **given)

    wrapped: Any = update_wrapper(told, command)
    return wrapped  # type: ignore[no-any-return]  # click's decorators keep the type


def some(*flags: tuple[str, str]) -> Callable[[F], F]:
    """Gives a command the flags (name, help) that say which tasks or exchanges are meant."""

    def decorate(command: F) -> F:
        for name, text in reversed(flags):
            command = click.option(f"--{name}", metavar=name.upper(), help=text)(command)
        return command

    return decorate


TASKS = (
    ("vendor", "Only those of this vendor."),
    ("id", "Only this task, or those whose ids begin so: a prefix with one final *."),
    ("scenario", "Only those that play this scenario."),
    ("state", "Only those in this state."),
)
EXCHANGES = (*TASKS, ("step", "Only those that saw this step."), ("method", "Only those of this method."))


def said(**given: Any) -> dict[str, Any]:
    """The flags that were given."""
    return {name: value for name, value in given.items() if value is not None}


@contextmanager
def judging() -> Iterator[None]:
    """What is not as it was asked to be ends the command with the exit code for that, and with the server's words."""
    try:
        yield
    except (Unmet, NotYet) as error:
        click.echo(str(error), err=True)
        for exchange in error.exchanges if isinstance(error, Unmet) else ():
            click.echo(f"  {exchange}", err=True)
        click.get_current_context().exit(UNMET)


def must_say(everything: bool, given: dict[str, Any], what: str) -> None:
    """Nobody throws everything away by leaving a word out. UsageError: nothing is said."""
    if not (everything or given):
        raise click.UsageError(f"say which {what}, or --all")


def columns(rows: Sequence[Sequence[str]]) -> Iterable[str]:
    """Lines in which the cells of each column stand below each other."""
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    return ["  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def moment(at: datetime | None) -> str:
    """A moment in UTC, for people; nothing where there is none."""
    return "" if at is None else f"{at:%Y-%m-%d %H:%M:%S}Z"


def _said(ctx: click.Context, name: str) -> Any:
    """What the nearest command on the line says."""
    here: click.Context | None = ctx
    while here is not None:
        if here.params.get(name) is not None:
            return here.params[name]
        here = here.parent
    return None
