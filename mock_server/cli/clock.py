"""`mock-server clock`: the virtual clock of a running server."""

from __future__ import annotations

import click

from mock_server.cli.flags import Number
from mock_server.cli.remote import moment, with_client
from mock_server.client import Client, Clock
from mock_server.engine.durations import UNITS


@click.group("clock", invoke_without_command=True)
@with_client
def command(client: Client) -> None:
    """Show the virtual clock of a running server.

    All its tasks live by it. The commands below move it.
    """
    click.echo(clock_line(client.clock.read()))


def clock_line(clock: Clock) -> str:
    """`2026-11-22 03:10:00Z, 10m ahead, frozen`."""
    times = "" if clock.speed == 1 else f"{clock.speed:g} times "
    speed = "frozen" if clock.frozen else f"{times}as fast as the machine's"
    return f"{moment(clock.now)}, {_ahead(clock.ahead_ms)}, {speed}"


def _ahead(ms: int) -> str:
    """`1d 2h 10m ahead`, `3s behind`: to the second, and to the millisecond below one."""
    left, words = abs(ms), []
    if left >= UNITS["s"]:
        for unit in ("d", "h", "m", "s"):
            count, left = divmod(left, UNITS[unit])
            words += [f"{count}{unit}"] if count else []
    return f"{' '.join(words) or f'{left}ms'} {'behind' if ms < 0 else 'ahead'}"


@command.command("freeze")
@with_client
def freeze(client: Client) -> None:
    """Stop the clock: nothing moves by time."""
    click.echo(clock_line(client.clock.freeze()))


@command.command("resume")
@with_client
def resume(client: Client) -> None:
    """Let the clock run on from where it stands."""
    click.echo(clock_line(client.clock.resume()))


@command.command("advance")
@click.argument("by")
@with_client
def advance(client: Client, by: str) -> None:
    """Advance the clock by BY, a duration such as 10m. Everything due meanwhile happens, in order."""
    click.echo(clock_line(client.clock.advance(by)))


@command.command("set")
@click.argument("to")
@with_client
def set_to(client: Client, to: str) -> None:
    """Set the clock to TO, such as 2030-01-01T00:00:00Z. It cannot go back."""
    click.echo(clock_line(client.clock.set(to)))


@command.command("speed")
@click.argument("times", type=Number())
@with_client
def speed(client: Client, times: float) -> None:
    """Run the clock TIMES as fast as the machine's."""
    click.echo(clock_line(client.clock.speed(times)))
