"""`mock-server scenarios`: lists the scenarios, and changes those of a running server."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from mock_server.api.scenarios import GROUPS, Group
from mock_server.cli.flags import LOADING, settings_flags, settings_from
from mock_server.cli.offline import assemble_offline
from mock_server.cli.server_flags import with_client, with_client_if_named
from mock_server.cli.text import columns
from mock_server.control.scenario_view import group_in, listed
from mock_server.errors import InvalidInput, Problem
from mock_server.paths import why_no_file
from mock_server.settings import Words

if TYPE_CHECKING:
    from mock_server.client import Client


class Line(NamedTuple):
    """What the list tells of a scenario."""

    name: str
    group: str
    vendors: Sequence[str]
    about: str


@click.group("scenarios", invoke_without_command=True)
@settings_flags(*LOADING)
@click.option("--group", type=click.Choice(GROUPS), help="Only those of this group.")
@click.option(
    "--find",
    metavar="TEXT",
    help="Only those in which each word of TEXT occurs: names, what happens, the statuses and codes that polls see.",
)
@with_client_if_named
def command(client: Client | None, group: Group | None, find: str | None, **options: Words | None) -> None:
    """List the scenarios: name, group, vendors, what happens.

    With --url it lists those that a running server has in force, uploads included. The commands below put a scenario in
    force on a running server, and remove it.
    """
    if client is None:
        server = assemble_offline(settings_from(options))
        everyone = server.registry.names
        chosen = [(each, group_in(server, each)) for each in listed(server, group, find or "")]
        found = [Line(each.name, its, each.vendors, each.about) for each, its in chosen]
    else:
        everyone = tuple(vendor.name for vendor in client.version().vendors)
        briefs = client.scenarios(group=group, find=find)
        found = [Line(each.name, each.group, each.vendors, each.about) for each in briefs]
    click.echo("\n".join(table(found, everyone)))
    if not found and (find or group):
        click.echo("No scenario fits. Leave a word or the group out; without either, all are listed.", err=True)


@command.command("upload")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--name", metavar="NAME", help="The scenario's name; by default that of the file, without its ending.")
@click.option("--dry-run", "dry", is_flag=True, help="Only check it; nothing is put in force.")
@with_client
def upload(client: Client, file: Path, name: str | None, dry: bool) -> None:
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
    click.echo(client.upload(name or file.stem, text, dry=dry).name)


@command.command("remove")
@click.argument("name")
@with_client
def remove(client: Client, name: str) -> None:
    """Remove an uploaded scenario from a running server.

    If a file has a scenario of that name, that is in force again.
    """
    client.remove(name)
    back = any(each.name == name for each in client.scenarios())
    click.echo(f"{name} removed{'; the one of its file is in force again' if back else ''}")


def table(scenarios: Sequence[Line], everyone: Collection[str]) -> Iterator[str]:
    """A header, then a line for each scenario, by name. `everyone`: all vendors."""
    rows = [("NAME", "GROUP", "VENDORS", "ABOUT")]
    for name, group, served, about in sorted(scenarios):
        vendors = "all" if set(served) == set(everyone) else ",".join(served)
        rows.append((name, group, vendors, " ".join(about.split())))
    yield from columns(rows)
