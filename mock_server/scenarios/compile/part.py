"""A value of a file that knows its place there, and the diagnostics of the file: the problems found in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from mock_server.engine.durations import BadTime
from mock_server.errors import Hint, Problems
from mock_server.schema.findings import Written
from mock_server.types import Json, JsonPath

T = TypeVar("T")


class Diagnostics:
    """The problems of one file, each at its place."""

    def __init__(self, source: Written) -> None:
        self.problems = Problems(source.where)
        self._source = source

    def add(self, path: JsonPath, what: str, hint: Hint = "", *, key: bool = False) -> None:
        """Notes a problem of the value at `path`, or of its key."""
        self.problems.add(self._source.at(path, key=key), what, hint)


@dataclass(frozen=True, slots=True)
class Part:
    """A value of a file whose shape fits the schema: where it stands, and where its problems are noted.

    All parts of a file share its diagnostics. A part whose value is None stands for a key that the file leaves out: it
    has no keys, no elements and nothing to read.
    """

    value: Json
    path: JsonPath
    diagnostics: Diagnostics

    @staticmethod
    def root_of(source: Written) -> Part:
        """The whole of a file, with no problems yet."""
        return Part(source.value, (), Diagnostics(source))

    @property
    def problems(self) -> Problems:
        """The problems of the whole file so far."""
        return self.diagnostics.problems

    def __contains__(self, key: str) -> bool:
        return self.value is not None and key in self.value

    def get(self, key: str, default: Json = None) -> Json:
        """The plain value of a key, or the default where the file leaves it out."""
        return self.value[key] if key in self else default

    def child(self, *path: str | int) -> Part:
        """The part at a key or a position, or further down at the end of a path."""
        value = self.value
        for key in path:
            if isinstance(value, dict):
                value = value.get(str(key))
            else:
                value = value[key] if isinstance(value, list) and isinstance(key, int) else None
        return Part(value, (*self.path, *path), self.diagnostics)

    def elements(self) -> list[Part]:
        """The parts of a list."""
        return [self.child(k) for k in range(len(self.value or ()))]

    def items(self) -> Iterator[tuple[str, Part]]:
        """The keys of a mapping, each with its part."""
        for key in self.value or ():
            yield key, self.child(key)

    def report(self, what: str, hint: Hint = "", *, key: str | None = None) -> None:
        """Notes a problem of this value; with `key`, of that key in it."""
        self.diagnostics.add(self.path if key is None else (*self.path, key), what, hint, key=key is not None)

    def read(self, reader: Callable[[Json], T]) -> T | None:
        """What `reader` makes of the value, None where there is none; its BadTime is noted as a problem."""
        if self.value is None:
            return None
        try:
            return reader(self.value)
        except BadTime as error:
            self.report(str(error))
            return None
