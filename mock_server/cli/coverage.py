"""`mock-server coverage`: which steps and edges of the scenarios the tasks of a running server went through."""

from __future__ import annotations

from collections.abc import Iterator

import click

from mock_server.api.coverage import Coverage, ScenarioCoverage, Totals
from mock_server.cli.failures import tell
from mock_server.cli.flags import Whole
from mock_server.cli.remote import UNMET, columns, with_client
from mock_server.client import Client

_HEADS = ("SCENARIO", "TASKS", "STEPS SEEN", "EDGES CROSSED", "NEVER REACHED")


@click.command("coverage")
@click.option("--all", "everything", is_flag=True, help="Also the scenarios that no task has played.")
@click.option("--at-least", type=Whole(0, 100), metavar="PERCENT", help="Exit code 1 if fewer steps were seen.")
@with_client
def command(client: Client, everything: bool, at_least: int | None) -> None:
    """Show which steps and edges of the scenarios were reached.

    A step counts once a poll has seen it, an edge once a task has taken it.
    """
    coverage = client.coverage()
    totals = coverage.all if everything else coverage.played
    click.echo("\n".join(lines(coverage, totals, everything=everything)))
    if at_least and not totals.steps:
        click.echo("nothing to judge: no task has played a scenario", err=True)
        click.get_current_context().exit(UNMET)
    if at_least is not None and totals.seen_percent < at_least:
        tell(f"{totals.seen_percent} % of the steps were seen, expected at least {at_least} %")
        click.get_current_context().exit(UNMET)


def lines(coverage: Coverage, totals: Totals, *, everything: bool) -> Iterator[str]:
    """The report as text."""
    rows = [_row(each) for each in coverage.scenarios if everything or each.tasks]
    yield from columns([_HEADS, *rows]) if rows else ()
    yield f"steps seen {totals.seen} of {totals.steps} ({totals.seen_percent} %)"
    yield f"edges crossed {totals.crossed} of {totals.edges} ({totals.crossed_percent} %)"


def _row(played: ScenarioCoverage) -> tuple[str, str, str, str, str]:
    seen = sum(1 for step in played.steps if step.seen)
    crossed = sum(1 for edge in played.edges if edge.crossed)
    missing = [*played.never_seen, *(f"{edge.origin} -> {edge.to}" for edge in played.never_crossed)]
    return (
        played.name,
        str(played.tasks),
        f"{seen}/{len(played.steps)}",
        f"{crossed}/{len(played.edges)}",
        ", ".join(missing),
    )
