"""What a foreign file holds, as values: the responses to the status requests of a task."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from mock_server.engine.scenario import Lognormal, Span
from mock_server.errors import Problem
from mock_server.types import Bound
from mock_server.vendors.registry import Registry

FILE = Bound(
    "File that is imported", 32 << 20, "bytes", "A larger one is refused: take the part that has the status requests."
)
SERIES = Bound(
    "Scenarios that one file is imported as", 1_000, "scenarios", "Those of further tasks are left out, and listed."
)


class Captured(NamedTuple):
    """One response. `body` None: there is none to send. `delay` and `fault` are as in scenario files."""

    place: str
    status: int = 200
    body: str | None = ""
    type: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    delay: Span | Lognormal | None = None
    fault: str = ""
    over: int | None = None

    @property
    def looks(self) -> tuple[object, ...]:
        """All but where it was found."""
        return self[1:]


class Series(NamedTuple):
    """The responses of one task, in order; the last of them goes on. `id` None: the file does not say which task."""

    vendor: str
    id: str | None
    responses: tuple[Captured, ...]
    place: str


class Imported(NamedTuple):
    """What a file gives, and what is not understood of it."""

    series: tuple[Series, ...]
    left: tuple[Problem, ...]


class Asked(NamedTuple):
    """Whose task a status request is about; `id` None: it does not say."""

    vendor: str
    id: str | None


def asked(registry: Registry, method: str, url: str, fields: Mapping[str, str]) -> Asked | None:
    """The task that a request asks for; None: no vendor's status request. `fields` are those of its form."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    for dialect in registry.dialects():
        for route in dialect.routes:
            named = route.match(unquote(parts.path)) if route.asks == "status" else None
            if named is None or (method not in route.methods and method != "ANY"):
                continue
            places = {"path": named, "query": query, "form": {**fields, **query}}
            return Asked(dialect.name, places[route.id_in].get(route.id) or None)
    return None
