"""`mock-server schema`: the JSON Schema of scenario files."""

from __future__ import annotations

import click

from mock_server.scenarios.language.schema import schema_text
from mock_server.vendors.registry import Registry


@click.command("schema")
def command() -> None:
    """Print the JSON Schema of scenario files, for editors and other tools."""
    click.echo(schema_text(Registry()), nl=False)
