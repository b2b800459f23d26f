"""Which submits are meant: patterns for what a submit says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from mock_server.engine.ids import IdPattern

Where = tuple[tuple[str, IdPattern], ...]
"""Patterns by key, sorted by key, so that equal ones are equal."""
Values = Mapping[str, Sequence[str]]
"""What a submit says: of each key that its vendor has, the values, which may be none."""


class Wanted(NamedTuple):
    """The submits that an entry of a scenario is for: those to these vendors that fit all patterns."""

    where: Where
    vendors: tuple[str, ...]


def where_of(patterns: Mapping[str, str]) -> Where:
    """The patterns of an entry as it is written."""
    return tuple((key, IdPattern.parse(patterns[key])) for key in sorted(patterns))


def where_text(where: Where) -> str:
    """The patterns for people: `bucket shop-*, key orders/late*`."""
    return ", ".join(f"{key} {pattern}" for key, pattern in where)


def fits(where: Where, values: Values) -> bool:
    """Whether a submit that says this fits every pattern; of a key with several values, any of them may."""
    return all(any(map(pattern.matches, values.get(key, ()))) for key, pattern in where)


def closeness(where: Where) -> tuple[int, int]:
    """How closely patterns say what they mean: the number of keys, and of literal characters. More is closer."""
    return len(where), sum(len(pattern.start) for _, pattern in where)
