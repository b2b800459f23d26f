"""`mock-server reset`: resets a running server."""

from __future__ import annotations

import click

from mock_server.api.words import SCOPES
from mock_server.cli.remote import with_client
from mock_server.client import Client


@click.command("reset")
@click.argument("only", nargs=-1, metavar=f"[{'|'.join(SCOPES)}]...")
@with_client
def command(client: Client, only: tuple[str, ...]) -> None:
    """Reset a running server: everything, or only what is named."""
    client.reset(only or None)
    click.echo(f"reset: {', '.join(only) or 'everything'}")
