"""`mock-server faults`: faults armed on a running server."""

from __future__ import annotations

import json
from collections.abc import Mapping

import click

from mock_server.cli.remote import columns, moment, must_say, remote, said
from mock_server.cli.text import many
from mock_server.client import Client, Fault


@click.group("faults", invoke_without_command=True)
@remote
def command(client: Client) -> None:
    """List the faults armed on a running server, in the order they strike in."""
    found = client.faults()
    heads = ("NUMBER", "WHOM", "LASTS", "DOES")
    click.echo("\n".join(columns([heads, *map(row, found)])) if found else "no faults")


def row(fault: Fault) -> tuple[str, str, str, str]:
    """A fault as cells."""
    whom = " ".join(word for word in (fault.vendor, fault.id) if word is not None) or "all"
    lasts = [many(fault.times, "poll")] if fault.times is not None else []
    lasts += [f"until {moment(fault.until)}"] if fault.until is not None else []
    return (str(fault.number), whom, ", ".join(lasts) or "until disarmed", _effect(fault.effect))


@command.command("arm")
@click.option("--error", metavar="ERROR", help="Answer with this status, error word or vendor's code.")
@click.option("--fault", metavar="NAME", help="Spoil the response so, as `malformed` or `reset` does.")
@click.option("--delay", metavar="TIME", help="Answer so much later: 250ms, or 1s..3s.")
@click.option(
    "--header", "headers", metavar="NAME:VALUE", multiple=True, help="Set a header; without a value, leave it out."
)
@click.option("--duration", "over", metavar="TIME", help="How long the fault takes, if it takes time: `over` in files.")
@click.option("--vendor", metavar="VENDOR", help="Strike tasks of this vendor only.")
@click.option(
    "--id", metavar="ID", help="Strike this task only, or those whose ids begin so: a prefix with one final *."
)
@click.option("--times", type=int, metavar="N", help="Strike so many polls.")
@click.option("--for", "lasts", metavar="TIME", help="Strike so long, by the server's clock.")
@remote
def arm(client: Client, error: str | None, headers: tuple[str, ...], lasts: str | None, **given: str | None) -> None:
    """Arm a fault; prints its number."""
    status = int(error) if error is not None and error.isascii() and error.isdecimal() else error
    more = said(error=status, headers=dict(map(_header, headers)) or None)
    click.echo(client.arm(lasts=lasts, **more, **said(**given)).number)


@command.command("disarm")
@click.argument("number", type=int, required=False)
@click.option("--all", "everything", is_flag=True, help="Every armed fault.")
@click.option("--vendor", metavar="VENDOR", help="Those that aim at exactly this vendor.")
@click.option("--id", metavar="ID", help="Those that aim at exactly this id or prefix.")
@remote
def disarm(client: Client, everything: bool, **wanted: int | str | None) -> None:
    """Disarm the fault of this NUMBER, or those that are meant."""
    given = said(**wanted)
    must_say(everything, given, "faults")
    click.echo(f"{many(client.disarm(**given), 'fault')} disarmed")


def _effect(effect: Mapping[str, object]) -> str:
    return ", ".join(
        f"{name} {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"
        for name, value in effect.items()
    )


def _header(said: str) -> tuple[str, str | None]:
    name, _, value = said.partition(":")
    return name.strip(), value.strip() or None
