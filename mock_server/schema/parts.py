"""The few schemas of which larger ones are composed, that of scenario files above all.

`x-expected` says in words what a value should be, `x-says` what is wrong with a mapping as a whole, `x-empty` what to
write in place of an empty list, `x-known` what a word may be where the list of all would be too long; messages are made
of them. Alternatives are distinguished by `type` with `if`/`then`, never by `oneOf` or `anyOf`, whose errors name no
key.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mock_server.types import Bound, Json

MOST = 1000
"""Items, steps and faults a scenario may have, each."""
LONGEST = 2048
"""Characters of the longest text."""
MOST_POLLS = 1_000_000
_REFUSED = "A scenario with more is not loaded; a request with more is refused with 422."
BOUNDS = (
    Bound("Items, steps or faults of a scenario, and entries of any other list in it", MOST, "of each", _REFUSED),
    Bound(
        "Text in a scenario or in a request to the admin API, unless another row is about it",
        LONGEST,
        "characters",
        _REFUSED,
    ),
    Bound("Polls that a step or an armed fault counts", MOST_POLLS, "polls", _REFUSED),
)
LINE_END = "\n"
"""No text with a pattern may hold one: in some validators `$` also matches before a last line end."""
NAME = "^[A-Za-z0-9_-]+$"


def mapping(properties: Mapping[str, Json]) -> dict[str, Json]:
    """A mapping of exactly these keys."""
    return {"type": "object", "additionalProperties": False, "properties": dict(properties)}


def list_of(items: Json, expected: str, *, empty: str = "") -> dict[str, Json]:
    """A list of at least one element; `expected` says what it is a list of, `empty` what to write in place of none."""
    found = {"type": "array", "minItems": 1, "maxItems": MOST, "items": items, "x-expected": expected}
    return {**found, "x-empty": empty} if empty else found


def text(pattern: str, expected: str) -> dict[str, Json]:
    """Text of one line that matches a pattern."""
    return {"type": "string", "pattern": pattern, "not": {"pattern": LINE_END}, "x-expected": expected}


def whole(low: int, high: int, expected: str) -> dict[str, Json]:
    """A whole number within bounds."""
    return {"type": "integer", "minimum": low, "maximum": high, "x-expected": expected}


def enum(words: Iterable[str], expected: str) -> dict[str, Json]:
    """One of these words."""
    return {"type": "string", "enum": list(words), "x-expected": expected}
