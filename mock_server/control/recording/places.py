"""How one JSON value becomes another by `with` and `without`: the places to put and to drop."""

from __future__ import annotations

import json
from typing import NamedTuple

from mock_server.types import Json

_LONGEST = 64
"""Characters of a key that a place names."""


class Changes(NamedTuple):
    """What makes the second of two values of the first: places with their values, and places to remove."""

    put: dict[str, Json]
    drop: list[str]


def canonical(value: Json) -> str:
    """A value as text; two values are the same if these are, which also tells 1 from 1.0."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def changes(before: Json, after: Json) -> Changes | None:
    """How `before` becomes `after`; None: they are no objects, or differ at the root in a key that no place names."""
    if not isinstance(before, dict) or not isinstance(after, dict):
        return None
    found = Changes({}, [])
    return found if _object(before, after, "", found) else None


def _object(before: dict[str, Json], after: dict[str, Json], at: str, found: Changes) -> bool:
    for name in (*before, *(name for name in after if name not in before)):
        same = name in before and name in after and canonical(before[name]) == canonical(after[name])
        if same:
            continue
        if not _is_named(name):
            return False
        if name not in after:
            found.drop.append(f"{at}{name}")
        elif name not in before or not _inside(before[name], after[name], f"{at}{name}.", found):
            found.put[f"{at}{name}"] = after[name]
    return True


def _inside(before: Json, after: Json, at: str, found: Changes) -> bool:
    """Adds the changes within a value; False: it has to be replaced whole."""
    own = Changes({}, [])
    if isinstance(before, dict) and isinstance(after, dict):
        if not _object(before, after, at, own):
            return False
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for k, (old, new) in enumerate(zip(before, after, strict=True)):
            if canonical(old) != canonical(new) and not _inside(old, new, f"{at}{k}.", own):
                own.put[f"{at}{k}"] = new
    else:
        return False
    found.put.update(own.put)
    found.drop.extend(own.drop)
    return True


def _is_named(name: str) -> bool:
    """Whether a place can name a key: digits alone would be a position."""
    plain = name.isascii() and name.isprintable() and "." not in name and "*" not in name
    return plain and 0 < len(name) <= _LONGEST and not name.isdigit()
