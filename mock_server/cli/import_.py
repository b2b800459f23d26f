"""`mock-server import FILE`: scenarios out of the files of other tools."""

from __future__ import annotations

import re
from pathlib import Path

import click

from mock_server import paths
from mock_server.cli.new import schema_for
from mock_server.errors import InvalidInput, Problem
from mock_server.paths import read_start, why_no_file
from mock_server.scenarios import Loader
from mock_server.scenarios.foreign import imported, scenario_text
from mock_server.scenarios.foreign.series import FILE
from mock_server.vendors.contracts import Contracts
from mock_server.vendors.fixtures import Fixtures
from mock_server.vendors.registry import Registry


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--name", metavar="NAME", help="The scenario's name; of several, how each begins. Default: FILE's.")
@click.option(
    "-o", "--output", metavar="FOLDER", type=click.Path(path_type=Path), help="Write each scenario to a file there."
)
def command(file: Path, name: str | None, output: Path | None) -> None:
    """Make scenarios of what another tool captured or serves.

    FILE is an HTTP archive (HAR), as browsers and proxies save it, mappings of WireMock, or an environment of Mockoon.
    Each task becomes a scenario that sends the responses as they came. What is not understood is listed with its name
    and place on standard error, and left out.
    """
    registry = Registry()
    found = imported(_read(file), str(file), registry)
    left = list(found.left)
    stem = name or _slug(file.name.split(".")[0])
    loader = Loader(registry, Contracts(), Fixtures([paths.data("fixtures")]))
    texts = {}
    for k, series in enumerate(found.series):
        own = stem if len(found.series) == 1 else f"{stem}-{k + 1}"
        text, lost = scenario_text(series, file.name, registry.dialect(series.vendor))
        left += [problem._replace(where=f"{file}: {problem.where}") for problem in lost]
        try:
            loader.load_text(text, own, own)
        except InvalidInput as error:
            place = f"{file}: {series.place}"
            left += [Problem(place, f"cannot be a scenario: {each.what}", each.hint) for each in error.problems]
        else:
            texts[own] = text
    _write(texts, output)
    for problem in left:
        click.echo(str(problem), err=True)
    if not texts:
        raise InvalidInput([Problem(str(file), "nothing of it can be a scenario", "see the list above")])


def _read(file: Path) -> bytes:
    why = why_no_file(file)
    try:
        text = b"" if why else read_start(file, FILE.value + 1)
    except OSError as error:
        why = error.strerror or str(error)
    if why:
        raise InvalidInput([Problem(str(file), f"cannot be read: {why}")])
    return text


def _slug(text: str) -> str:
    """A name as scenarios have them."""
    found = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    return found if re.match("[a-z]", found) else f"imported-{found}".strip("-")


def _write(texts: dict[str, str], folder: Path | None) -> None:
    """Prints the scenarios, or writes a file for each; no file that is there is replaced."""
    if folder is None:
        for name, text in texts.items():
            click.echo(f"# {name}.yaml\n{text}", nl=False)
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            path = folder / f"{name}.yaml"
            with path.open("x", encoding="utf-8") as file:
                file.write(f"# yaml-language-server: $schema={schema_for(folder)}\n{text}")
            click.echo(f"{path} is written; try: mock-server play {path}")
    except FileExistsError:
        raise InvalidInput([Problem(str(path), "the file exists already", "choose another --name")]) from None
    except OSError as error:
        raise InvalidInput([Problem(str(folder), f"cannot be written: {error.strerror or error}")]) from None
