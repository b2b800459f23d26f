"""`mock-server bundle`: the run of a running server as a file: save, load."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from mock_server.cli.remote import with_client
from mock_server.cli.runs import read_bundle
from mock_server.cli.text import many, print_file
from mock_server.client import Client
from mock_server.errors import InvalidInput, Problem


@click.group("bundle")
def command() -> None:
    """Save the run of a running server as one file, or load one.

    A run is its tasks, exchanges, clock, faults and scenarios.

    `mock-server serve --bundle FILE` starts from such a file; `mock-server requests --bundle FILE` reads it without a
    server.
    """


@command.command("save")
@click.argument("file", type=click.Path(path_type=Path))
@with_client
def save(client: Client, file: Path) -> None:
    """Write the run to FILE, or with `-` to standard output."""
    run = client.bundle()
    text = json.dumps(run)
    if str(file) == "-":
        print_file(f"{text}\n")
        return
    try:
        file.write_text(text, encoding="utf-8")
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise InvalidInput([Problem(str(file), f"cannot be written: {why}")]) from None
    click.echo(f"saved in {file}: {_content(run)}")


@command.command("load")
@click.argument("file", type=click.Path(path_type=Path))
@with_client
def load(client: Client, file: Path) -> None:
    """Replace everything on the server by the run in FILE."""
    run = read_bundle(file)
    client.load(run)
    click.echo(f"loaded from {file}: {_content(run)}")


def _content(run: Mapping[str, Any]) -> str:
    tasks, entries = run["tasks"], run["entries"]
    attempts = sum("told" in each for each in entries)
    owed = sum(len(each.get("outbox", {}).get("owed", ())) for each in tasks)
    words = [many(len(tasks), "task"), many(len(entries) - attempts, "request")]
    words += [f"{many(attempts, 'attempt')} to notify"] if attempts else []
    words += [f"{many(owed, 'notification')} owed"] if owed else []
    return ", ".join(words)
