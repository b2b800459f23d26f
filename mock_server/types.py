"""The types that every layer speaks of: JSON values, paths into them, and bounds."""

from __future__ import annotations

from typing import Any, NamedTuple

Json = Any  # a JSON value: what it may hold is checked where it enters, by a schema
JsonPath = tuple[str | int, ...]
"""Keys and positions from the root of a JSON value; `"*"`, where it is allowed, stands for every position."""


class Bound(NamedTuple):
    """The most of something that a server keeps, takes or waits for. Each is defined in the module that applies it.

    `docs/build.py` finds them all and writes `docs/limits.md`. `value` is in `unit`; `beyond` says in sentences, for
    users, what happens where it is reached. `setting` is the field of the settings that changes it, "" if none does.
    """

    name: str
    value: int
    unit: str
    beyond: str
    setting: str = ""
