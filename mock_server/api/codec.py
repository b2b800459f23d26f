"""Between the values of the API and JSON: moments in time, encoding, decoding, and the schemas of the document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import msgspec

from mock_server.types import Json

T = TypeVar("T")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOMENT: Mapping[str, Json] = {
    "type": "string",
    "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{3}Z$",
    "description": "A moment in UTC, to the millisecond.",
}


class Moment(datetime):
    """A moment in UTC. JSON has it as ISO 8601 with milliseconds, always three digits: `2026-11-22T02:55:00.000Z`.

    A class of its own because msgspec writes a plain datetime without its trailing zeros.
    """

    @classmethod
    def of(cls, ms: int) -> Moment:
        """The moment `ms` milliseconds after 1970. Beyond the years 1 to 9999 it is the first or the last moment."""
        try:
            at = _EPOCH + timedelta(milliseconds=ms)
        except OverflowError:
            at = (datetime.min if ms < 0 else datetime.max).replace(tzinfo=UTC)
        return cls(at.year, at.month, at.day, at.hour, at.minute, at.second, at.microsecond, UTC)

    @property
    def ms(self) -> int:
        """So many milliseconds after 1970."""
        return (_EPOCH - self) // timedelta(milliseconds=-1)

    def __str__(self) -> str:
        return self.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def plain(value: Any) -> Json:
    """A value as JSON's own types (tuples stay), keys in the order of its fields, without fields that are UNSET."""
    return msgspec.to_builtins(value, enc_hook=_encoded)


def decode(text: bytes, type: type[T]) -> T:
    """The value that a JSON text says; keys that `type` does not know are ignored.

    msgspec.MsgspecError: the text is not JSON, or says something else.
    """
    return msgspec.json.decode(text, type=type, dec_hook=_decoded)


def schemas(types: Sequence[Any], ref_template: str) -> dict[str, Json]:
    """The JSON Schema of these structs and of all they hold, by name. A server sends no keys besides theirs."""
    _, components = msgspec.json.schema_components(types, schema_hook=_schema, ref_template=ref_template)
    return {name: _tidy(schema) for name, schema in components.items()}


def _encoded(value: Any) -> Json:
    if isinstance(value, Moment):
        return str(value)
    raise TypeError(f"{type(value).__name__} is no value of the API")


def _decoded(type: Any, value: Any) -> Any:
    if type is Moment:
        return Moment.fromisoformat(value)
    raise TypeError(f"{type} is no type of the API")


def _schema(type: Any) -> Json:
    if type is Moment:
        return dict(_MOMENT)
    # The exception with which msgspec wants to be told that a type has no schema.
    raise NotImplementedError(f"{type} is no type of the API")


def _tidy(schema: Json) -> Json:
    """A schema without titles and defaults, which say nothing here; `null` is one of the types; objects are closed."""
    if isinstance(schema, list):
        return [_tidy(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {key: value for key, value in schema.items() if key not in ("title", "default")}
    if "properties" in kept:
        # By hand: a field may be called `title`.
        kept["properties"] = {name: _tidy(part) for name, part in kept["properties"].items()}
        kept["additionalProperties"] = False
        return kept
    tidy = {key: _tidy(value) for key, value in kept.items()}
    if "enum" in tidy and all(isinstance(word, str) for word in tidy["enum"]):
        tidy = {"type": "string", **tidy}
    return _with_null(tidy) if "anyOf" in tidy else tidy


def _with_null(schema: dict[str, Json]) -> dict[str, Json]:
    """`anyOf` of simple types and null as one list of types, as people write it."""
    parts = schema["anyOf"]
    simple = [part for part in parts if isinstance(part.get("type"), str) and part["type"] != "null"]
    if len(simple) != len(parts) - 1 or any("type" in part and part["type"] in ("array", "object") for part in simple):
        return schema
    if len(simple) > 1 or {"type": "null"} not in parts:
        return schema
    (only,) = simple
    if "enum" in only:
        only = {**only, "enum": [*only["enum"], None]}
    rest = {key: value for key, value in schema.items() if key != "anyOf"}
    return {**only, "type": [only["type"], "null"], **rest}
