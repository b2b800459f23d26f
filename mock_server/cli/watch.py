"""`mock-server watch`: the tasks of a running server, live in the terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import click

from mock_server.cli.remote import TASKS, remote, said, some
from mock_server.cli.tasks import row
from mock_server.client import Client, Exchange, Task, Unreachable

if TYPE_CHECKING:
    from rich.table import Table

_PIPE_WIDTH = 160
_COLORS = (("ended", "dim"), ("failed", "red"), ("error", "yellow"), ("succeeded", "green"))


@click.command("watch")
@some(*TASKS)
@click.option("--every", type=click.FloatRange(0.1, 60), default=1.0, show_default=True, help="Seconds between looks.")
@click.option("--once", is_flag=True, help="Look once, and end.")
@remote
def command(client: Client, every: float, once: bool, **wanted: str | None) -> None:
    """Show the tasks of a running server and the last response to each, live, until Ctrl-C. Looking moves nothing."""
    from rich.console import Console
    from rich.live import Live

    console = Console(width=None if sys.stdout.isatty() else _PIPE_WIDTH)
    if once:
        console.print(table(client.tasks(**said(**wanted), history=1)))
        return
    with Live(console=console, auto_refresh=False) as live:
        for frame in frames(lambda: client.tasks(**said(**wanted), history=1), every, time.sleep):
            live.update(frame, refresh=True)


def frames(look: Callable[[], tuple[Task, ...]], every: float, pause: Callable[[float], None]) -> Iterator[Table]:
    """A table for each look, for ever. While the server is away the last one stays, and says so."""
    tasks: tuple[Task, ...] = ()
    while True:
        note = ""
        try:
            tasks = look()
        except Unreachable as error:
            note = str(error)
        yield table(tasks, note)
        pause(every)


def table(tasks: tuple[Task, ...], note: str = "") -> Table:
    """The tasks as a table for the terminal; the one that moved last is the lowest."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    heads = ("vendor", "id", "scenario", "step", "state", "in-step", "due", "last response")
    shown = Table(*heads, box=box.SIMPLE, caption=note or f"{len(tasks)} tasks", caption_justify="left")
    for task in sorted(tasks, key=lambda task: task.since):
        cells = [*row(task), _last(task.history)]
        color = next((color for word, color in _COLORS if word in cells[4]), "")
        # As text, not as markup: an id may hold brackets.
        shown.add_row(*map(Text, cells), style=color)
    return shown


def _last(history: tuple[Exchange, ...]) -> str:
    if not history:
        return ""
    last = history[-1]
    struck = f" {', '.join(last.faults)}" if last.faults else ""
    return f"{last.response.status}{struck} at {last.at:%H:%M:%S}"
