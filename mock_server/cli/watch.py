"""`mock-server watch`: the tasks of a running server, live in the terminal."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import click

from mock_server.cli.flags import Seconds
from mock_server.cli.remote import present, task_flags, with_client
from mock_server.cli.tasks import row
from mock_server.client import Client, Exchange, Task, Unreachable

if TYPE_CHECKING:
    from rich.table import Table

_PIPE_WIDTH = 160
_COLORS = (("ended", "dim"), ("failed", "red"), ("error", "yellow"), ("succeeded", "green"))


@click.command("watch")
@task_flags
@click.option(
    "--every", type=Seconds(0.1, 60), default=1.0, show_default=True, metavar="SECONDS", help="Time between updates."
)
@click.option("--once", is_flag=True, help="Print one table and exit.")
@with_client
def command(client: Client, every: float, once: bool, **where: str | None) -> None:
    """Show the tasks of a running server live, until Ctrl-C.

    Each task has the last response to it. Watching moves nothing.
    """
    from rich.console import Console
    from rich.live import Live

    signal.signal(signal.SIGINT, signal.default_int_handler)  # Live restores the terminal when it is left
    console = Console(width=None if sys.stdout.isatty() else _PIPE_WIDTH)
    if once:
        console.print(table(client.tasks(**present(where), history=1)))
        return
    with Live(console=console, auto_refresh=False) as live:
        for frame in frames(lambda: client.tasks(**present(where), history=1), every, time.sleep):
            live.update(frame, refresh=True)


def frames(read: Callable[[], tuple[Task, ...]], every: float, pause: Callable[[float], None]) -> Iterator[Table]:
    """A table for each reading, for ever. While the server is unreachable the last tasks stay, with a note."""
    tasks: tuple[Task, ...] = ()
    while True:
        note = ""
        try:
            tasks = read()
        except Unreachable as error:
            note = str(error)
        yield table(tasks, note)
        pause(every)


def table(tasks: tuple[Task, ...], note: str = "") -> Table:
    """The tasks as a table for the terminal; the one that moved last is at the bottom."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    heads = ("vendor", "id", "scenario", "step", "state", "in-step", "due", "last response")
    found = Table(*heads, box=box.SIMPLE, caption=note or f"{len(tasks)} tasks", caption_justify="left")
    for task in sorted(tasks, key=lambda task: task.since):
        cells = [*row(task), _last(task.history)]
        color = next((color for word, color in _COLORS if word in cells[4]), "")
        # As text, not as markup: an id may hold brackets.
        found.add_row(*map(Text, cells), style=color)
    return found


def _last(history: tuple[Exchange, ...]) -> str:
    if not history:
        return ""
    last = history[-1]
    faults = f" {', '.join(last.faults)}" if last.faults else ""
    return f"{last.response.status}{faults} at {last.at:%H:%M:%S}"
