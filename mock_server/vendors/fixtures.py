"""Lists of items kept in files: a vendor's pool of plausible ones, and the named lists that a scenario may use."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from mock_server import paths
from mock_server.errors import InvalidInput, Problem
from mock_server.types import Bound, Json

Items = tuple[Mapping[str, Json], ...]
POOL = "items"
_LARGEST = 1 << 20
DEEPEST = 20
"""How deep a list of items may be nested; a deeper one is not read."""
_NOT_READ = "The list is not read, and a scenario that uses it is not loaded."
BOUNDS = (
    Bound("Size of a file with a list of items", _LARGEST, "bytes", _NOT_READ),
    Bound("Nesting of a list of items", DEEPEST, "levels", _NOT_READ),
)


class Fixtures:
    """The `<vendor>/<name>.json` files below some folders; an earlier folder hides a later one."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = tuple(folders)
        self._cache: dict[tuple[str, str], Items] = {}

    def items(self, vendor: str, name: str = POOL) -> Items:
        """The items of one list. `name` is a plain word, checked by the caller. FileNotFoundError: no such list.

        InvalidInput: the file is not a list of objects, is empty or too large.
        """
        key = (vendor, name)
        if key not in self._cache:
            self._cache[key] = _read(self._path(vendor, name))
        return self._cache[key]

    def names(self, vendor: str) -> tuple[str, ...]:
        """The names of a vendor's lists, of those folders that can be read."""
        found: set[str] = set()
        for folder in self._folders:
            try:
                found.update(path.stem for path in (folder / vendor).iterdir() if path.suffix == ".json")
            except OSError:
                continue
        return tuple(sorted(found))

    def _path(self, vendor: str, name: str) -> Path:
        for folder in self._folders:
            path = folder / vendor / f"{name}.json"
            try:
                path.lstat()
            except FileNotFoundError:
                continue
            except NotADirectoryError:
                continue
            except OSError as error:
                raise _unreadable(path, error) from None
            return path
        raise FileNotFoundError(f"{vendor}/{name}.json")


def _read(path: Path) -> Items:
    try:
        text = paths.read_start(path, _LARGEST + 1)
    except OSError as error:
        raise _unreadable(path, error) from None
    if len(text) > _LARGEST:
        raise InvalidInput([Problem(str(path), f"larger than {_LARGEST} bytes")])
    try:
        found = json.loads(text, parse_constant=_no_constant)
    except ValueError as error:
        raise InvalidInput([Problem(str(path), f"not JSON: {error}")]) from None
    except RecursionError:
        raise _too_deep(path) from None
    if not isinstance(found, list) or not found or not all(isinstance(item, dict) for item in found):
        raise InvalidInput([Problem(str(path), "expected a JSON list of objects, at least one")])
    if not _is_flat(found, DEEPEST):
        raise _too_deep(path)
    return tuple(found)


def _unreadable(path: Path, error: OSError) -> InvalidInput:
    return InvalidInput([Problem(str(path), f"cannot be read: {error.strerror or error}")])


def _too_deep(path: Path) -> InvalidInput:
    return InvalidInput([Problem(str(path), f"nested more than {DEEPEST} deep")])


def _no_constant(word: str) -> Json:
    raise ValueError(f"{word} is not a number in JSON")


def _is_flat(value: Json, left: int) -> bool:
    """Whether a value is nested at most so deep."""
    kids = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return left >= 0 and all(_is_flat(kid, left - 1) for kid in kids)
