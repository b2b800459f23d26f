"""Writes the shipped scenarios as a wheel has them (see `compiled`). `setup.py` runs it on what becomes the wheel."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any, NamedTuple

from mock_server import paths
from mock_server.engine.scenario import State
from mock_server.scenarios.compiled import LIST, RECORDS, SHARED, STATE, TUPLE, TUPLES, Row, digest
from mock_server.scenarios.file import FileLoader
from mock_server.scenarios.load import Loader, scenario_files
from mock_server.scenarios.report import Good
from mock_server.types import Json
from mock_server.vendors.contracts import Contracts
from mock_server.vendors.fixtures import Fixtures
from mock_server.vendors.registry import PROFILES, SHIPPED, Registry

_PLAIN = (str, int, float, bool, type(None))


def write(file: Path) -> None:
    """Loads and checks the shipped scenarios, and writes them to a file. ValueError: they have problems."""
    builtin = paths.data("scenarios")
    checked = [_checked(builtin, profile) for profile in PROFILES]
    if any(scenarios != checked[0] for scenarios in checked):
        raise ValueError("a shipped scenario depends on the profile, so it cannot be compiled for all of them")
    rows = [_row(good) for good in checked[0]]
    short = shortened([row.scenario for row in rows])
    rows = [row._replace(scenario=each) for row, each in zip(rows, short.written, strict=True)]
    found = {"key": digest(builtin.parent), "shared": short.shared, "scenarios": rows}
    file.write_text(json.dumps(found, separators=(",", ":")), "utf-8")


def _checked(builtin: Path, profile: str) -> list[Good]:
    """The files of the shipped folder under a profile. The counts of what was checked are left out: they differ."""
    parts = (Registry(SHIPPED, {"profile": profile}), Contracts(), Fixtures([paths.data("fixtures")]))
    problems = Loader(*parts).load((), builtin).problems
    if problems:
        raise ValueError("\n".join(map(str, problems)))
    files = FileLoader(*parts)
    return [files.load(path) for path in scenario_files(builtin)]


def _row(good: Good) -> Row:
    """A file, without where it is now."""
    path = str(good.path)
    scenario, *counts = good.loaded
    kind, given = written(scenario)
    places = {claim: place.removeprefix(path) for claim, place in good.places.items()}
    return Row(good.path.name, [kind, {**given, "source": ""}], counts, places)


def written(value: Any) -> Any:
    """A value of the engine as JSON: a list begins with what it is, and an object is a mapping. `compiled` reads it.

    TypeError: there is a class in it of which this knows nothing.
    """
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is dict:
        return {key: written(each) for key, each in value.items()}
    if kind is State:
        return [STATE, value.value]
    if kind is tuple or kind is list:
        return [TUPLE if kind is tuple else LIST, *map(written, value)]
    if kind is TUPLES.get(kind.__name__):
        return [kind.__name__, *map(written, value)]
    if kind is RECORDS.get(kind.__name__):
        given = {each.name: getattr(value, each.name) for each in fields(value) if not _is_usual(each, value)}
        return [kind.__name__, written(given)]
    raise TypeError(f"{kind.__name__} is not in the table of what is compiled")


class Short(NamedTuple):
    """Written values that have a reference in place of each of `shared`, which name only earlier ones of these."""

    shared: Sequence[Json]
    written: Sequence[Json]


def shortened(written: Sequence[Json]) -> Short:
    """Written values whose common parts are written, and so read, only once. What can be changed is not shared."""
    shared = _Shared(written)
    short = [shared.shorten(each) for each in written]
    return Short(shared.values, short)


class _Shared:
    def __init__(self, written: Iterable[Json]) -> None:
        self.values: list[Json] = []
        self._counts = Counter(_text(part) for each in written for part in _parts(each))
        self._places: dict[str, int] = {}

    def shorten(self, written: Json) -> Json:
        """A written value with references. What they refer to is put into `values`."""
        if isinstance(written, dict):
            return {key: self.shorten(each) for key, each in written.items()}
        if not isinstance(written, list):
            return written
        text = _text(written)
        if text not in self._places:
            kind, *parts = written
            short = [kind, *map(self.shorten, parts)]
            if self._counts[text] < 2 or not _is_fixed(written):
                return short
            self._places[text] = len(self.values)
            self.values.append(short)
        return [SHARED, self._places[text]]


def _text(written: Json) -> str:
    return json.dumps(written)


def _parts(written: Json) -> Iterator[Json]:
    """A written value and all in it, as far as they say what they are."""
    if isinstance(written, list):
        yield written
    for each in written.values() if isinstance(written, dict) else written[1:] if isinstance(written, list) else ():
        yield from _parts(each)


def _is_fixed(written: Json) -> bool:
    """Whether nobody can change the value: no list and no mapping is in it, but for the fields of a dataclass."""
    if not isinstance(written, list):
        return not isinstance(written, dict)
    kind, *parts = written
    return kind != LIST and all(map(_is_fixed, parts[0].values() if kind in RECORDS else parts))


def _is_usual(field: Field[Any], value: Any) -> bool:
    """Whether a field of a value has its default."""
    default = field.default if field.default_factory is MISSING else field.default_factory()
    return bool(getattr(value, field.name) == default)


if __name__ == "__main__":
    write(paths.compiled())
