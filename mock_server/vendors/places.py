"""Places in a body that a scenario overrides, such as `items.*.key`: what `with` and `without` do there."""

from __future__ import annotations

import copy

from mock_server.engine.scenario import Adjust
from mock_server.types import Bound, Json, JsonPath

MOST_CHANGES = 200_000
"""Values that the `with` and `without` of one response may put and drop; 20 characters of text count as one."""
CHANGES = Bound(
    "Values of one body that `with` and `without` change",
    MOST_CHANGES,
    "values",
    "The scenario is not loaded. A text counts once more for each 20 characters.",
)


class BadPlace(Exception):
    """A `with` or `without` names a place that this body does not have, or one change too many (`too_much`)."""

    def __init__(self, place: JsonPath, *, too_much: bool = False) -> None:
        self.place = place
        self.too_much = too_much
        why = f"more than {MOST_CHANGES} changes of one body" if too_much else "no such place in the body"
        super().__init__(f"{'.'.join(map(str, place))}: {why}")


def adjust_body(body: Json, adjust: Adjust, vendor: str) -> None:
    """Puts and drops what the scenario says, in the body itself: it was made for this response alone."""
    left = MOST_CHANGES
    for place, value in adjust.put.get(vendor, ()):
        holders = _holders(body, place, new=True)
        left -= len(holders) * weight(value)
        if left < 0:
            raise BadPlace(place, too_much=True)
        for holder, last in holders:
            holder[last] = copy.deepcopy(value)
    for place in adjust.drop.get(vendor, ()):
        holders = _holders(body, place, new=False)
        left -= len(holders)
        if left < 0:
            raise BadPlace(place, too_much=True)
        for holder, last in holders:
            del holder[last]


def weight(value: Json) -> int:
    """How many changes it is to put this value."""
    if isinstance(value, str):
        return 1 + len(value) // 20
    if isinstance(value, dict):
        return 1 + sum(len(key) // 20 + weight(each) for key, each in value.items())
    return 1 + sum(map(weight, value)) if isinstance(value, list) else 1


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
