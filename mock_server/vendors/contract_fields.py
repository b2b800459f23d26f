"""A contract as a list of fields: what the vendor's document says of each, and what it may be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from mock_server.types import Json


class FieldOfContract(NamedTuple):
    """One field of a body. `row`, `document` and `page` say where the vendor documents it.

    `types` are the names of the types of JSON that it may have (none: any), `values` its only values, if it has only
    some. `ours`: no document has the value.
    """

    row: str
    document: str
    page: str
    description: str
    types: tuple[str, ...]
    values: tuple[Json, ...] | None
    required: bool
    ours: bool


def contract_fields(schema: Mapping[str, Json]) -> Mapping[str, FieldOfContract]:
    """The fields of a contract by JSON path, such as `$.items[*].code`, in the order of the schema."""
    return dict(_fields(schema, "$"))


def _fields(schema: Mapping[str, Json], path: str) -> Iterator[tuple[str, FieldOfContract]]:
    required = schema.get("required", ())
    for name, field in schema.get("properties", {}).items():
        yield f"{path}.{name}", _field(field, name in required)
        yield from _fields(field, f"{path}.{name}")
    if isinstance(schema.get("items"), dict):
        yield from _fields(schema["items"], f"{path}[*]")


def _field(schema: Mapping[str, Json], required: bool) -> FieldOfContract:
    source, types = schema.get("x-source", {}), schema.get("type", ())
    return FieldOfContract(
        row=source.get("row", ""),
        document=source.get("document", ""),
        page=source.get("page", ""),
        description=schema.get("description", ""),
        types=(types,) if isinstance(types, str) else tuple(types),
        values=tuple(schema["enum"]) if "enum" in schema else ((schema["const"],) if "const" in schema else None),
        required=required,
        ours=bool(schema.get("x-ours")),
    )


def paths_of(value: Json, path: str = "$") -> Iterator[str]:
    """The paths of every field of a body, each once, with `[*]` for positions."""
    yield from dict.fromkeys(_paths(value, path))


def _paths(value: Json, path: str) -> Iterator[str]:
    if isinstance(value, dict):
        for name, field in value.items():
            yield f"{path}.{name}"
            yield from _paths(field, f"{path}.{name}")
    elif isinstance(value, list):
        for each in value:
            yield from _paths(each, f"{path}[*]")
