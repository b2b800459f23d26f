"""`mock-server scenarios`: lists the scenarios."""

from __future__ import annotations

from collections.abc import Iterator

import click

from mock_server.assembly import Server
from mock_server.cli.flags import LOADING, settings_flags, settings_from
from mock_server.cli.offline import assemble_offline
from mock_server.settings import Words


@click.command("scenarios")
@settings_flags(*LOADING)
def command(**options: Words | None) -> None:
    """List the scenarios: name, vendors served, what happens."""
    click.echo("\n".join(table(assemble_offline(settings_from(options)))))


def table(server: Server) -> Iterator[str]:
    """A header, then a line for each scenario, by name."""
    everyone = server.registry.names
    rows = [("NAME", "VENDORS", "ABOUT")]
    for name, scenario in sorted(server.catalogue.library.scenarios.items()):
        vendors = "all" if set(scenario.vendors) == set(everyone) else ",".join(scenario.vendors)
        rows.append((name, vendors, " ".join(scenario.about.split())))
    first, second = (max(len(row[k]) for row in rows) for k in (0, 1))
    return (f"{name:{first}}  {vendors:{second}}  {about}".rstrip() for name, vendors, about in rows)
