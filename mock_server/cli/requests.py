"""`mock-server requests`: the exchanges of a running server, looked through and judged."""

from __future__ import annotations

from typing import Any

import click

from mock_server.cli.remote import EXCHANGES, judging, must_say, remote, said, some
from mock_server.cli.text import many
from mock_server.client import Client


@click.group("requests", invoke_without_command=True)
@some(*EXCHANGES)
@click.option("--status", type=int, metavar="STATUS", help="Only those answered with this status.")
@click.option("--limit", type=int, default=50, show_default=True, help="List only the newest N.", metavar="N")
@remote
def command(client: Client, limit: int, **wanted: Any) -> None:
    """List the exchanges of a running server, oldest first, or those that are meant.

    The commands below judge them, wait for them and forget them.
    """
    found = client.requests(limit=limit, **said(**wanted))
    click.echo("\n".join(map(str, found)) if found else "no requests")


@command.command("unmatched")
@remote
def unmatched(client: Client) -> None:
    """List the requests that met no task and no path, with what each came closest to. Exit code 1 if there are any."""
    found = client.unmatched()
    click.echo("\n".join(map(str, found)) if found else "none")
    click.get_current_context().exit(1 if found else 0)


@command.command("verify")
@some(*EXCHANGES)
@click.option("--status", type=int, metavar="STATUS", help="Only those answered with this status.")
@click.option("--count", type=int, metavar="N", help="There are exactly so many.")
@click.option("--at-least", type=int, metavar="N", help="There are so many or more.")
@click.option("--at-most", type=int, metavar="N", help="There are so many or fewer.")
@click.option("--order", metavar="STEP,STEP...", help="Each task's polls saw these steps, in this order.")
@click.option("--min-gap", metavar="TIME", help="No task was polled again sooner.")
@click.option("--max-gap", metavar="TIME", help="No task was polled again later.")
@click.option("--honours-retry-after", is_flag=True, default=None, help="No poll came sooner than a Retry-After said.")
@click.option("--backs-off", is_flag=True, default=None, help="The gaps between polls never shrank.")
@click.option("--polls-after-end", type=int, metavar="N", help="At most so many polls came after the end was shown.")
@remote
def verify(
    client: Client,
    count: int | None,
    at_least: int | None,
    at_most: int | None,
    order: str | None,
    min_gap: str | None,
    max_gap: str | None,
    honours_retry_after: bool | None,
    backs_off: bool | None,
    polls_after_end: int | None,
    **wanted: Any,
) -> None:
    """Judge the exchanges that are meant. Exit code 1, with those at fault, if they are not as it says."""
    cadence = said(
        min_gap=min_gap,
        max_gap=max_gap,
        honours_retry_after=honours_retry_after,
        backs_off=backs_off,
        polls_after_end=polls_after_end,
    )
    asked = said(
        count=count,
        at_least=at_least,
        at_most=at_most,
        order=None if order is None else order.split(","),
        cadence=cadence or None,
    )
    with judging():
        click.echo(f"met by {many(len(client.verify(**asked, **said(**wanted))), 'request')}")


@command.command("wait")
@some(*EXCHANGES)
@click.option("--status", type=int, metavar="STATUS", help="Only those answered with this status.")
@click.option("--count", type=int, default=1, show_default=True, help="Until there are so many.")
@click.option("--timeout", type=float, default=10.0, show_default=True, help="Seconds to wait at most.")
@remote
def wait(client: Client, count: int, timeout: float, **wanted: Any) -> None:
    """Wait until there are so many exchanges of those that are meant. Exit code 1 if they do not come in time."""
    with judging():
        click.echo("\n".join(map(str, client.wait(count, timeout, **said(**wanted)))))


@command.command("forget")
@click.option("--all", "everything", is_flag=True, help="The whole journal.")
@some(*EXCHANGES)
@remote
def forget(client: Client, everything: bool, **wanted: Any) -> None:
    """Take the exchanges that are meant out of the journal."""
    given = said(**wanted)
    must_say(everything, given, "requests")
    click.echo(f"{many(client.forget(**given), 'request')} forgotten")
