"""`mock-server check`: checks scenario files without serving them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mock_server import paths
from mock_server.cli.failures import tell
from mock_server.cli.flags import LOADING, settings_flags, settings_from
from mock_server.cli.server_flags import with_client_if_named
from mock_server.cli.text import many
from mock_server.errors import InvalidInput, Problem
from mock_server.scenarios import Loader, Report
from mock_server.settings import Settings, Words, flag
from mock_server.vendors.contracts import Contracts
from mock_server.vendors.fixtures import Fixtures
from mock_server.vendors.registry import registry_of

if TYPE_CHECKING:
    from mock_server.cli.check_on_server import Asked
    from mock_server.client import Client

BAD = 1
"""The exit code when a file has problems, or there is no file: CI with a wrong path must not pass."""


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
    report, others = _load(folders, settings) if client is None else (_asked(client, folders), ())
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


def _asked(client: Client, folders: Sequence[Path]) -> Asked:
    from mock_server.cli.check_on_server import ask  # with the client, which a check without --url does not need

    return ask(client, folders)


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
