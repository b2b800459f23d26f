"""Where the problems of one file are gathered, each at the line and column it is about."""

from __future__ import annotations

from mock_server.errors import Problem
from mock_server.schema.findings import Written
from mock_server.types import JsonPath


class Desk:
    """One value while it is judged. `problems` are in the order they were found."""

    def __init__(self, source: Written) -> None:
        self.source = source
        self.problems: list[Problem] = []

    def add(self, path: JsonPath, what: str, hint: str = "", *, key: bool = False) -> None:
        """Notes a problem of the value at `path`, or of its key; the same one is noted once."""
        problem = Problem(self.source.at(path, key=key), what, hint)
        if problem not in self.problems:
            self.problems.append(problem)
