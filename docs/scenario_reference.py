"""The page that lists every key of a scenario file, from the schema that editors and the loader use; for `build.py`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path
from types import MappingProxyType

from docs.schema_rows import Json, holds, rows

INTRO = """# Scenario reference

Every key of a scenario file, from its JSON Schema, [`schemas/scenario.schema.json`](../schemas/scenario.schema.json),
which editors read too: the first line of a shipped file names it. `mock-server schema` prints it. [Scenario
files](scenarios.md) explains the language with examples that run; this page is for looking up. A key that is not here
is a mistake, and `mock-server check` says what was probably meant."""
TITLES: Mapping[str, str] = MappingProxyType(
    {
        "step": "A step",
        "itemStep": "A step of an item",
        "item": "An item",
        "submit": "A pattern of a submit",
        "sending": "A notification",
        "fault": "A fault",
        "when": "When a fault applies",
    }
)
"""The parts that have keys of their own, by their names in the schema."""


def sections(root: Path) -> Iterator[tuple[str, list[tuple[str, str, str]]]]:
    """The title of each part of the language, and its rows: key, what is written, meaning; last, the kinds of values.

    LookupError: the schema has a part with keys that has no title here.
    """
    schema = json.loads((root / "schemas" / "scenario.schema.json").read_text("utf-8"))
    parts: Mapping[str, Json] = schema["$defs"]

    def link(name: str) -> str:
        if "properties" not in parts[name]:
            return holds(parts[name], link)
        return f"[{TITLES[name].lower()}](#{TITLES[name].lower().replace(' ', '-')})"

    def table(part: Json) -> list[tuple[str, str, str]]:
        # Keys that mean the same, as the counts of each state do, share a row.
        alike = groupby(rows(part, link), lambda row: (row.required, row.holds, row.about))
        return [
            (", ".join(f"`{row.place}`" for row in found) + " (required)" * required, written, about)
            for (required, written, about), found in alike
        ]

    yield "The file", table(schema)
    for name, part in parts.items():
        if "properties" in part:
            yield TITLES[name], table(part)
