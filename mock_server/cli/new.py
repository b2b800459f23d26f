"""`mock-server new NAME`: a scenario file to start from."""

from __future__ import annotations

import os
from pathlib import Path

import click

from mock_server import paths
from mock_server.errors import InvalidInput, Problem
from mock_server.scenarios import Loader
from mock_server.vendors.contracts import Contracts
from mock_server.vendors.fixtures import Fixtures
from mock_server.vendors.registry import Registry

SCHEMA = Path("schemas", "scenario.schema.json")
TEXT = """\
# yaml-language-server: $schema={schema}
about: Say in a sentence what happens.

# vendors: [{vendors}]       # left out: every vendor
# ids: [order-7*]            # ids besides {name} and {name}.<anything>: exact, or a prefix with one final *
# items: 2                   # how many operations the task has; left out: one
# expires: 10d               # the vendor forgets the task this long after its first poll

steps:
  - state: waiting
    polls: 1                 # ends with this poll; or `for: 3s`, `for: 3m..5m`: ends by the clock
  # - {{error: 599, polls: 2}}              # the vendor's error in place of a status
  - state: processing
    polls: 2
    # next: {{succeeded: 9, failed: 1}}     # several ways out, by weight; the step `failed` below is one
  - state: succeeded         # nothing more: the end
  # - {{state: failed, reason: "not a valid video"}}

# faults:                    # these apply to single responses; the steps go on underneath
#   - {{when: {{polls: [2]}}, delay: 250ms}}
#   - {{when: {{chance: 0.1}}, error: 599}}
"""


@click.command("new")
@click.argument("name")
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    help="Write to this file, or as NAME.yaml into this folder; missing folders are created.",
)
def command(name: str, output: str | None) -> None:
    """Print a scenario file with comments, ready to be edited. Its first line lets editors check it."""
    path = _path(name, output)
    text = scenario_text(name, path)
    if output is None:
        click.echo(text, nl=False)
        return
    if path.exists():
        raise InvalidInput([Problem(str(path), "the file exists already", "choose another name")])
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise InvalidInput([Problem(str(path), f"cannot be written: {error.strerror}")]) from None
    click.echo(f"{path} is written; try: mock-server show {name} --scenarios {path}")


def scenario_text(name: str, path: Path) -> str:
    """The text for a file at `path`. InvalidInput: the name cannot be a scenario's."""
    registry = Registry()
    text = TEXT.format(schema=schema_for(path), name=name, vendors=", ".join(registry.names))
    loader = Loader(registry, Contracts(), Fixtures([paths.data("fixtures")]))
    loader.load_text(text, name, str(path))
    return text


def schema_for(path: Path) -> str:
    """Where a file at `path` finds the schema: relative in a tree that has it, else where it is installed."""
    folder = path.resolve().parent
    for above in (folder, *folder.parents):
        if (above / SCHEMA).is_file():
            return Path(os.path.relpath(above / SCHEMA, folder)).as_posix()
    return (paths.data("schemas") / SCHEMA.name).as_posix()


def _path(name: str, output: str | None) -> Path:
    path = Path(output or ".")
    if path.is_dir() or (output or "").endswith("/"):
        return path / f"{name}.yaml"
    if path.name not in (f"{name}.yaml", f"{name}.yml"):
        what = f"{path.name} is not {name}.yaml: a scenario has the name of its file"
        raise InvalidInput([Problem("--output", what, f"give a folder, or a file of the name {name}.yaml")])
    return path
