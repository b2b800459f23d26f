"""`mock-server watch`: the tasks of a running server, live in the terminal."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import click

from mock_server.api.values import Tasks
from mock_server.cli.cells import last_seen, moves_on, notified, state, step
from mock_server.cli.flags import Seconds
from mock_server.cli.remote import present, task_flags, with_client
from mock_server.cli.text import printable
from mock_server.client import Client, Task, Unreachable

if TYPE_CHECKING:
    from rich.table import Table

_PIPE_WIDTH = 160
_SHOWN = 100
"""Tasks in the table: more than a terminal has lines."""
_WIDEST_ID = 40
"""Characters of an id in one line, however wide the terminal is."""
_COLORS = (("not seen yet", "bold"), ("ended", "dim"), ("failed", "red"), ("error", "yellow"), ("succeeded", "green"))


@click.command("watch")
@task_flags
@click.option(
    "--every", type=Seconds(0.1, 60), default=1.0, show_default=True, metavar="SECONDS", help="Time between updates."
)
@click.option("--once", is_flag=True, help="Print one table and exit.")
@with_client
def command(client: Client, every: float, once: bool, **where: str | None) -> None:
    """Show the tasks of a running server live, until Ctrl-C.

    Each task shows what its client saw last and what moves it on. The tasks that were polled or moved last are shown.
    Watching moves nothing.
    """
    from rich.console import Console
    from rich.live import Live

    def read() -> Tasks:
        return client.tasks_page(order="activity", limit=_SHOWN, **present(where))

    signal.signal(signal.SIGINT, signal.default_int_handler)  # Live restores the terminal when it is left
    console = Console(width=None if sys.stdout.isatty() or "COLUMNS" in os.environ else _PIPE_WIDTH)
    if once:
        console.print(table(read()))
        return
    with Live(console=console, auto_refresh=False) as live:
        # The time between updates is what was asked for, since the server sends nothing by itself; Ctrl-C ends it.
        for frame in frames(read, every, time.sleep):
            live.update(frame, refresh=True)


def frames(read: Callable[[], Tasks], every: float, pause: Callable[[float], None]) -> Iterator[Table]:
    """A table for each reading, for ever. While the server is unreachable the last tasks stay, with a note."""
    tasks: Tasks | None = None
    while True:
        note = ""
        try:
            tasks = read()
        except Unreachable as error:
            note = str(error)
        yield table(tasks, note)
        pause(every)


def table(page: Tasks | None, note: str = "") -> Table:
    """The tasks as a table for the terminal; the one that was polled or moved last is at the bottom.

    Ids are shown whole: in a narrow terminal the other cells are wrapped, between words.
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    tasks = () if page is None else page.tasks[::-1]
    beyond = "" if page is None or page.next is None else f" of {page.kept}, the latest"
    found = Table(box=box.SIMPLE, padding=0, caption=note or f"{len(tasks)} tasks{beyond}", caption_justify="left")
    longest = max((len(task.id) for task in tasks), default=2)
    heads = ["vendor", "id", "state", "last seen", "moves on"]
    told = any(task.notify_url for task in tasks)
    for head in [*heads, "notified"] if told else heads:
        found.add_column(head, width=min(longest, _WIDEST_ID) if head == "id" else None, overflow="fold")
    for task in tasks:
        assert page is not None
        cells = [task.vendor, task.id, _stands(task), last_seen(task, page.now), moves_on(task, page.now)]
        cells += [notified(task)] if told else []
        color = next((color for word, color in _COLORS if word in cells[2]), "")
        # As text, not as markup: an id may hold brackets.
        found.add_row(*(Text(printable(cell)) for cell in cells), style=color)
    return found


def _stands(task: Task) -> str:
    """The state, after the name of the step where that says more; of items with steps of their own, where each is."""
    shown = state(task)
    if task.items:
        return f"{shown}; {step(task)}"
    return shown if shown.startswith(task.step) else f"{task.step}: {shown}"
