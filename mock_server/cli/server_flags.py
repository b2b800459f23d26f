"""The flags that name a running server, and its client, which is imported once a command is to talk to a server."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import update_wrapper
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click

from mock_server.errors import InvalidInput, MockServerError
from mock_server.settings import ADMIN_URL, CA, URL, variable

if TYPE_CHECKING:
    from mock_server.client import Client

F = TypeVar("F", bound=Callable[..., Any])

TOKEN = variable("admin_token")
BUNDLE = f"{__name__}.bundle"
"""Where a command's context has the file that is read in place of a server, if one is named."""
DEFAULT_URL = "http://127.0.0.1:8080"


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
        from mock_server.cli.places import told_in_flags
        from mock_server.client import AdminError

        try:
            return command(client, **options)
        except (AdminError, InvalidInput) as error:
            raise MockServerError(told_in_flags(error, ctx.command)) from None

    wrapped: Any = update_wrapper(run, command)
    return wrapped  # type: ignore[no-any-return]  # click's decorators keep the type


def _client_of(ctx: click.Context) -> Client:
    """The client for the server that flags or else variables name, or for a saved run in place of it.

    InvalidInput: one of them cannot be used.
    """
    if BUNDLE in ctx.meta:
        from mock_server.cli.runs import client_of_bundle

        return client_of_bundle(ctx.meta[BUNDLE])
    from mock_server.client import Client

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
