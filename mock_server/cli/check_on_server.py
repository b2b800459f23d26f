"""Lets a running server check scenario files, for `mock-server check --url`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from mock_server.client import AdminError, Checked, Client
from mock_server.errors import Problem
from mock_server.paths import read_start
from mock_server.scenarios.folder import list_place
from mock_server.scenarios.source import LARGEST

_ABOUT_THE_FILE = (409, 413, 422)
"""The statuses with which a server refuses a scenario; any other is about the request."""


class Asked(NamedTuple):
    """What a server says of some files, as a `Report` has it; `scenarios` are the names of those without problems."""

    scenarios: tuple[str, ...]
    problems: tuple[Problem, ...]
    notes: tuple[str, ...]
    steps: int
    edges: int
    bodies: int
    bad: Mapping[Path, tuple[Problem, ...]]


def ask(client: Client, folders: Sequence[Path]) -> Asked:
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
        if error.status not in _ABOUT_THE_FILE:
            raise
        return tuple(_of_file(path, each.where, each.what, each.hint) for each in error.problems)


def _of_file(path: Path, where: str, what: str, hint: str) -> Problem:
    """A problem of the server's at the place where the file is here."""
    sent = f"{path.stem}.yaml"
    return Problem(f"{path}{where.removeprefix(sent)}" if where.startswith(sent) or not where else where, what, hint)
