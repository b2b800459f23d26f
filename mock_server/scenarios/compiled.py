"""The shipped scenarios as a wheel has them: loaded and checked when it was built, and kept as JSON.

Reading, compiling and checking the files, and importing what does that, takes about a quarter of a start. So it is done
once, when the wheel is built: `write_compiled` leaves the scenarios in `mock_server/_data/compiled.json`, with a digest
of everything that they came from: the scenario files, the schemas, the fixtures and the code that loads them. A server
takes them from there while the digest of the files that it has is the same; after one changed byte, or with one file
more, every file is loaded as if there were no such file. A source tree has none.

The form is plain JSON, read with a table of the classes that it may name. What scenarios have in common and nobody can
change, such as a step, is in it once. It can hold no code, unlike a pickle, and is
the same for every version of Python, unlike `marshal`. A running server writes nothing.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

from mock_server import paths
from mock_server.engine import ids, notify, submits
from mock_server.engine import scenario as engine
from mock_server.scenarios.report import Good, Loaded
from mock_server.types import Json

log = logging.getLogger("mock_server")

KINDS = ("schemas", "scenarios", "fixtures")
PACKAGES = ("engine", "faults", "http", "scenarios", "schema", "vendors")
MODULES = ("__init__.py", "cache.py", "errors.py", "paths.py", "settings.py", "types.py", "version.py")
"""The code of which the digest is made: all of ours that is imported to load a file. A test holds it to that."""

RECORDS: Mapping[str, type[Any]] = {
    cls.__name__: cls
    for cls in (
        engine.Adjust,
        engine.Effect,
        engine.Fault,
        engine.Item,
        engine.ItemStep,
        engine.Scenario,
        engine.Step,
        engine.When,
        notify.Notify,
    )
}
"""Dataclasses, which are written as the fields that differ from their defaults."""
TUPLES: Mapping[str, type[Any]] = {
    cls.__name__: cls
    for cls in (
        engine.Ahead,
        engine.Daily,
        engine.Edge,
        engine.Lognormal,
        engine.Rate,
        engine.Shown,
        engine.Span,
        engine.Window,
        ids.IdPattern,
        notify.Sending,
        submits.Wanted,
    )
}
TUPLE, LIST, STATE, SHARED = "()", "[]", "State", "&"
_NESTED = (dict, list)


class CompiledLibrary:
    """The shipped scenarios of one installed package, for one loader."""

    def __init__(self, file: Path | None = None, package: Path = paths.PACKAGE) -> None:
        """`file` has the scenarios that `package` was built with; by default that of this package."""
        self._file = file or paths.compiled()
        self._package = package
        self._first: str | None = None

    def scenarios(self, builtin: Path) -> Mapping[str, Good]:
        """The scenarios of the files of the shipped folder, by the file's name. Empty: they must be loaded.

        They must if anything differs from what they were compiled from, or from what this read first: the code of a
        process is that of its start, and the package below it may have been replaced.
        """
        try:
            text = self._file.read_bytes()
        except OSError:
            return {}
        try:
            found = json.loads(text)
            key = digest(builtin.parent, self._package)
            self._first = self._first or key
            return _read(found, builtin) if found["key"] == key == self._first else {}
        except (ValueError, TypeError, LookupError, OSError):
            log.debug("reading %s", self._file, exc_info=True)
            return {}


def digest(data: Path, package: Path = paths.PACKAGE) -> str:
    """The digest of everything from which shipped scenarios are made, file by file, with their names.

    `data` holds the folders `KINDS`, `package` the code. OSError: a file cannot be read.
    """
    found = blake2b(digest_size=16)
    files = [each for kind in KINDS for each in _files(kind, data / kind, (".json", ".yaml", ".yml"))]
    files += [each for name in PACKAGES for each in _files(name, package / name, (".py",))]
    files += [(name, os.path.join(package, name)) for name in MODULES]
    for name, path in files:
        content = _content(path)
        found.update(b"%s\0%d\0%s" % (name.encode(), len(content), content))
    return found.hexdigest()


def _content(path: str) -> bytes:
    """The bytes of a file. A file object costs more than the reading: there are hundreds of files, at every start."""
    file = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    try:
        return paths.read_open(file)
    finally:
        os.close(file)


def _files(name: str, folder: str | Path, suffixes: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """The files below a folder that end so, each with its name from there, in order. OSError: it cannot be read."""
    with os.scandir(folder) as entries:
        found = sorted(entries, key=lambda entry: entry.name)
    for entry in found:
        below = f"{name}/{entry.name}"
        if entry.name.endswith(suffixes):
            yield below, entry.path
        elif entry.name != "__pycache__" and entry.is_dir():
            yield from _files(below, entry.path, suffixes)


class Row(NamedTuple):
    """What is kept of a file: the scenario without its source, and how many steps, edges and bodies were checked."""

    name: str
    scenario: Json
    counts: Sequence[int]
    places: Mapping[str, str]
    """Where each of its `ids` is written, without the file."""


def _read(written: Json, builtin: Path) -> dict[str, Good]:
    found = {}
    shared: list[Any] = []
    for each in written["shared"]:
        shared.append(value_of(each, shared))
    for row in map(Row._make, written["scenarios"]):
        path = builtin / row.name
        row.scenario[1]["source"] = str(path)
        places = {claim: f"{path}{place}" for claim, place in row.places.items()}
        found[row.name] = Good(path, Loaded(value_of(row.scenario, shared), *row.counts), places)
    return found


def value_of(written: Any, shared: Sequence[Any] = ()) -> Any:
    """The value that was written so; `shared` are those that it may have in common with others.

    LookupError, TypeError: it was written by another version.
    """
    kind = type(written)
    if kind is dict:
        return {key: value_of(each, shared) if type(each) in _NESTED else each for key, each in written.items()}
    if kind is not list:
        return written
    kind = written[0]
    if kind == SHARED:
        return shared[written[1]]
    record = RECORDS.get(kind)
    if record is not None:
        return record(**value_of(written[1], shared))
    if kind == STATE:
        return engine.State(written[1])
    parts = [value_of(each, shared) if type(each) in _NESTED else each for each in written[1:]]
    if kind == LIST:
        return parts
    return tuple(parts) if kind == TUPLE else TUPLES[kind]._make(parts)
