"""`mock-server schema`: the JSON Schema of scenario files."""

from __future__ import annotations

import click

from mock_server.cli.text import print_file
from mock_server.scenarios.language.schema import schema_text
from mock_server.vendors.registry import Registry


@click.command("schema")
def command() -> None:
    """Print the JSON Schema of scenario files, for editors."""
    print_file(schema_text(Registry()))
