"""The errors of a schema as the author of a file or a request reads them: every one of them, with a hint.

The schema has words of its own for this: `x-expected` says what a value should be, `x-says` what is wrong with a
mapping as a whole (see `parts`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple, Protocol

from mock_server.engine.durations import UNITS
from mock_server.errors import Hint, Problem, Problems, did_you_mean, json_path
from mock_server.schema.quote import quote
from mock_server.types import Json, JsonPath

_LONGEST = 60
"""Characters of a value that a message quotes."""

_IN_MS = frozenset({"delay", "median", "p99", "over"})
"""Keys whose lengths of time are often given in milliseconds."""
_MANY_SECONDS = 60
"""From here on, a number at these keys is rather one of milliseconds."""
_FLAGS: Mapping[str, str] = {
    **dict.fromkeys(("yes", "on", "y", "true"), "true"),
    **dict.fromkeys(("no", "off", "n", "false"), "false"),
}
"""Words that older versions of YAML read as true and false, and what they are now."""


class Written(Protocol):
    """A value, and where each of its parts is written; a `Source` is one."""

    @property
    def where(self) -> str:
        """What people call the whole."""

    @property
    def value(self) -> Json:
        """The plain value."""

    def at(self, path: Sequence[str | int], *, key: bool = False) -> str:
        """Where the value at `path`, or its key, is written."""


class At(Protocol):
    """Where a part of a value, or its key, is written."""

    def __call__(self, path: Sequence[str | int], *, key: bool = False) -> str:
        """The place, for people."""


class Finding(NamedTuple):
    """One thing that is wrong: where in the value (`key`: its key is meant), what, and what to do about it."""

    path: JsonPath
    what: str
    hint: Hint = ""
    key: bool = False


def findings_of(errors: Sequence[Any]) -> list[Finding]:
    """The findings of all errors of the reference validator, in its order."""
    unknown = {tuple(error.absolute_path) for error in errors if error.validator == "additionalProperties"}
    conditions = _conditions_of_enums(errors)
    return [
        finding
        for error in errors
        # A key that seems to be missing may well be the unknown one, misspelt.
        if not (_is_about_missing_keys(error) and tuple(error.absolute_path) in unknown)
        # A word that is none at all is not also told which of the words go with what stands beside it.
        if not (error.validator == "enum" and _conditions(error) > conditions[tuple(error.absolute_path)])
        for finding in _findings(error)
    ]


def _conditions_of_enums(errors: Sequence[Any]) -> Mapping[JsonPath, int]:
    """By place: how many conditions lead to that enumeration, of those that do not fit, to which the fewest lead."""
    found: dict[JsonPath, int] = {}
    for error in errors:
        if error.validator == "enum":
            path = tuple(error.absolute_path)
            found[path] = min(found.get(path, _conditions(error)), _conditions(error))
    return found


def _conditions(error: Any) -> int:
    return sum(part in ("then", "else") for part in error.absolute_schema_path)


def _is_about_missing_keys(error: Any) -> bool:
    if error.validator == "anyOf":
        return all(list(each) == ["required"] for each in error.validator_value)
    return error.validator in ("required", "minProperties")


def problems_of(findings: Iterable[Finding], source: Written) -> list[Problem]:
    """The findings as problems of a file, each once, in the order of its lines."""

    def position(finding: Finding) -> tuple[int, ...]:
        return tuple(map(int, source.at(finding.path, key=finding.key).rsplit(":", 2)[1:]))

    return listed(sorted(findings, key=position), source.where, source.at)


def listed(findings: Iterable[Finding], where: str, at: At) -> list[Problem]:
    """The findings as problems, in their order, each once; as many as `Problems` lists. `where`: the whole's name."""
    problems = Problems(where)
    for path, what, hint, key in findings:
        problems.add(at(path, key=key), what, hint)
    return problems.listed()


def at_json_path(path: Sequence[str | int], *, key: bool = False) -> str:
    """Where a part of a JSON value is; a key is where its value is."""
    return json_path(path)


def _findings(error: Any) -> Iterator[Finding]:
    """What one error means to the author."""
    path: JsonPath = tuple(error.absolute_path)
    schema, found, wanted = error.schema, error.instance, error.validator_value
    message = schema.get("x-says", "")
    if error.validator == "additionalProperties" and wanted is False:
        known = schema["properties"]
        for name in (name for name in found if name not in known):
            yield Finding((*path, name), f"unknown key {_quoted(name)}", partial(did_you_mean, name, known), True)
    elif error.validator in ("required", "dependentRequired"):
        yield _missing(error, path, message)
    elif "propertyNames" in error.absolute_schema_path:
        yield Finding((*path, found), f"expected {schema['x-expected']}, found {_quoted(found)}", "", True)
    elif message:
        yield Finding(path, message, "", error.validator == "not")
    elif error.validator == "enum" and isinstance(found, str):
        expected = schema.get("x-expected", "one of the words known here")
        known = [str(word) for word in wanted]
        hint: Hint = (
            "a number goes without quotes"
            if found.isdecimal()
            else partial(did_you_mean, found, known, schema.get("x-known", ""))
        )
        yield Finding(path, f"{_quoted(found)} is not {expected}", hint)
    elif error.validator == "uniqueItems":
        yield Finding(path, "the same is given twice", "keep one of them")
    elif error.validator in ("minItems", "maxItems", "minProperties", "maxProperties"):
        bound = "at most" if error.validator.startswith("max") else "at least"
        hint = "" if found else schema.get("x-empty", "")
        yield Finding(path, f"expected {bound} {wanted} here, found {len(found)}", hint)
    else:
        yield Finding(path, f"expected {_expected(error)}, found {_quoted(found)}", _hint(error))


def _missing(error: Any, path: JsonPath, message: str) -> Finding:
    if message:
        return Finding(path, message)
    if error.validator == "required":
        name = next(name for name in error.validator_value if name not in error.instance)
        return Finding(path, f"`{name}` is missing")
    key, needed = next(
        (key, name)
        for key, names in error.validator_value.items()
        for name in names
        if key in error.instance and name not in error.instance
    )
    return Finding((*path, key), f"`{key}` needs `{needed}` beside it", "", True)


_TYPES: Mapping[str, str] = {
    "integer": "a whole number",
    "number": "a number",
    "string": "text",
    "array": "a list",
    "object": "a mapping",
    "boolean": "true or false",
    "null": "null",
}
_BOUNDS: Mapping[str, str] = {
    "minimum": "{} or more",
    "maximum": "{} or less",
    "minLength": "text, {} character at least",
    "maxLength": "at most {} characters",
}


def _expected(error: Any) -> str:
    """What the value should be: in the schema's own words where it has some."""
    if "x-expected" in error.schema:
        return str(error.schema["x-expected"])
    wanted = error.validator_value
    if error.validator == "type":
        return " or ".join(_TYPES[name] for name in ([wanted] if isinstance(wanted, str) else wanted))
    return _BOUNDS.get(error.validator, f"{error.validator} {{}}").format(wanted)


def _hint(error: Any) -> str:
    """The remedy for the two commonest slips: a number where text belongs, and a length of time without a unit."""
    found, expected = error.instance, str(error.schema.get("x-expected", ""))
    types = error.schema.get("type", ())
    takes_text = "string" in ([types] if isinstance(types, str) else types)
    number = isinstance(found, int | float) and not isinstance(found, bool)
    if number and expected.startswith("a length of time"):
        return f"add a unit, e.g. {_with_unit(found, tuple(error.absolute_path))}; there are {', '.join(UNITS)}"
    if "boolean" in types and isinstance(found, str):
        word = _FLAGS.get(found.lower())
        return f"write {word}" if word and json.loads(word) in error.schema.get("enum", (True, False)) else ""
    if (number or isinstance(found, bool)) and takes_text and "number" not in types and "integer" not in types:
        return "put it in quotes if it is meant as text"
    return ""


def _with_unit(number: float, path: JsonPath) -> str:
    """What the number of a length of time may mean: milliseconds where these are usual, or where it has a fraction."""
    if number <= 0:
        return "1ms"
    if number != int(number):
        return f"{max(1, round(number * 1_000))}ms"
    usual = number >= _MANY_SECONDS and not _IN_MS.isdisjoint(path[-1:])
    return f"{int(number)}{'ms' if usual else 's'}"


def _quoted(value: Json) -> str:
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "a mapping"
    return quote(value, _LONGEST)
