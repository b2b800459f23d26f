"""Room 1: which vendor a request is for, and what it asks; or the refusal it gets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from mock_server.emulator import near_miss
from mock_server.http.message import Request
from mock_server.vendors.dialect import Dialect, Operation, Refusal


class NoRoute(NamedTuple):
    """A path that no vendor serves. `vendor` is the one whose envelope says so, None if the path is nobody's."""

    vendor: str | None
    note: str


class Matcher:
    """Finds whom a request is for among some dialects."""

    def __init__(self, dialects: Sequence[Dialect]) -> None:
        self._dialects = tuple(dialects)
        self._routes = tuple(route for dialect in dialects for route in dialect.routes)
        # Most paths are fixed, and whose they are is known beforehand.
        self._fixed = {route.path: self._those_who_know(route.path) for route in self._routes if "<" not in route.path}

    def match(self, request: Request) -> Operation | Refusal | NoRoute:
        """What the first dialect that knows the path makes of the request; else whom its first segment belongs to."""
        for dialect in self._fixed.get(request.path, self._dialects):
            found = dialect.match(request)
            if found is not None:
                return found
        segment = request.path.split("/")[1]
        vendor = next((dialect.name for dialect in self._dialects if segment in dialect.segments), None)
        return NoRoute(vendor, near_miss.of_path(self._routes, request.path))

    def _those_who_know(self, path: str) -> tuple[Dialect, ...]:
        return tuple(
            dialect for dialect in self._dialects if any(route.match(path) is not None for route in dialect.routes)
        )
