"""`mock-server reset`: a running server made as if it were fresh."""

from __future__ import annotations

import click

from mock_server.cli.remote import remote
from mock_server.client import Client
from mock_server.store.store import SCOPES


@click.command("reset")
@click.argument("only", nargs=-1, metavar=f"[{'|'.join(SCOPES)}]...")
@remote
def command(client: Client, only: tuple[str, ...]) -> None:
    """Make a running server as if it were fresh: all of it, or only what is named."""
    client.reset(only or None)
    click.echo(f"reset: {', '.join(only) or 'everything'}")
