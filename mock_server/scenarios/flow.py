"""Values as YAML in flow style, as scenario files write them: `{state: waiting, polls: 2}`."""

from __future__ import annotations

import json
import re

from mock_server.types import Json

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_-]*\Z")
"""Text that needs no quotes, unless it is one of the words that YAML 1.2 or other readers take for another type."""
_TAKEN = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
_COUNTED = re.compile(r"[0-9]+(ms|s|m|h|d|\.\.[0-9]+)\Z")
"""A length of time, or a window of polls: text, though it begins with a digit."""


def flow(value: Json) -> str:
    """The YAML of a value, in one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{flow(key)}: {flow(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(flow, value)) + "]"
    if not isinstance(value, str):
        return json.dumps(value)
    if _COUNTED.match(value) or (_PLAIN.match(value) and value.lower() not in _TAKEN):
        return value
    return f'"{"".join(map(_written, value))}"'


def _written(character: str) -> str:
    """A character within double quotes."""
    if character in '"\\':
        return f"\\{character}"
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
