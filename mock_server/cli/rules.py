"""`mock-server rules`: which scenario submits to a running server play."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from mock_server.cli.remote import columns, moment, require_filter, with_client
from mock_server.cli.text import many
from mock_server.client import Client, Rule
from mock_server.errors import MockServerError


@click.group("rules", invoke_without_command=True)
@with_client
def command(client: Client) -> None:
    """List the rules of what submits to a running server play.

    They apply in the order of the list. The commands below make and drop them.
    """
    found = client.rules()
    heads = ("NUMBER", "SCENARIO", "SUBMITS", "LASTS", "PLAYED")
    click.echo("\n".join(columns([heads, *map(row, found)])) if found else "no rules")


def row(rule: Rule) -> tuple[str, ...]:
    """A rule as cells."""
    said = [f"{key}={pattern}" for key, pattern in rule.where.items()]
    submits = " ".join([*([] if rule.vendor is None else [rule.vendor]), *said]) or "all"
    lasts = [many(rule.times, "submit")] if rule.times is not None else []
    lasts += [f"until {moment(rule.until)}"] if rule.until is not None else []
    played = "once" if rule.played == 1 else f"{rule.played} times"
    return (str(rule.number), rule.scenario, submits, ", ".join(lasts) or "until dropped", played)


@command.command("add")
@click.argument("scenario")
@click.option("--vendor", metavar="VENDOR", help="Apply only to submits to this vendor.")
@click.option("--where", metavar="KEY=PATTERN", multiple=True, help="Apply only to submits that say this.")
@click.option("--times", type=int, metavar="N", help="Apply to this many submits.")
@click.option("--for", "lasts", metavar="TIME", help="Apply for this long, by the server's clock.")
@with_client
def add(client: Client, scenario: str, where: tuple[str, ...], lasts: str | None, **narrower: Any) -> None:
    """Let submits play SCENARIO; prints the rule's number."""
    made = client.rule(scenario, where=_patterns(where) or None, lasts=lasts, **narrower)
    click.echo(made.number)


@command.command("drop")
@click.argument("number", type=int, required=False)
@click.option("--all", "everything", is_flag=True, help="Every rule.")
@with_client
def drop(client: Client, everything: bool, number: int | None) -> None:
    """Drop the rule with this NUMBER. A number that none has is an error."""
    require_filter(everything, {} if number is None else {"number": number}, "rules")
    dropped = client.drop_rules(number)
    if not dropped and number is not None:
        raise MockServerError(f"no rule {number}; `mock-server rules` lists those that can still apply")
    click.echo(f"{many(dropped, 'rule')} dropped")


def _patterns(texts: Sequence[str]) -> dict[str, str]:
    """Patterns by key. UsageError: no `=`, or a key twice."""
    found: dict[str, str] = {}
    for text in texts:
        key, equals, pattern = text.partition("=")
        if not equals:
            raise click.BadParameter(f"{text!r} is not KEY=PATTERN", param_hint="--where")
        if key in found:
            raise click.BadParameter(f"{key!r} is given twice", param_hint="--where")
        found[key] = pattern
    return found
