"""`mock-server clock`: the virtual clock of a running server."""

from __future__ import annotations

import click

from mock_server.cli.remote import moment, remote
from mock_server.client import Client, Clock


@click.group("clock", invoke_without_command=True)
@remote
def command(client: Client) -> None:
    """Show the clock that all tasks of a running server live by; the commands below move it."""
    click.echo(shown(client.clock.read()))


def shown(clock: Clock) -> str:
    """`2026-11-22 03:10:00Z, 10m ahead, frozen`."""
    pace = "frozen" if clock.frozen else f"{clock.speed:g} times as fast as the machine's"
    return f"{moment(clock.now)}, {clock.ahead} ahead, {pace}"


@command.command("freeze")
@remote
def freeze(client: Client) -> None:
    """Stop it: nothing moves by time."""
    click.echo(shown(client.clock.freeze()))


@command.command("resume")
@remote
def resume(client: Client) -> None:
    """Let it run on."""
    click.echo(shown(client.clock.resume()))


@command.command("advance")
@click.argument("by")
@remote
def advance(client: Client, by: str) -> None:
    """Let time pass, BY a length such as 10m; what is due on the way is done in order."""
    click.echo(shown(client.clock.advance(by)))


@command.command("set")
@click.argument("to")
@remote
def set_to(client: Client, to: str) -> None:
    """Go to a moment that is not past, such as 2030-01-01T00:00:00Z."""
    click.echo(shown(client.clock.set(to)))


@command.command("speed")
@click.argument("times", type=float)
@remote
def speed(client: Client, times: float) -> None:
    """Let it run so many TIMES as fast as the machine's."""
    click.echo(shown(client.clock.speed(times)))
