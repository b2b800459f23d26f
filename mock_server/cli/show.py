"""`mock-server show NAME`: one scenario as a timeline."""

from __future__ import annotations

import click

from mock_server.cli.flags import LOADING, settings_flags, settings_from
from mock_server.cli.offline import assemble_offline, scenario_named
from mock_server.cli.text import print_file
from mock_server.scenarios.timeline import lines, mermaid, svg, timeline_of
from mock_server.settings import Words


@click.command("show")
@click.argument("name")
@click.option("--mermaid", "form", flag_value="mermaid", help="Print a Mermaid state diagram.")
@click.option("--svg", "form", flag_value="svg", help="Print an SVG image.")
@settings_flags(*LOADING)
def command(name: str, form: str | None, **options: Words | None) -> None:
    """Show the scenario NAME step by step.

    Each step has what each vendor answers, and when the task moves on.
    """
    server = assemble_offline(settings_from(options))
    timeline = timeline_of(scenario_named(name, server), server.renderer)
    if form is None:
        click.echo("\n".join(lines(timeline)))
    else:
        print_file(mermaid(timeline) if form == "mermaid" else svg(timeline))
