"""How a response breaks its contract: the first error of the schema, with its path, its rule and a sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from mock_server.errors import did_you_mean, json_path
from mock_server.schema.quote import quote
from mock_server.types import Json, JsonPath

_LONGEST = 80
"""Characters of a value that a message quotes."""
_CONDITIONAL = frozenset({"then", "else"})
"""The words in a schema's path that only a condition brings."""


class Breach(NamedTuple):
    """Where a body breaks its contract: the JSON path, the schema's keyword, and a sentence for people.

    A missing or surplus field is named by the path it has or would have. `rule` is `forbidden` for a field that this
    body must leave out.
    """

    path: str
    rule: str
    message: str


def first_breach(errors: Sequence[Any], schema: Mapping[str, Json]) -> Breach:
    """The breach to report of all errors of the reference validator, of which there is at least one.

    Plain rules come before conditional ones, which a wrong `code` breaks as well; then the shallower and the earlier
    place comes first.
    """
    error = min(errors, key=_urgency)
    message = _sentence(error)
    why = _reason(schema, error.absolute_schema_path)
    return Breach(json_path(_place(error)), _rule(error), f"{message}: {why}" if why else message)


def _urgency(error: Any) -> tuple[Any, ...]:
    place, rule = _place(error), str(error.validator)
    conditional = not _CONDITIONAL.isdisjoint(error.absolute_schema_path)
    return conditional, len(place), [(isinstance(part, str), part) for part in place], rule != "type", rule


def _place(error: Any) -> JsonPath:
    """The path of the field at fault; of a missing or surplus field, the path it has or would have."""
    place: JsonPath = tuple(error.absolute_path)
    field = _named_field(error)
    return place if field is None else (*place, field)


def _named_field(error: Any) -> str | None:
    if error.validator == "required":
        return next(str(field) for field in error.validator_value if field not in error.instance)
    if error.validator == "additionalProperties":
        return min(str(field) for field in error.instance if field not in error.schema.get("properties", {}))
    return None


def _rule(error: Any) -> str:
    return "forbidden" if error.validator == "not" and not error.validator_value else str(error.validator)


def _reason(schema: Json, place: Iterable[str | int]) -> str:
    """The title of the condition that applied here, if there is one."""
    for part in place:
        if part in _CONDITIONAL:
            return str(schema.get("title", ""))
        schema = schema[part]
    return ""


def _sentence(error: Any) -> str:
    """What is wrong and what was expected; the validator's own message only where there is no plainer one."""
    wanted, found = error.validator_value, error.instance
    known = error.schema.get("properties", {}) if isinstance(error.schema, dict) else {}
    expected = error.schema.get("x-expected", wanted) if isinstance(error.schema, dict) else wanted
    plain: Mapping[str, Callable[[], str]] = {
        "forbidden": lambda: "this field must be left out here",
        "required": lambda: "this field is missing",
        "additionalProperties": lambda: f"no such field in the contract, {did_you_mean(str(_place(error)[-1]), known)}",
        "type": lambda: f"expected {_types(wanted)}, found {_typed(found)}",
        "enum": lambda: f"expected one of {', '.join(map(_quoted, wanted))}, found {_quoted(found)}",
        "const": lambda: f"expected {_quoted(wanted)}, found {_quoted(found)}",
        "pattern": lambda: f"expected {expected}, found {_quoted(found)}",
        "not": lambda: f"expected {expected}, found {_quoted(found)}",
        "minLength": lambda: _length(error, "at least"),
        "maxLength": lambda: _length(error, "at most"),
        "minItems": lambda: f"expected at least {wanted} of them, found {len(found)}",
        "minimum": lambda: f"expected {wanted} or more, found {_quoted(found)}",
        "maximum": lambda: f"expected {wanted} or less, found {_quoted(found)}",
    }
    return plain.get(_rule(error), lambda: str(error.message))()


def _length(error: Any, bound: str) -> str:
    if "x-expected" in error.schema:
        return f"expected {error.schema['x-expected']}, found {_quoted(error.instance)}"
    if error.validator_value == 0 or error.instance == "":
        return "must not be empty" if error.instance == "" else f'expected "", found {_quoted(error.instance)}'
    return f"expected {bound} {error.validator_value} characters, found {len(error.instance)}"


_ARTICLES = (("integer", "an integer"), ("array", "an array"), ("object", "an object"), ("null", "null"))


def _types(wanted: str | list[str]) -> str:
    names = dict(_ARTICLES)
    types = [wanted] if isinstance(wanted, str) else wanted
    return " or ".join(names.get(each, f"a {each}") for each in types)


def _typed(value: Json) -> str:
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "an array"
    name = {str: "the string ", bool: "the boolean ", int: "the number ", float: "the number "}.get(type(value), "")
    return name + _quoted(value)


def _quoted(value: Json) -> str:
    return quote(value, _LONGEST)
