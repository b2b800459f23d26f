"""The schema of headers that a step or a fault sets and removes."""

from __future__ import annotations

from mock_server.schema.parts import LINE_END, LONGEST, text
from mock_server.types import Bound, Json

HEADER_NAME = "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$"
FRAMING = ("Connection", "Content-Length", "Keep-Alive", "Trailer", "Transfer-Encoding", "Upgrade")
"""Headers that frame a response: a wrong one would break the connection, which faults do on purpose."""
HEADER_VALUE = "^[ -~]*$"
MOST_HEADERS = Bound(
    "Headers that a step or a fault sets and removes",
    100,
    "headers",
    "A scenario with more is not loaded; a fault with more is not armed (422).",
)


def headers() -> Json:
    """Headers by name, null to remove one."""
    return {
        "type": "object",
        "minProperties": 1,
        "maxProperties": MOST_HEADERS.value,
        "propertyNames": header_name(),
        "additionalProperties": header_value(),
        "x-expected": "headers and their values",
    }


def header_name() -> Json:
    """The name of a header that may be set."""
    return {
        "allOf": [
            {**text(HEADER_NAME, "the name of a header"), "maxLength": 100},
            {"not": {"pattern": _any_case(FRAMING)}, "x-expected": "a header that does not frame the response"},
        ]
    }


def header_value() -> Json:
    """The value of a header that is set, or null for one that is removed."""
    return {
        "description": "The header's value, or null to remove it.",
        "type": ["string", "null"],
        "pattern": HEADER_VALUE,
        "not": {"type": "string", "pattern": LINE_END},
        "maxLength": LONGEST,
        "x-expected": "one line of printable ASCII, or null",
    }


def _any_case(names: tuple[str, ...]) -> str:
    """A pattern of these names however they are written, in the words that every validator reads alike."""
    spelt = ("".join(f"[{c.upper()}{c.lower()}]" if c.isalpha() else c for c in name) for name in names)
    return f"^({'|'.join(spelt)})$"
