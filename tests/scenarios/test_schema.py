"""The schema of scenario files: generated, complete, and the same for editors as for the loader."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from mock_server import paths
from mock_server.scenarios.language.schema import scenario_schema, schema_text
from mock_server.scenarios.source import read
from mock_server.types import Json
from mock_server.vendors.registry import Registry
from tests.support.made_up_vendor import VENDOR

SCHEMA = scenario_schema(Registry())


def parts(schema: Json, place: str = "$") -> Iterator[tuple[str, dict[str, Json]]]:
    """Every mapping within a schema, with its place."""
    if isinstance(schema, dict):
        yield place, schema
        for key, value in schema.items():
            yield from parts(value, f"{place}.{key}")
    elif isinstance(schema, list):
        for k, value in enumerate(schema):
            yield from parts(value, f"{place}[{k}]")


def test_the_committed_schema_is_the_generated_one() -> None:
    committed = (paths.data("schemas") / "scenario.schema.json").read_text(encoding="utf-8")
    assert committed == schema_text(Registry()), "run: make schema"


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_alternatives_are_distinguished_by_type() -> None:
    assert not [place for place, part in parts(SCHEMA) if {"oneOf", "anyOf"} & part.keys()]


def test_no_mapping_takes_keys_it_does_not_name() -> None:
    loose = [
        place
        for place, part in parts(SCHEMA)
        if part.get("type") == "object" and not place.endswith(".if") and "additionalProperties" not in part
    ]
    assert loose == []


def test_every_key_is_described_for_editors() -> None:
    silent = [
        f"{place}.properties.{name}"
        for place, part in parts(SCHEMA)
        # A condition repeats keys that are described where they are declared.
        if "additionalProperties" in part and isinstance(part.get("properties"), dict)
        for name, schema in part["properties"].items()
        if not schema.get("description")
    ]
    assert silent == []


@pytest.mark.parametrize("path", sorted(paths.data("scenarios").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_shipped_file_fits_and_names_the_schema(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    Draft202012Validator(SCHEMA).validate(read(text, path.name).value)
    assert text.startswith("# yaml-language-server: $schema=../schemas/scenario.schema.json\n")


def test_the_words_are_those_of_the_registry() -> None:
    schema = scenario_schema(Registry([VENDOR]))
    text = json.dumps(schema)
    assert schema["properties"]["vendors"]["items"]["enum"] == ["lamp"]
    assert schema["$defs"]["item"]["properties"].keys() == {"watt", "steps"}
    assert schema["properties"]["options"]["properties"]["lamp"]["properties"]["glow"]["enum"] == ["dim", "bright"]
    assert "L3" in schema["$defs"]["error"]["allOf"][1]["then"]["enum"]
    assert "notified" not in text
    assert "qiniu" not in text
