"""A foreign file as series: which tool wrote it, and what it holds."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from mock_server.errors import InvalidInput, Problem
from mock_server.scenarios.foreign import har, mockoon, wiremock
from mock_server.scenarios.foreign.node import Node
from mock_server.scenarios.foreign.series import FILE, SERIES, Imported, Series
from mock_server.types import Json
from mock_server.vendors.registry import Registry

Reader = Callable[[Node, Registry], list[Series]]
READERS: tuple[tuple[str, Reader], ...] = (
    ("log", har.series_of),
    ("mappings", wiremock.series_of),
    ("request", wiremock.series_of),
    ("routes", mockoon.series_of),
)
"""By a key that only the files of one tool have."""
KINDS = "an HTTP archive (HAR), mappings of WireMock, or an environment of Mockoon"


def imported(text: bytes, where: str, registry: Registry) -> Imported:
    """What a file holds. InvalidInput: it is too large, no JSON, of no known tool, or has no status request."""
    value = _value(text, where)
    read = next((reader for key, reader in READERS if key in value), None)
    if read is None:
        raise InvalidInput([Problem(where, f"is not {KINDS}", "it has none of the keys log, mappings and routes")])
    notes: list[Problem] = []
    try:
        found = read(Node(value, "", notes), registry)
    except RecursionError:
        raise InvalidInput([Problem(where, "is nested too deeply")]) from None
    left = [problem._replace(where=f"{where}: {problem.where or '$'}") for problem in notes]
    for series in found[SERIES.value :]:
        left.append(Problem(f"{where}: {series.place}", f"more than {SERIES.value} tasks", "it is left out"))
    if not found:
        raise InvalidInput([Problem(where, "has no status request of a vendor"), *left[:99]])
    return Imported(tuple(found[: SERIES.value]), tuple(left))


def _value(text: bytes, where: str) -> Mapping[str, Json]:
    if len(text) > FILE.value:
        hint = "take the part that has the status requests"
        raise InvalidInput([Problem(where, f"is larger than {FILE.value} bytes", hint)])
    try:
        value = json.loads(text.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise InvalidInput([Problem(where, f"is not JSON: {error}", f"give {KINDS}")]) from None
    if not isinstance(value, dict):
        raise InvalidInput([Problem(where, f"is not {KINDS}", "expected an object")])
    return value
