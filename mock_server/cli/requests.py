"""`mock-server requests`: the exchanges of a running server: list, show, verify, wait, forget."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

import click

from mock_server.api.exchange import Exchanges, among_them
from mock_server.api.questions import Cadence, Expectation
from mock_server.cli.exchanges import Rows, following, json_line, older, whole
from mock_server.cli.flags import Seconds
from mock_server.cli.remote import (
    BUNDLE,
    bundle_flag,
    exchange_flags,
    exit_if_unmet,
    flags_of,
    present,
    require_filter,
    with_client,
)
from mock_server.cli.text import many
from mock_server.client import Client
from mock_server.errors import MockServerError

_COUNTS = ("count", "at_least", "at_most")
_ASKED = (*_COUNTS, "statuses")
_PAUSE = 0.5
"""Seconds between two looks at a journal that is followed."""


def _statuses(ctx: click.Context, param: click.Parameter, value: str | None) -> list[int] | None:
    if value is None:
        return None
    try:
        return [int(word) for word in value.split(",")]
    except ValueError:
        raise click.BadParameter("expected numbers with commas between them, such as 200,599,200") from None


@click.group("requests", invoke_without_command=True)
@exchange_flags
@click.option("--limit", type=int, default=50, show_default=True, help="List only the newest N.", metavar="N")
@click.option("--follow", is_flag=True, help="Go on with those to come, until Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="Print each as one line of JSON.")
@bundle_flag
@with_client
def command(client: Client, limit: int, follow: bool, as_json: bool, **where: Any) -> None:
    """List the exchanges of a running server, or of a bundle.

    The oldest stands first. Each line has the number, the moment, the gap since the poll before of the same task, the
    request, and the response.

    The commands below show one, verify them, wait for them and forget them.
    """
    if follow and BUNDLE in click.get_current_context().meta:
        raise click.UsageError("a bundle is complete; there is nothing to follow")
    found = client.journal(limit=limit, total=not as_json, **present(where))
    line = json_line if as_json else Rows(found.requests)
    if found.requests or follow or as_json:
        before = "" if as_json else older(found)
        _print([*([before] if before else []), *map(line, found.requests)])
    else:
        click.echo("no requests")
    if not follow:
        return

    def read(after: int, most: int) -> Exchanges:
        return client.journal(limit=most, **{**present(where), "after": after})

    # Between two looks, since the server sends nothing by itself; Ctrl-C ends the wait.
    for new in following(read, found.counters.exchanges, lambda: time.sleep(_PAUSE)):
        _print(map(line, new))


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(line)


@command.command("show")
@click.argument("number", type=int)
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@with_client
def show(client: Client, number: int, as_json: bool) -> None:
    """Show one exchange whole, by its NUMBER.

    Besides request and response that is the gap since the poll before, what faults changed line by line, and what the
    vendor's document says of the fields of the body.
    """
    found = client.request(number)
    click.echo(json_line(found) if as_json else whole(found))


@command.command("unmatched")
@with_client
def unmatched(client: Client) -> None:
    """List the requests that met no task and no path.

    Each has what it came closest to. What was refused before it was a request follows. Exit code 1 if there are any.
    """
    found, refused = client.unmatched(), client.refused()
    lines = [*map(str, found), *map(str, refused.newest)]
    if refused.count > len(refused.newest):
        lines.append(f"{refused.count} were refused in all")
    click.echo("\n".join(lines) if lines else "none")
    click.get_current_context().exit(1 if lines else 0)


@command.command("verify")
@exchange_flags
@flags_of(Expectation, _COUNTS)
@click.option("--order", metavar="STEP,STEP...", help="The steps that each task's polls saw, in this order.")
@click.option(
    "--statuses",
    metavar="STATUS,STATUS...",
    callback=_statuses,
    help="The statuses of each task's responses, in order.",
)
@flags_of(Cadence)
@with_client
def verify(client: Client, order: str | None, **options: Any) -> None:
    """Check the matching exchanges. Exit code 1 if they are not as expected; those at fault are printed."""
    given = present(options)
    cadence = {name: given.pop(name) for name in Cadence.__annotations__ if name in given}
    steps = None if order is None else order.split(",")
    if steps is not None and not all(steps):
        raise click.BadParameter(f"{order!r} is not STEP,STEP...", param_hint="--order")
    if not (cadence or steps or any(name in given for name in _ASKED)):
        raise MockServerError(
            "nothing is asked: say --count, --at-least, --at-most, --order, --statuses, or a cadence (--min-gap …)"
        )
    question = given | present({"order": steps, "cadence": cadence or None})
    with exit_if_unmet():
        found = client.verify(**question)
        submits = among_them(sum(each.submits for each in found), len(found))
        click.echo(f"met by {many(len(found), 'request')}{f', {submits}' if submits else ''}")


@command.command("wait")
@exchange_flags
@click.option("--count", type=int, default=1, show_default=True, help="How many exchanges to wait for.")
@click.option(
    "--timeout", type=Seconds(0), default=10.0, show_default=True, metavar="SECONDS", help="How long to wait."
)
@with_client
def wait(client: Client, count: int, timeout: float, **where: Any) -> None:
    """Wait for matching exchanges and print them. Exit code 1 if they do not come in time."""
    with exit_if_unmet():
        click.echo("\n".join(map(str, client.wait(count, timeout, **present(where)))))


@command.command("forget")
@click.option("--all", "everything", is_flag=True, help="The whole journal, attempts to notify included.")
@exchange_flags
@with_client
def forget(client: Client, everything: bool, **where: Any) -> None:
    """Remove the matching exchanges from the journal."""
    given = present(where)
    if BUNDLE in click.get_current_context().meta:
        raise click.UsageError("a bundle is only read; nothing is removed from it")
    require_filter(everything, given, "requests")
    attempts = 0 if given else client.forget(told=True)
    click.echo(f"{many(client.forget(**given) + attempts, 'request')} forgotten")
