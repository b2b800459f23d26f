"""`mock-server tasks`: the tasks of a running server: list, create, move, drop."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from mock_server.api.codec import Moment
from mock_server.cli.cells import last_seen, notified, state, step
from mock_server.cli.flags import Whole
from mock_server.cli.remote import columns, moment, present, require_filter, task_flags, with_client
from mock_server.cli.task_page import page
from mock_server.cli.text import many, printable
from mock_server.client import Client, Task

_HEADS = ("VENDOR", "ID", "SCENARIO", "STEP", "STATE", "LAST SEEN", "IN-STEP", "DUE")
_LONGEST_SUBJECT = 40
F = TypeVar("F", bound=Callable[..., Any])


def _items(ctx: click.Context, param: click.Parameter, value: str | None) -> Any:
    if value is None:
        return None
    try:
        return json.loads(value)
    except (ValueError, RecursionError) as error:
        raise click.BadParameter(f"it is not JSON: {error}") from None


def _item_flag(help: str) -> Callable[[F], F]:
    return click.option("--item", type=Whole(0), metavar="N", help=help)


def _step(task: Task, item: int | None = None) -> str:
    """The step of a task, or of one of its items. Where items have steps of their own, the state that follows."""
    if item is not None:
        return task.items[item].step
    return str(task.state) if task.items else task.step


@click.group("tasks", invoke_without_command=True)
@task_flags
@with_client
def command(client: Client, **where: str | None) -> None:
    """List the tasks of a running server. Listing moves nothing.

    STEP and STATE are what the next poll will see, LAST SEEN is what the last poll could read and how long ago, IN-STEP
    the polls that counted since the task entered the step. If the items have steps of their own, STEP says which items
    are in which step, and DUE when the next one moves on. NOTIFIED, if any task has an address, is what became of its
    notifications and how many it still owes; SUBMITTED is the key, asset or URL that a submitted job is about.

    The commands below create, move and drop them.
    """
    found = client.tasks(**present(where))
    if not found:
        click.echo("no tasks")
        return
    now = client.clock.read().now
    more = [
        (head, column) for head, column in (("NOTIFIED", notified), ("SUBMITTED", _subject)) if any(map(column, found))
    ]
    heads = (*_HEADS, *(head for head, _ in more))
    rows = [(*row(task, now), *(column(task) for _, column in more)) for task in found]
    click.echo("\n".join(columns([heads, *rows])))


def _subject(task: Task) -> str:
    subject = task.subject or ""
    return subject if len(subject) <= _LONGEST_SUBJECT else f"{subject[: _LONGEST_SUBJECT - 1]}…"


def row(task: Task, now: Moment) -> Sequence[str]:
    """A task as cells, at a moment of the server's clock."""
    stands = (task.vendor, task.id, task.scenario, step(task), state(task))
    return (*stands, last_seen(task, now), str(task.polls), moment(task.due))


@command.command("create")
@click.argument("vendor")
@click.argument("scenario")
@click.option("--id", metavar="ID", help="The task's id; by default one in the vendor's form.")
@click.option(
    "--items", metavar="JSON", callback=_items, help="The items that the task is submitted with, as a JSON list."
)
@click.option("--notify-url", metavar="URL", help="The notification URL that the task is submitted with.")
@with_client
def create(client: Client, vendor: str, scenario: str, **more: Any) -> None:
    """Create a task of VENDOR that plays SCENARIO; prints its id.

    The task plays this scenario, whichever scenario claims its id.
    """
    click.echo(printable(client.create(vendor, scenario, **more).id))


@command.command("next")
@click.argument("vendor")
@click.argument("id")
@click.option("--to", metavar="STEP", help="The step to go to, if there are several.")
@_item_flag("Move this item alone, if items have steps of their own; the first is 0.")
@with_client
def move_next(client: Client, vendor: str, id: str, to: str | None, item: int | None) -> None:
    """Move a task, or one of its items, to its next step, and print it."""
    click.echo(_step(client.next(vendor, id, to, item=item), item))


@command.command("goto")
@click.argument("vendor")
@click.argument("id")
@click.argument("step")
@_item_flag("Move this item alone, if items have steps of their own; the first is 0.")
@with_client
def goto(client: Client, vendor: str, id: str, step: str, item: int | None) -> None:
    """Move a task, or one of its items, to any STEP."""
    click.echo(_step(client.goto(vendor, id, step, item=item), item))


@command.command("fail")
@click.argument("vendor")
@click.argument("id")
@_item_flag("Let this item alone fail; the first is 0.")
@click.option("--reason", metavar="TEXT", help="Why the items failed, in place of the scenario's reason.")
@with_client
def fail(client: Client, vendor: str, id: str, item: int | None, reason: str | None) -> None:
    """Move a task to an end in which it failed, and print the step.

    If its items have steps of their own, every unfinished item that can fail does.
    """
    failed = client.fail(vendor, id, item=item, reason=reason)
    click.echo(_step(failed, item if failed.items else None))


@command.command("finish")
@click.argument("vendor")
@click.argument("id")
@with_client
def finish(client: Client, vendor: str, id: str) -> None:
    """Move a task to an end in which it succeeded, and print the step.

    If its items have steps of their own, every unfinished item finishes; those that failed stay as they are.
    """
    click.echo(_step(client.finish(vendor, id)))


@command.command("shift")
@click.argument("vendor")
@click.argument("id")
@click.argument("by")
@with_client
def shift(client: Client, vendor: str, id: str, by: str) -> None:
    """Let time pass for one task alone: BY is a duration such as 10m. Prints the step it is then in."""
    click.echo(_step(client.shift(vendor, id, by)))


@command.command("show")
@click.argument("vendor")
@click.argument("id")
@click.option("--ahead", type=int, metavar="N", help="Show what so many polls would see; 6 by default.")
@click.option("--every", metavar="TIME", help="With so much time between these polls.")
@with_client
def show(client: Client, vendor: str, id: str, ahead: int | None, every: str | None) -> None:
    """Show one task: what was seen of it, and what comes next.

    It prints what its client saw, what the next polls would see, and what time alone will do. Armed faults count. An
    id that nobody has polled yet is shown too. Nothing is changed.
    """
    click.echo("\n".join(page(client.inspect(vendor, id, ahead=ahead, every=every, limit=1), vendor, id, every)))


@command.command("record")
@click.argument("vendor")
@click.argument("id")
@with_client
def record(client: Client, vendor: str, id: str) -> None:
    """Print a scenario that shows again what a task showed.

    Polls at the same moments see the same. Its comments say what could not be told. Save it as NAME.yaml in a folder
    of scenarios.
    """
    click.echo(client.record(vendor, id).text, nl=False)


@command.command("drop")
@click.option("--all", "everything", is_flag=True, help="Every task.")
@task_flags
@with_client
def drop(client: Client, everything: bool, **where: str | None) -> None:
    """Forget the matching tasks, as if they had never existed."""
    given = present(where)
    require_filter(everything, given, "tasks")
    click.echo(f"{many(client.drop(**given), 'task')} dropped")
