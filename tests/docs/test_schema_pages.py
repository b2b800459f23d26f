"""The pages made from schemas have every key, say what each holds, and let Markdown change no sentence."""

from __future__ import annotations

import json

from docs import admin_api, scenario_reference
from docs.schema_rows import Json, Row, holds, plain, rows
from tests.support.documents import ROOT


def link(name: str) -> str:
    return f"[{name}]"


def test_the_rows_of_an_object_go_into_objects_and_lists_that_have_no_name() -> None:
    schema: Json = {
        "required": ["a"],
        "properties": {
            "a": {"description": "One *.", "type": "integer"},
            "b": {"properties": {"c": {"enum": ["x", None, True]}}, "allOf": [{"then": {"properties": {"d": {}}}}]},
            "e": {"type": "array", "items": {"properties": {"f": {"$ref": "#/$defs/part"}}}},
            "g": {"type": ["string", "object"], "allOf": [{"then": {"properties": {"h": {"x-expected": "a <b>"}}}}]},
        },
    }
    assert list(rows(schema, link)) == [
        Row("a", True, "whole number", "One \\*."),
        Row("b", False, "any JSON", ""),
        Row("b.c", False, "`x`, `null`, `true`", ""),
        Row("e", False, "list of any JSON", ""),
        Row("e[].f", False, "[part]", ""),
        Row("g", False, "text or object", ""),
        Row("g.h", False, "a &lt;b>", ""),
    ]


def test_what_is_in_code_stays_and_what_is_not_is_shown_as_it_is_written() -> None:
    assert plain("a final * of `<name>_*`, and a_b") == "a final \\* of `<name>_*`, and a\\_b"
    assert holds({"anyOf": [{"$ref": "#/x/Task"}, {"type": "null"}]}, link) == "[Task] or null"


def test_every_key_of_the_schema_of_scenario_files_has_a_row() -> None:
    schema = json.loads((ROOT / "schemas" / "scenario.schema.json").read_text("utf-8"))
    sections = dict(scenario_reference.sections(ROOT))
    assert len(sections) == 1 + sum("properties" in part for part in schema["$defs"].values())
    for title, part in (("The file", schema), *((each, schema["$defs"][name]) for name, each in TITLES)):
        keys = " ".join(key for key, _, _ in sections[title])
        assert [name for name in part["properties"] if f"`{name}`" not in keys] == []


TITLES = tuple(scenario_reference.TITLES.items())


def test_every_call_and_shape_of_the_admin_api_is_on_its_page() -> None:
    page = (ROOT / "docs" / "admin-api.md").read_text("utf-8")
    document = admin_api.openapi()
    calls = [f"### `{method.upper()} {path}`" for path, each in document["paths"].items() for method in each]
    shapes = [f"### {name}" for name in document["components"]["schemas"] if not name.endswith("Body")]
    assert len(calls) > 40
    assert [line for line in (*calls, *shapes) if f"{line}\n" not in page] == []
