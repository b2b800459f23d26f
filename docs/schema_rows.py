"""What a JSON Schema says of an object, as rows that people read. `scenario_reference.py` and `admin_api.py` use it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

Json = Any
Link = Callable[[str], str]
"""How a page refers to another schema, by the last part of its pointer."""

TYPES: Mapping[str, str] = MappingProxyType(
    {"string": "text", "integer": "whole number", "boolean": "true or false", "object": "object", "array": "list"}
)


class Row(NamedTuple):
    """A field: its path from the object, whether it must be there, what it holds, and what it means."""

    place: str
    required: bool
    holds: str
    about: str


def rows(schema: Json, link: Link, before: str = "") -> Iterator[Row]:
    """The fields of an object in the schema's order, with those of objects inside it that have no name of their own."""
    for name, field in _properties(schema).items():
        about = plain(field.get("description", ""))
        yield Row(f"{before}{name}", name in schema.get("required", ()), holds(field, link), about)
        yield from rows(field, link, f"{before}{name}.")
        yield from rows(field.get("items", {}), link, f"{before}{name}[].")


def plain(text: str) -> str:
    """A sentence in which Markdown finds nothing but its code."""
    parts = text.split("`")
    for at in range(0, len(parts), 2):
        parts[at] = re.sub(r"[\\*_]", r"\\\g<0>", parts[at]).replace("<", "&lt;")
    return "`".join(parts)


def _properties(schema: Json) -> dict[str, Json]:
    """The properties of a schema; where it takes other values too, those of an object."""
    found: dict[str, Json] = schema.get("properties", {})
    for rule in schema.get("allOf", ()):
        # Beside properties, a rule only says more of them in one case.
        found = found or rule.get("then", {}).get("properties", {})
    return found


def holds(schema: Json, link: Link) -> str:
    """What a value is: in the schema's own words where it has some, else by its type; a list of words whole."""
    if "$ref" in schema:
        return link(schema["$ref"].rpartition("/")[2])
    for each in ("anyOf", "oneOf"):
        if each in schema:
            return " or ".join(dict.fromkeys(holds(one, link) for one in schema[each]))
    if "enum" in schema or "const" in schema:
        words = schema.get("enum") or [schema["const"]]
        return ", ".join(f"`{word if isinstance(word, str) else json.dumps(word)}`" for word in words)
    said = plain(schema.get("x-expected", ""))
    if "items" in schema:
        of = holds(schema["items"], link)
        return f"{said} ({of})" if said and of.startswith("[") else said or f"list of {of}"
    return said or _typed(schema, link)


def _typed(schema: Json, link: Link) -> str:
    if schema.get("prefixItems"):
        return f"list of {', '.join(holds(one, link) for one in schema['prefixItems'])}"
    inner = schema.get("additionalProperties")
    if isinstance(inner, dict) and inner:
        return f"object, each value {holds(inner, link)}"
    kinds = schema.get("type", "any JSON")
    return " or ".join(TYPES.get(kind, kind) for kind in ([kinds] if isinstance(kinds, str) else kinds))
