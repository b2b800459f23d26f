"""Places in a body that a scenario overrides, such as `items.*.key`: what `with` and `without` do there."""

from __future__ import annotations

import copy

from mock_server.engine.scenario import Adjust
from mock_server.types import Json, JsonPath


class BadPlace(Exception):
    """A `with` or `without` names a place that this body does not have."""

    def __init__(self, place: JsonPath) -> None:
        self.place = place
        super().__init__(f"{'.'.join(map(str, place))}: no such place in the body")


def adjust_body(body: Json, adjust: Adjust, vendor: str) -> None:
    """Puts and drops what the scenario says, in the body itself: it was made for this response alone."""
    for place, value in adjust.put.get(vendor, ()):
        for holder, last in _holders(body, place, new=True):
            holder[last] = copy.deepcopy(value)
    for place in adjust.drop.get(vendor, ()):
        for holder, last in _holders(body, place, new=False):
            del holder[last]


def _holders(body: Json, place: JsonPath, *, new: bool) -> list[tuple[Json, str | int]]:
    """Every (container, last key) a place names. With `new`, an object may lack the last key."""
    holders = [body]
    for part in place[:-1]:
        holders = [child for holder in holders for child in _children(holder, part, place)]
    last = place[-1]
    found: list[tuple[Json, str | int]] = []
    for holder in holders:
        if last == "*" and isinstance(holder, list):
            # From the end, so that dropping one leaves the positions of the others as they were.
            found.extend((holder, k) for k in reversed(range(len(holder))))
        elif _has(holder, last) or (new and isinstance(holder, dict) and isinstance(last, str)):
            found.append((holder, last))
        else:
            raise BadPlace(place)
    return found


def _children(holder: Json, part: str | int, place: JsonPath) -> list[Json]:
    if part == "*" and isinstance(holder, list):
        return list(holder)
    if _has(holder, part):
        return [holder[part]]
    raise BadPlace(place)


def _has(holder: Json, part: str | int) -> bool:
    if isinstance(holder, list):
        return isinstance(part, int) and 0 <= part < len(holder)
    return isinstance(holder, dict) and part in holder
