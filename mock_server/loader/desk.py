"""Where the problems of one file are gathered, each at the line and column it is about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from mock_server.engine.scenario import Json
from mock_server.errors import Problem
from mock_server.loader.source import Path


class Written(Protocol):
    """A value, and where each of its parts was written; a `Source` is one."""

    @property
    def where(self) -> str:
        """What people call the whole."""

    @property
    def value(self) -> Json:
        """The plain value."""

    def at(self, path: Sequence[str | int], *, key: bool = False) -> str:
        """Where the value at `path`, or its key, stands."""


class Desk:
    """One value while it is judged. `problems` are in the order they were found."""

    def __init__(self, source: Written) -> None:
        self.source = source
        self.problems: list[Problem] = []

    def add(self, path: Path, what: str, hint: str = "", *, key: bool = False) -> None:
        """Notes a problem of the value at `path`, or of its key; the same one is noted once."""
        problem = Problem(self.source.at(path, key=key), what, hint)
        if problem not in self.problems:
            self.problems.append(problem)
