"""`mock-server show NAME`: one scenario as a timeline."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mock_server.cli.flags import LOADING, settings_flags, settings_from
from mock_server.cli.offline import source_of
from mock_server.cli.server_flags import with_client_if_named
from mock_server.cli.text import print_file
from mock_server.scenarios.timeline import lines, mermaid, svg, timeline_of
from mock_server.settings import Words

if TYPE_CHECKING:
    from mock_server.client import Client


@click.command("show")
@click.argument("name")
@click.option("--mermaid", "form", flag_value="mermaid", help="Print a Mermaid diagram.")
@click.option("--svg", "form", flag_value="svg", help="Print an SVG image.")
@settings_flags(*LOADING, "pace")
@with_client_if_named
def command(client: Client | None, *, name: str, form: str | None, **options: Words | None) -> None:
    """Show the scenario NAME step by step.

    NAME is a scenario's name or the path of a file. Each step has what each vendor answers, and when the task moves on.
    With --url it shows what that server has in force, uploads included.
    """
    if client is None:
        source = source_of(name, settings_from(options), None)
        timeline = timeline_of(source.scenario, source.renderer, pace=source.pace)
    else:
        timeline = client.timeline(name)
    if form is None:
        click.echo("\n".join(lines(timeline)))
    else:
        print_file(mermaid(timeline) if form == "mermaid" else svg(timeline))
