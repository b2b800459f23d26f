"""Room 1: which vendor a request is for, and what it asks; or the refusal it gets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from mock_server import near_miss
from mock_server.exchange import Request
from mock_server.vendors.dialect import Dialect, Operation, Refusal


class NoRoute(NamedTuple):
    """A path that no vendor serves. `vendor` is the one whose envelope says so, None if the path is nobody's."""

    vendor: str | None
    note: str


def match(dialects: Sequence[Dialect], request: Request) -> Operation | Refusal | NoRoute:
    """What the first dialect that knows the path makes of the request; else whom its first segment belongs to."""
    for dialect in dialects:
        found = dialect.match(request)
        if found is not None:
            return found
    segment = request.path.split("/")[1]
    vendor = next((dialect.name for dialect in dialects if segment in dialect.segments), None)
    return NoRoute(vendor, near_miss.of_path([route for dialect in dialects for route in dialect.routes], request.path))
