"""`mock-server tasks`: the tasks of a running server, and moving them."""

from __future__ import annotations

from collections.abc import Sequence

import click

from mock_server.cli.remote import TASKS, columns, moment, must_say, remote, said, some
from mock_server.cli.text import many
from mock_server.client import Client, Task

_HEADS = ("VENDOR", "ID", "SCENARIO", "STEP", "STATE", "IN-STEP", "DUE")


@click.group("tasks", invoke_without_command=True)
@some(*TASKS)
@remote
def command(client: Client, **wanted: str | None) -> None:
    """List the tasks of a running server, or those that are meant. Looking moves nothing.

    STEP and STATE are what the next poll will see, IN-STEP the polls that counted since the task entered the step.

    The commands below make, move and drop them.
    """
    found = client.tasks(**said(**wanted))
    click.echo("\n".join(columns([_HEADS, *map(row, found)])) if found else "no tasks")


def row(task: Task) -> Sequence[str]:
    """A task as cells."""
    state = "error" if task.state is None else task.state
    end = " (expired)" if task.expired else " (ended)" if task.ended else ""
    return (task.vendor, task.id, task.scenario, task.step, f"{state}{end}", str(task.polls), moment(task.due))


@command.command("create")
@click.argument("vendor")
@click.argument("scenario")
@click.option("--id", metavar="ID", help="Its id; left out: one in the vendor's form.")
@remote
def create(client: Client, vendor: str, scenario: str, id: str | None) -> None:
    """Create a task of VENDOR that plays SCENARIO, whatever its id claims; prints its id."""
    click.echo(client.create(vendor, scenario, id).id)


@command.command("next")
@click.argument("vendor")
@click.argument("id")
@click.option("--to", metavar="STEP", help="The step to go to, where more than one way leads on.")
@remote
def following(client: Client, vendor: str, id: str, to: str | None) -> None:
    """Move a task on by one step; prints the step."""
    click.echo(client.next(vendor, id, to).step)


@command.command("goto")
@click.argument("vendor")
@click.argument("id")
@click.argument("step")
@remote
def goto(client: Client, vendor: str, id: str, step: str) -> None:
    """Move a task to any STEP."""
    click.echo(client.goto(vendor, id, step).step)


@command.command("shift")
@click.argument("vendor")
@click.argument("id")
@click.argument("by")
@remote
def shift(client: Client, vendor: str, id: str, by: str) -> None:
    """Let time pass for one task alone: BY is a length such as 10m. Prints the step it is in then."""
    click.echo(client.shift(vendor, id, by).step)


@command.command("drop")
@click.option("--all", "everything", is_flag=True, help="Every task there is.")
@some(*TASKS)
@remote
def drop(client: Client, everything: bool, **wanted: str | None) -> None:
    """Forget the tasks that are meant, as if they had never been."""
    given = said(**wanted)
    must_say(everything, given, "tasks")
    click.echo(f"{many(client.drop(**given), 'task')} dropped")
