"""What a scenario folder holds, whatever the file system says: files to load, problems, and notes on what is not read.

`Path.is_dir()` and its sisters hide links that lead nowhere and raise where a folder must not be searched. Here every
error of the file system is a problem with a place.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from mock_server.errors import Problem
from mock_server.types import Bound

SUFFIXES = (".yaml", ".yml")
FIXTURES = "fixtures"
"""The subfolder of lists of items."""
MOST_SEARCHED = 2_000
"""Entries of subfolders that are searched for scenario files that are not read there."""
SEARCHED = Bound(
    "Entries of a subfolder that are searched for scenario files",
    MOST_SEARCHED,
    "entries",
    "The search ends, and the note that the subfolder is not read may be missing. Subfolders are never read.",
)


class Listing(NamedTuple):
    """What a folder, or a single file, holds.

    `files` are the scenario files by name, `lists` the fixtures beside them, None where there are none. `bad` are the
    problems of what should have been a scenario file, or of the place itself. `notes` tell what is passed over.
    """

    files: tuple[Path, ...] = ()
    lists: Path | None = None
    bad: tuple[tuple[Path, Problem], ...] = ()
    notes: tuple[str, ...] = ()

    def watched(self) -> Iterator[Path]:
        """The files on which scenarios depend: themselves and the lists."""
        yield from self.files
        for folder in () if self.lists is None else _entries(self.lists):
            yield from (path for path in _entries(folder) if path.suffix == ".json")


def list_place(place: Path) -> Listing:
    """What there is at a place: a folder's files, without those of folders in it, or the one file that it is."""
    mode, error = _mode(place)
    if error is not None:
        return Listing(bad=((place, error),))
    if not stat.S_ISDIR(mode):
        if not stat.S_ISREG(mode):
            return Listing(bad=((place, Problem(str(place), "this is no file", "expected scenario files, *.yaml")),))
        return Listing((place,), _lists_of(place.parent))
    try:
        entries = sorted(path for path in place.iterdir() if not path.name.startswith("."))
        os.stat(
            os.path.join(place, ".")
        )  # a folder that may be listed but not searched gives names of files that cannot be opened
    except OSError as refused:
        return Listing(bad=((place, unreadable(place, refused, "the folder cannot be read")),))
    return _listed(place, entries)


def _listed(place: Path, entries: list[Path]) -> Listing:
    files: list[Path] = []
    bad: list[tuple[Path, Problem]] = []
    notes: list[str] = []
    for path in entries:
        mode, error = _mode(path)
        if path.suffix not in SUFFIXES or stat.S_ISDIR(mode):
            notes.extend(_passed_over(path, mode))
        elif error is not None:
            bad.append((path, error))
        elif stat.S_ISREG(mode):
            files.append(path)
        else:
            bad.append((path, Problem(str(path), "this is no file", "expected a scenario file")))
    if not files and not bad:
        notes.append(f"{place} holds no scenario files (*.yaml, *.yml)")
    return Listing(tuple(files), _lists_of(place), tuple(bad), tuple(notes))


def _passed_over(path: Path, mode: int) -> Iterator[str]:
    """A note on an entry that looks as if it were meant for a scenario."""
    suffix = path.suffix.lower()
    if stat.S_ISDIR(mode):
        if path.name != FIXTURES and not path.is_symlink() and _holds_scenarios(path):
            yield f"{path}{os.sep} is not read: subfolders never are (name it as another folder, or move the files)"
    elif suffix in SUFFIXES:
        yield f"{path} is not read: its name ends in {path.suffix} (rename it to {path.stem}{suffix})"
    elif suffix == ".json":
        yield f"{path} is not read: scenario files are *.yaml or *.yml (rename it; JSON is YAML too)"


def _holds_scenarios(folder: Path) -> bool:
    """Whether a folder, or one in it, holds what looks like a scenario file, as far as it is searched."""
    seen = 0
    for _, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        if any(name.lower().endswith(SUFFIXES) and not name.startswith(".") for name in names):
            return True
        seen += len(names) + len(folders) + 1
        if seen > MOST_SEARCHED:
            break
    return False


def _lists_of(folder: Path) -> Path | None:
    """The folder of lists beside scenario files. What cannot be looked at is told where a file names a list."""
    lists = folder / FIXTURES
    return lists if os.path.lexists(lists) else None


def _entries(folder: Path) -> list[Path]:
    """What a folder holds, by name; nothing if it is none or cannot be read."""
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _mode(path: Path) -> tuple[int, Problem | None]:
    """What kind of thing there is at a path, with its links followed; 0 and why if that cannot be told."""
    try:
        return path.stat().st_mode, None
    except OSError as error:
        return 0, unreadable(path, error, "cannot be looked at")
    except ValueError as error:  # a NUL in the path
        return 0, Problem(str(path), f"this is no path: {error}")


def unreadable(path: Path, error: OSError, what: str) -> Problem:
    """An error of the file system as a problem of a path. `what`: what cannot be done."""
    target = _target(path)
    if target is not None and error.errno in (errno.ENOENT, errno.ENOTDIR):
        return Problem(str(path), f"the link leads nowhere: there is no {target}", "mend or remove the link")
    if error.errno == errno.ELOOP:
        leads = "" if target is None else f", by way of {target}"
        return Problem(str(path), f"the link leads round in a circle{leads}", "mend or remove the link")
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return Problem(str(path), "no such file or folder", "expected scenario files, *.yaml")
    hint = ""
    if error.errno in (errno.EACCES, errno.EPERM):
        who = f"user {os.geteuid()}" if hasattr(os, "geteuid") else "this user"
        hint = f"the server runs as {who}: let it read files, and read and search folders, e.g. chmod -R a+rX"
    return Problem(str(path), f"{what}: {error.strerror or error}", hint)


def _target(path: Path) -> Path | None:
    """Where a link leads, None for what is no link."""
    try:
        return path.parent / path.readlink()
    except OSError:
        return None
