"""The schema of error responses and statuses, and the words for them that vendors know."""

from __future__ import annotations

from collections.abc import Sequence

from mock_server.http.responses import BODILESS
from mock_server.schema.parts import enum, whole
from mock_server.types import Json
from mock_server.vendors.dialect import ERROR_WORDS, Dialect
from mock_server.vendors.registry import Registry


def error(registry: Registry) -> Json:
    """An error response: a status, a word or a code."""
    words = error_words(registry)
    return {
        "type": ["integer", "string"],
        "x-expected": "a status from 300 to 999, a word or a vendor's code",
        "allOf": [
            {"if": {"type": "integer"}, "then": status(300)},
            {"if": {"type": "string"}, "then": {**enum(words, "an error"), "x-known": _known(words)}},
        ],
    }


def _known(words: Sequence[str]) -> str:
    """What an `error` may say, without every code."""
    plain = [word for word in words if word in ERROR_WORDS]
    code = next((f", or a vendor's code such as {word}" for word in words if word not in ERROR_WORDS), "")
    return f"a status such as 599, one of the words {', '.join(plain)}{code}"


def status(low: int) -> Json:
    """A status that may have a body: HTTP forbids one to some, and a response here always has one."""
    return {
        **whole(low, 999, f"a status from {low} to 999, of a response that has a body"),
        "not": {"enum": list(BODILESS)},
    }


def error_words(registry: Registry) -> tuple[str, ...]:
    """What an `error` may say besides a status: the words all vendors have, then each vendor's codes."""
    known = {word for dialect in registry.dialects() for word in errors_of(dialect)}
    return (*(word for word in ERROR_WORDS if word in known), *sorted(known.difference(ERROR_WORDS)))


def errors_of(dialect: Dialect) -> frozenset[str]:
    """The words and codes of one vendor. Statuses are written as numbers, and two words are for routing alone."""
    return frozenset(word for word in dialect.errors if not word.isdigit() and word not in ("no_route", "method"))
