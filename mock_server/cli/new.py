"""`mock-server new NAME`: a scenario file to start from."""

from __future__ import annotations

import os
from pathlib import Path

import click

from mock_server import paths
from mock_server.cli.text import print_file
from mock_server.errors import InvalidInput, Problem
from mock_server.scenarios import Loader
from mock_server.scenarios.language.schema import schema_text
from mock_server.vendors.contracts import Contracts
from mock_server.vendors.fixtures import Fixtures
from mock_server.vendors.registry import Registry

TREE_SCHEMA = Path("schemas", "scenario.schema.json")
"""Where a source tree has the schema."""
COPY = ".scenario.schema.json"
"""The copy beside a scenario elsewhere. Hidden, for it is no scenario, and relative, for it is the same everywhere."""
TEXT = """\
# yaml-language-server: $schema={schema}
about: What happens, in one sentence.

# vendors: [{vendors}]       # only these vendors; without this line, all of them
# ids: [order-7*]            # ids besides {name} and {name}.<anything>; a final * makes one a prefix
# items: 2                   # the number of operations in the task; by default one
# expires: 10d               # the vendor forgets the task this long after its first poll

steps:
  - state: waiting
    polls: 1                 # ends after one poll; `for: 3s` or `for: 3m..5m` ends a step after that time
  # - {{error: 599, polls: 2}}              # responds with an error instead of a state
  - state: processing
    polls: 2
    # next: {{succeeded: 9, failed: 1}}     # chooses the next step at random, by weight; needs the step `failed` below
  - state: succeeded         # has no end: the task stays here
  # - {{state: failed, reason: "not a valid video"}}

# notify:                    # where the task has a notify address; without this, one notification at the end
#   send: [{{after: 2s}}, {{on: processing, shows: succeeded}}]   # []: none; `status: real` shows what became of it

# faults:                    # a fault changes single responses; the task goes on as if there were none
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
    """Print a scenario file with comments, ready to be edited.

    Its first line lets editors check it. Outside a source tree the line names a copy of the schema in the same folder,
    which --output writes too; without it, `mock-server schema` prints the schema.
    """
    _check_name(name)
    if output is None:
        print_file(scenario_text(name, schema_for(Path())))
        return
    path = _path(name, output)
    try:
        if path.exists():
            raise InvalidInput([Problem(str(path), "the file exists already", "choose another name")])
        schema = schema_for(path.parent)
        path.parent.mkdir(parents=True, exist_ok=True)
        if schema == COPY:
            _replace(path.parent / COPY, schema_text(Registry()))
        with path.open("x", encoding="utf-8") as file:
            file.write(scenario_text(name, schema))
    except (OSError, RuntimeError) as error:
        hint = "name a folder that may be written to"
        raise InvalidInput([Problem(str(path), f"cannot be written: {_why(error)}", hint)]) from None
    click.echo(f"{path} is written; try: mock-server show {name} --scenarios {path}")


def _replace(path: Path, text: str) -> None:
    """Writes a file in place of whatever has its name, so that nothing else there is opened."""
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    unfinished.write_text(text, "utf-8")
    unfinished.replace(path)


def _why(error: OSError | RuntimeError) -> str:
    if not isinstance(error, OSError):
        return "its folder is a loop of links"
    if isinstance(error, FileExistsError | NotADirectoryError) and error.filename is not None:
        return f"{error.filename} is no folder"
    return error.strerror or str(error)


def scenario_text(name: str, schema: str) -> str:
    """The text of a new scenario whose file finds its schema there."""
    return TEXT.format(schema=schema, name=name, vendors=", ".join(Registry().names))


def _check_name(name: str) -> None:
    """InvalidInput: the name cannot be a scenario's."""
    loader = Loader(Registry(), Contracts(), Fixtures([paths.data("fixtures")]))
    try:
        loader.load_text("steps: [{state: succeeded}]", name, "NAME")
    except InvalidInput as error:
        raise InvalidInput([problem._replace(where="NAME") for problem in error.problems]) from None


def schema_for(folder: Path) -> str:
    """Where a file in the folder finds the schema: in the source tree around it, else in a copy in the same folder."""
    folder = folder.resolve()
    for above in (folder, *folder.parents):
        if (above / TREE_SCHEMA).is_file():
            return Path(os.path.relpath(above / TREE_SCHEMA, folder)).as_posix()
    return COPY


def _path(name: str, output: str) -> Path:
    if not output:
        raise InvalidInput([Problem("--output", "'' is no file or folder", f"give a folder, or {name}.yaml")])
    path = Path(output)
    if output.endswith("/") or os.path.isdir(path):  # `Path.is_dir` raises where the name is too long
        return path / f"{name}.yaml"
    if path.name not in (f"{name}.yaml", f"{name}.yml"):
        what = f"{path.name} is not {name}.yaml: a scenario has the name of its file"
        raise InvalidInput([Problem("--output", what, f"give a folder, or a file of the name {name}.yaml")])
    return path
