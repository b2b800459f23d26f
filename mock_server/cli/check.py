"""`mock-server check`: checks scenario files without serving them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import click

from mock_server import paths
from mock_server.cli.failures import tell
from mock_server.cli.flags import LOADING, settings_flags, settings_from
from mock_server.cli.remote import with_client_if_named
from mock_server.cli.text import many
from mock_server.client import AdminError, Checked, Client
from mock_server.errors import InvalidInput, Problem
from mock_server.paths import read_start
from mock_server.scenarios import Loader, Report
from mock_server.scenarios.folder import list_place
from mock_server.scenarios.source import LARGEST
from mock_server.settings import Settings, Words, flag
from mock_server.vendors.contracts import Contracts
from mock_server.vendors.fixtures import Fixtures
from mock_server.vendors.registry import registry_of

BAD = 1
"""The exit code when a file has problems, or there is no file: CI with a wrong path must not pass."""


class Asked(NamedTuple):
    """What a server says of some files, as a `Report` has it; `scenarios` are the names of those without problems."""

    scenarios: tuple[str, ...]
    problems: tuple[Problem, ...]
    notes: tuple[str, ...]
    steps: int
    edges: int
    bodies: int
    bad: Mapping[Path, tuple[Problem, ...]]


@click.command("check")
@click.argument("places", metavar="[PATH]...", nargs=-1)
@settings_flags(*LOADING)
@with_client_if_named
def command(client: Client | None, *, places: tuple[str, ...], **options: Words | None) -> None:
    """Check scenario files, or all files of a folder.

    Every step, edge and body is checked, for every vendor that a scenario serves.

    Without a PATH, the folders of --scenarios; without those, the scenarios that come with mock-server. The exit code
    is 1 if a file has problems, or if there is no file. With --url a running server checks each file as an upload, with
    its settings and beside the scenarios that it has in force, and puts nothing in force.
    """
    settings = settings_from(options)
    where = "PATH" if places else flag("scenarios")
    if not all(places):
        raise InvalidInput([Problem(where, "'' is no file or folder", "leave it out for the shipped scenarios")])
    folders = tuple(map(Path, places)) or settings.scenarios
    _check_paths(folders, where)
    if client is not None and not folders:
        raise InvalidInput([Problem("PATH", "there is no file for the server to check", "name files or folders")])
    report, others = _load(folders, settings) if client is None else (_ask(client, folders), ())
    for note in (*report.notes, *others):
        tell(f"note: {note}")
    for problem in report.problems:
        tell(str(problem))
    click.echo(summary(report))
    if report.problems or not report.scenarios:
        click.get_current_context().exit(BAD)


def summary(report: Report | Asked) -> str:
    """`3 scenarios, 9 steps, 6 edges, 27 bodies: no problems`."""
    counts = (
        many(len(report.scenarios), "scenario"),
        many(report.steps, "step"),
        many(report.edges, "edge"),
        many(report.bodies, "body"),
    )
    bad = many(len(report.bad), "file")
    outcome = f"{many(len(report.problems), 'problem')} in {bad}" if report.problems else "no problems"
    if not report.scenarios and not report.problems:
        outcome = "nothing to check"
    return f"{', '.join(counts)}: {outcome}"


def _ask(client: Client, folders: Sequence[Path]) -> Asked:
    """What a server says of the files."""
    good: list[Checked] = []
    notes: list[str] = []
    bad: dict[Path, tuple[Problem, ...]] = {}
    for listing in map(list_place, folders):
        notes += listing.notes
        for path, problem in listing.bad:
            bad[path] = (*bad.get(path, ()), problem)
        for path in listing.files:
            found = _ask_one(client, path)
            if not isinstance(found, Checked):
                bad[path] = found
                continue
            good.append(found)
            notes += [f"{path} would take the place of {found.replaces}"] if found.replaces else []
    names = tuple(each.name for each in good)
    steps, edges, bodies = (sum(getattr(each.checked, key) for each in good) for key in ("steps", "edges", "bodies"))
    problems = tuple(problem for each in bad.values() for problem in each)
    return Asked(names, problems, tuple(notes), steps, edges, bodies, bad)


def _ask_one(client: Client, path: Path) -> Checked | tuple[Problem, ...]:
    """What a server says of one file. AdminError: it says nothing about it."""
    try:
        return client.check(path.stem, read_start(path, LARGEST + 1).decode())
    except OSError as error:
        return (Problem(str(path), f"cannot be read: {error.strerror}"),)
    except UnicodeDecodeError as error:
        return (Problem(str(path), f"byte {error.start} is not UTF-8", "save the file as UTF-8"),)
    except AdminError as error:
        if not error.problems:
            raise
        return tuple(_of_file(path, each.where, each.what, each.hint) for each in error.problems)


def _of_file(path: Path, where: str, what: str, hint: str) -> Problem:
    """A problem of the server's at the place where the file is here."""
    sent = f"{path.stem}.yaml"
    return Problem(f"{path}{where.removeprefix(sent)}" if where.startswith(sent) or not where else where, what, hint)


def _check_paths(folders: Sequence[Path], where: str) -> None:
    # A link that leads nowhere is there: the loader says where it leads. So it does where nothing may be looked at.
    missing = [Problem(where, f"no such file or folder: {folder}") for folder in folders if _is_missing(folder)]
    if missing:
        raise InvalidInput(missing)


def _is_missing(path: Path) -> bool:
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except (OSError, ValueError):
        return False
    return False


def _load(folders: Sequence[Path], settings: Settings) -> tuple[Report, tuple[str, ...]]:
    """The report on the folders, and the notes of a server that has them beside the shipped scenarios."""
    loader = Loader(registry_of(settings), Contracts(), Fixtures([paths.data("fixtures")]))
    builtin = paths.data("scenarios")
    if not folders:
        return loader.load((), builtin), ()
    alone = loader.load(folders, None)
    if settings.no_builtin:
        return alone, ()
    # Together with the shipped scenarios two may claim the same id; the counts stay those of the folders.
    together = loader.load(folders, builtin)
    notes = tuple(note for note in together.notes if note not in alone.notes)
    return alone._replace(problems=together.problems, bad=together.bad), notes
