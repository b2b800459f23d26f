"""The headers of a recording that the vendor's emulation has not, or has otherwise, as faults of single polls."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence, Set
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from mock_server.control.recording.seen import Seen
from mock_server.engine.durations import length_text
from mock_server.scenarios.language.headers import FRAMING, HEADER_NAME, HEADER_VALUE, MOST_HEADERS
from mock_server.schema.parts import LONGEST
from mock_server.types import Json

_LEFT = frozenset({*(name.lower() for name in FRAMING), "date", "proxy-connection", "te"})
"""Headers that belong to the connection or the moment."""
_OWN = "x-mock-server"
"""How the headers begin by which this server says what it does."""
_MOST_VALUES = 3
"""Values of a header, each seen once, from which on it changes with every response."""


def kept(poll: Seen) -> dict[str, str]:
    """The headers of a response that are compared, by their names in lower case; of a repeated one all values."""
    found: dict[str, str] = {}
    for name, value in poll.headers:
        low = name.lower()
        if low not in _LEFT and not low.startswith(_OWN):
            found[low] = f"{found[low]}, {value}" if low in found else value
    return found


class Apart(NamedTuple):
    """Headers that are not compared by value: of `ids` only whether they are there, of `moving` nothing at all."""

    ids: Set[str] = frozenset()
    moving: Set[str] = frozenset()

    def differing(self, seen: Seen, other: Seen) -> dict[str, tuple[str | None, str | None]]:
        """The headers that differ between two responses, by name in lower case; None: it is not there."""
        before, after = kept(seen), kept(other)
        found = {}
        for name in sorted((before.keys() | after.keys()) - self.moving):
            pair = before.get(name), after.get(name)
            if pair[0] != pair[1] and not (None not in pair and name in self.ids):
                found[name] = pair
        return found


def header_faults(
    polls: Sequence[Seen], played: Sequence[Seen], apart: Apart, lost: list[str]
) -> list[tuple[int, dict[str, Json]]]:
    """The headers to set and remove, by the number of the poll. What cannot be told is added to `lost`."""
    found: list[tuple[int, dict[str, Json]]] = []
    for number, (poll, other) in enumerate(zip(polls, played, strict=True), 1):
        if poll.failure or other.failure:
            continue
        spelt = {name.lower(): name for name, _ in (*other.headers, *poll.headers)}
        changed: dict[str, Json] = {}
        for name, (value, _) in apart.differing(poll, other).items():
            if value is not None and not _is_writable(name, value):
                lost.append(f"the header {name} of poll {number}, which no scenario file can hold")
            else:
                changed[spelt[name]] = value if value is None else _ahead(name, value, poll.at) or value
        if len(changed) > MOST_HEADERS.value:
            lost.append(f"the headers of poll {number}, of which there are {len(changed)}")
        elif changed:
            found.append((number, {"headers": changed}))
    return found


def moving(polls: Sequence[Seen], request_ids: Set[str]) -> frozenset[str]:
    """The headers that have another value in every response that has them."""
    values: dict[str, list[str]] = {}
    for poll in polls:
        for name, value in kept(poll).items():
            values.setdefault(name, []).append(value)
    return frozenset(_several(values, request_ids))


def _several(values: Mapping[str, Sequence[str]], request_ids: Set[str]) -> Iterator[str]:
    for name, each in values.items():
        if len(each) > _MOST_VALUES and len(set(each)) == len(each) and name not in (*request_ids, "retry-after"):
            yield name


def _is_writable(name: str, value: str) -> bool:
    fits = re.fullmatch(HEADER_NAME, name) is not None and re.fullmatch(HEADER_VALUE, value) is not None
    return fits and len(name) <= 100 and len(value) <= LONGEST


def _ahead(name: str, value: str, at: int) -> Mapping[str, Json] | None:
    """The date of a Retry-After as so long after the response; None: it is no date, or none after it."""
    if name != "retry-after":
        return None
    try:
        lasts = round(parsedate_to_datetime(value).timestamp() * 1_000) - at
    except ValueError:
        return None
    return {"ahead": length_text(lasts)} if lasts > 0 else None
