"""Whether a file has the shape of a scenario: the schema's verdict, and in our own words what breaks it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any, NamedTuple, Protocol

from mock_server.engine.durations import UNITS
from mock_server.errors import Problem, did_you_mean
from mock_server.types import Json, JsonPath

_SHOWN = 60


class Written(Protocol):
    """A value, and where each of its parts was written; a `Source` is one."""

    @property
    def where(self) -> str:
        """What people call the whole."""

    @property
    def value(self) -> Json:
        """The plain value."""

    def at(self, path: Sequence[str | int], *, key: bool = False) -> str:
        """Where the value at `path`, or its key, stands."""


class Finding(NamedTuple):
    """One breach: where in the value (`key`: its key is meant), what, and what to do about it."""

    path: JsonPath
    what: str
    hint: str = ""
    key: bool = False


class Shape:
    """One schema. The quick validator decides where it is installed; the reference says what is wrong."""

    def __init__(self, schema: Json, *, reference: bool = False) -> None:
        self._schema = schema
        self._fast = None if reference else _fast(schema)
        self._reference: Any = None

    def problems(self, source: Written) -> list[Problem]:
        """Every breach, in the order of the file."""
        problems = {
            Problem(source.at(path, key=key), what, hint): None
            for path, what, hint, key in sorted(self.findings(source.value), key=_order(source))
        }
        return list(problems)

    def findings(self, value: Json) -> list[Finding]:
        """Every breach of a value, wherever it came from."""
        if self._accepts(value):
            return []
        if self._reference is None:
            self._reference = import_module("jsonschema").Draft202012Validator(self._schema)
        errors = list(self._reference.iter_errors(value))
        unknown = {tuple(error.absolute_path) for error in errors if error.validator == "additionalProperties"}
        return [
            finding
            for error in errors
            # What seems to be missing may well be there, misspelt.
            if not (error.validator in ("required", "minProperties") and tuple(error.absolute_path) in unknown)
            for finding in _findings(error)
        ]

    def _accepts(self, value: Json) -> bool:
        try:
            return self._fast is not None and self._fast(value)
        except ValueError:
            return False  # a number beyond its reach; the reference judges those


def _fast(schema: Json) -> Callable[[Json], bool] | None:
    try:
        validators = import_module("jsonschema_rs")
    except ImportError:
        return None
    verdict: Callable[[Json], bool] = validators.Draft202012Validator(schema).is_valid
    return verdict


def _order(source: Written) -> Callable[[Finding], tuple[int, ...]]:
    def order(finding: Finding) -> tuple[int, ...]:
        return tuple(map(int, source.at(finding.path, key=finding.key).rsplit(":", 2)[1:]))

    return order


def _findings(error: Any) -> Iterator[Finding]:
    """What one error of the reference means to the author of the file."""
    path: JsonPath = tuple(error.absolute_path)
    schema, found, wanted = error.schema, error.instance, error.validator_value
    says = schema.get("x-says", "")
    if error.validator == "additionalProperties" and wanted is False:
        known = schema["properties"]
        for name in (name for name in found if name not in known):
            yield Finding((*path, name), f"unknown key {_shown(name)}", did_you_mean(name, known), True)
    elif error.validator in ("required", "dependentRequired"):
        yield _missing(error, path, says)
    elif "propertyNames" in error.absolute_schema_path:
        yield Finding((*path, found), f"expected {schema['x-expected']}, found {_shown(found)}", "", True)
    elif says:
        yield Finding(path, says, "", error.validator == "not")
    elif error.validator == "enum" and isinstance(found, str):
        expected = schema.get("x-expected", "one of the words known here")
        hint = "a number goes without quotes" if found.isdecimal() else did_you_mean(found, map(str, wanted))
        yield Finding(path, f"{_shown(found)} is not {expected}", hint)
    elif error.validator == "uniqueItems":
        yield Finding(path, "the same is given twice", "keep one of them")
    elif error.validator in ("minItems", "maxItems", "minProperties"):
        bound = "at most" if error.validator == "maxItems" else "at least"
        yield Finding(path, f"expected {bound} {wanted} here, found {len(found)}")
    else:
        yield Finding(path, f"expected {_expected(error)}, found {_shown(found)}", _advice(error))


def _missing(error: Any, path: JsonPath, says: str) -> Finding:
    if says:
        return Finding(path, says)
    if error.validator == "required":
        return Finding(
            path, f"`{next(name for name in error.validator_value if name not in error.instance)}` is missing"
        )
    key, needed = next(
        (key, name)
        for key, names in error.validator_value.items()
        for name in names
        if key in error.instance and name not in error.instance
    )
    return Finding((*path, key), f"`{key}` needs `{needed}` beside it", "", True)


_KINDS: Mapping[str, str] = {
    "integer": "a whole number",
    "number": "a number",
    "string": "text",
    "array": "a list",
    "object": "a mapping",
    "boolean": "true or false",
    "null": "null",
}


def _expected(error: Any) -> str:
    """What should stand there: in the schema's own words where it has some."""
    if "x-expected" in error.schema:
        return str(error.schema["x-expected"])
    wanted = error.validator_value
    if error.validator == "type":
        return " or ".join(_KINDS[kind] for kind in ([wanted] if isinstance(wanted, str) else wanted))
    bounds: Mapping[str, str] = {
        "minimum": "{} or more",
        "maximum": "{} or less",
        "minLength": "text, {} character at least",
        "maxLength": "at most {} characters",
    }
    return bounds.get(error.validator, f"{error.validator} {{}}").format(wanted)


def _advice(error: Any) -> str:
    """What mends the two commonest slips: a number where text belongs, and a length of time without a unit."""
    found, expected = error.instance, str(error.schema.get("x-expected", ""))
    types = error.schema.get("type", ())
    takes_text = "string" in ([types] if isinstance(types, str) else types)
    number = isinstance(found, int | float) and not isinstance(found, bool)
    if number and expected.startswith("a length of time"):
        return f"add a unit, e.g. {found}s; there are {', '.join(UNITS)}"
    if (number or isinstance(found, bool)) and takes_text and "number" not in types and "integer" not in types:
        return "put it in quotes if it is meant as text"
    return ""


def _shown(value: Json) -> str:
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "a mapping"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
