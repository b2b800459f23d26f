"""The fields that parameters and bodies of the admin API are made of."""

from __future__ import annotations

from mock_server.engine import durations
from mock_server.schema.parts import LINE_END, LONGEST, enum, mapping, text, whole
from mock_server.types import Bound, Json
from mock_server.vendors.dialect import MAX_ID
from mock_server.vendors.registry import Registry

MOST_LISTED = 10_000
"""Tasks or exchanges that one response lists."""
LISTED = Bound("Rows that a list of the admin API has", MOST_LISTED, "rows", "422: a higher `limit` is refused.")
_DATE_TIME = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})$"


def described(description: str, schema: Json) -> dict[str, Json]:
    """A schema with its description."""
    return {"description": description, **schema}


def nonempty_text(expected: str, longest: int = LONGEST) -> dict[str, Json]:
    """Text that is not empty."""
    return {"type": "string", "minLength": 1, "maxLength": longest, "x-expected": expected}


def length() -> dict[str, Json]:
    """A length of time, as scenario files write it."""
    return text(durations.LENGTH, "a length of time such as 250ms, 3s, 10m, 2h or 10d")


def length_or_zero() -> dict[str, Json]:
    """A length of time, or none."""
    return text(durations.LENGTH_OR_ZERO, "a length of time such as 0s, 250ms, 3s, 10m, 2h or 10d")


def date_time() -> dict[str, Json]:
    """A moment with its zone."""
    return {
        "type": "string",
        "pattern": _DATE_TIME,
        "not": {"pattern": LINE_END},
        "x-expected": "a date and time with its zone, such as 2030-01-01T00:00:00Z",
    }


def task_id() -> dict[str, Json]:
    """The id of one task."""
    return nonempty_text("a task's id", MAX_ID)


def id_pattern() -> dict[str, Json]:
    """An id, or a prefix with one final star."""
    return nonempty_text("a task's id, or a prefix with one final *", MAX_ID + 1)


def vendor(registry: Registry) -> dict[str, Json]:
    """One of the vendors served."""
    return enum(registry.names, "a vendor")


def limit(default: int) -> dict[str, Json]:
    """How many to list."""
    expected = f"a whole number from 1 to {MOST_LISTED}"
    return described("List at most this many.", {**whole(1, MOST_LISTED, expected), "default": default})


def body(schema: Json, *examples: Json, required: tuple[str, ...] = ()) -> dict[str, Json]:
    """A body with these keys and no others, and examples of it."""
    return {
        **mapping(schema),
        **({"required": list(required)} if required else {}),
        "x-expected": "a JSON object",
        "examples": list(examples),
    }
