"""`mock-server scenarios`: lists the scenarios, and changes those of a running server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from mock_server.assembly import Server
from mock_server.cli.flags import LOADING, settings_flags, settings_from
from mock_server.cli.offline import assemble_offline
from mock_server.cli.remote import with_client
from mock_server.client import Client
from mock_server.errors import InvalidInput, Problem
from mock_server.paths import why_no_file
from mock_server.settings import Words


@click.group("scenarios", invoke_without_command=True)
@settings_flags(*LOADING)
@click.pass_context
def command(ctx: click.Context, /, **options: Words | None) -> None:
    """List the scenarios: name, vendors served, what happens.

    The commands below put a scenario in force on a running server, and remove it.
    """
    if ctx.invoked_subcommand is None:
        click.echo("\n".join(table(assemble_offline(settings_from(options)))))


@command.command("upload")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--name", metavar="NAME", help="The scenario's name; by default that of the file, without its ending.")
@with_client
def upload(client: Client, file: Path, name: str | None) -> None:
    """Put the scenario of FILE in force on a running server.

    It stays until it is removed or the server is reset.
    """
    why = why_no_file(file)
    try:
        text = "" if why else file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = str(error)
    if why:
        raise InvalidInput([Problem(str(file), f"cannot be read: {why}")])
    click.echo(client.upload(name or file.stem, text).name)


@command.command("remove")
@click.argument("name")
@with_client
def remove(client: Client, name: str) -> None:
    """Remove an uploaded scenario from a running server.

    If a file has a scenario of that name, that is in force again.
    """
    client.remove(name)


def table(server: Server) -> Iterator[str]:
    """A header, then a line for each scenario, by name."""
    everyone = server.registry.names
    rows = [("NAME", "VENDORS", "ABOUT")]
    for name, scenario in sorted(server.catalogue.library.scenarios.items()):
        vendors = "all" if set(scenario.vendors) == set(everyone) else ",".join(scenario.vendors)
        rows.append((name, vendors, " ".join(scenario.about.split())))
    first, second = (max(len(row[k]) for row in rows) for k in (0, 1))
    return (f"{name:{first}}  {vendors:{second}}  {about}".rstrip() for name, vendors, about in rows)
