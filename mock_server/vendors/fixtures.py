"""Lists of items kept in files: a vendor's pool of plausible ones, and the named lists that a scenario may use."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from mock_server.errors import InvalidInput, Problem
from mock_server.types import Json

Items = tuple[Mapping[str, Json], ...]
POOL = "items"
_LARGEST = 1 << 20


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
        """The names of a vendor's lists."""
        found = {path.stem for folder in self._folders for path in (folder / vendor).glob("*.json")}
        return tuple(sorted(found))

    def _path(self, vendor: str, name: str) -> Path:
        for folder in self._folders:
            path = folder / vendor / f"{name}.json"
            if path.is_file():
                return path
        raise FileNotFoundError(f"{vendor}/{name}.json")


def _read(path: Path) -> Items:
    if path.stat().st_size > _LARGEST:
        raise InvalidInput([Problem(str(path), f"larger than {_LARGEST} bytes")])
    try:
        found = json.loads(path.read_bytes())
    except ValueError as error:
        raise InvalidInput([Problem(str(path), f"not JSON: {error}")]) from None
    if not isinstance(found, list) or not found or not all(isinstance(item, dict) for item in found):
        raise InvalidInput([Problem(str(path), "expected a JSON list of objects, at least one")])
    return tuple(found)
