"""`mock-server notifications`: the attempts to deliver notifications, what is owed, and one more on request."""

from __future__ import annotations

import json
from typing import Any

import click

from mock_server.api.codec import plain
from mock_server.api.words import OUTCOMES
from mock_server.cli.remote import BUNDLE, bundle_flag, present, with_client
from mock_server.cli.text import printable
from mock_server.client import Client


@click.group("notifications", invoke_without_command=True)
@click.option("--vendor", metavar="VENDOR", help="Only notifications of this vendor's tasks.")
@click.option("--id", metavar="ID", help="Only the task with this id; a final * makes it a prefix.")
@click.option("--outcome", metavar="|".join(OUTCOMES), help="Only attempts that came to this.")
@click.option("--limit", type=int, default=50, show_default=True, help="List only the newest N.", metavar="N")
@click.option("--json", "as_json", is_flag=True, help="Print each attempt as one line of JSON.")
@bundle_flag
@with_client
def command(client: Client, limit: int, as_json: bool, **where: Any) -> None:
    """List the notifications of a running server, by attempt.

    The oldest stands first. Each line has the number, the moment, the task, which of its notifications and which
    attempt it was, what came of it, and the URL. What the same tasks still owe follows, the soonest first; with
    --outcome again only what is owed after such an attempt, and with another outcome nothing, since none follows.

    `requests show NUMBER` shows one attempt whole. The command below sends one more notification.
    """
    found = client.notifications_page(limit=limit, **present(where))
    if as_json:
        lines = [json.dumps(plain(attempt), ensure_ascii=False) for attempt in found.notifications]
    else:
        hidden = found.total - len(found.notifications)
        older = [f"… {hidden} older one{'' if hidden == 1 else 's'} (--limit)"] if hidden else []
        lines = [*older, *map(str, found.notifications), *map(str, found.owed)] or ["no notifications"]
    for line in lines:
        click.echo(printable(line))


@command.command("send")
@click.argument("vendor")
@click.argument("id")
@with_client
def send(client: Client, vendor: str, id: str) -> None:
    """Notify of what the task of VENDOR with this ID shows now, in any step.

    It comes besides what the task's scenario says. Prints what is owed.
    """
    if BUNDLE in click.get_current_context().meta:
        raise click.UsageError("a bundle is only read; nothing is sent from it")
    click.echo(printable(str(client.notify(vendor, id))))
