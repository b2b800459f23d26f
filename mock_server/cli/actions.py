"""`mock-server actions`: what was done to a running server."""

from __future__ import annotations

import click

from mock_server.cli.remote import with_client
from mock_server.cli.text import printable
from mock_server.client import Client


@click.command("actions")
@with_client
def command(client: Client) -> None:
    """List what was done to a running server.

    These are the calls of its admin API that changed something, armed faults that were used up or out of time, and
    files that were loaded again: the newest 1,000, the oldest of them first.
    """
    found = client.actions()
    click.echo("\n".join(printable(str(each)) for each in found) if found else "nothing was done")
