"""One JSON Schema, compiled once: whether a value fits it, and what is wrong in either of two phrasings.

`jsonschema` is the reference: its errors are what the messages are made of. `jsonschema_rs`, where it is installed,
gives the same verdict about a hundred times as fast, so it is asked first, and the reference only about values that it
refuses. The authors of files and requests get every finding with a hint (`findings`, `problems`); a response gets its
first breach, with the path and the rule (`check`).

One thing is judged more strictly than JSON Schema has it, by both: a number written with a fraction part (`2.0`) is no
integer, because clients in typed languages cannot read it as one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from mock_server.errors import Problem
from mock_server.schema.breach import Breach, first_breach
from mock_server.schema.findings import Finding, Written, findings_of, problems_of
from mock_server.types import Json


class Validator:
    """The validator of one schema. `reference`: `jsonschema` alone decides, even where `jsonschema_rs` is installed."""

    __slots__ = ("_accepts", "_reference", "schema")

    def __init__(self, schema: Mapping[str, Json], *, reference: bool = False) -> None:
        self.schema = schema
        self._accepts = _no_verdict if reference else _quick_verdict(schema)
        self._reference: Any = None

    def check(self, value: Json) -> Breach | None:
        """The first breach, always the same for the same value; None if the value fits."""
        try:
            if self._accepts(value) and not _has_whole_float(value):
                return None
        except ValueError:  # as in `findings`; written twice, since every body made for a poll comes here
            pass
        errors = self._errors(value)
        return first_breach(errors, self.schema) if errors else None

    def findings(self, value: Json) -> list[Finding]:
        """Everything that is wrong with a value, in the words of the schema."""
        try:
            if self._accepts(value) and not _has_whole_float(value):
                return []
        except ValueError:
            # It cannot read a key that is no text, a lone surrogate or a huge number; the reference can.
            pass
        return findings_of(self._errors(value))

    def problems(self, source: Written) -> list[Problem]:
        """Everything that is wrong with a written value, each with its place, in the order of the text."""
        return problems_of(self.findings(source.value), source)

    def _errors(self, value: Json) -> list[Any]:
        """The errors of the reference; none if the value fits."""
        if self._reference is None:
            self._reference = _strict_reference()(self.schema)
        return list(self._reference.iter_errors(value))


def _strict_reference() -> Any:
    """The class of the reference validator, for which no float is an integer."""
    plain = import_module("jsonschema").Draft202012Validator
    types = plain.TYPE_CHECKER.redefine("integer", _is_integer)
    return import_module("jsonschema.validators").extend(plain, type_checker=types)


def _is_integer(_: Any, value: Json) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _has_whole_float(value: Json) -> bool:
    """Whether a value holds a number such as `2.0` somewhere, about which the two validators may differ."""
    left = [value]
    while left:
        each = left.pop()
        if isinstance(each, dict):
            left.extend(each.values())
        elif isinstance(each, list):
            left.extend(each)
        elif isinstance(each, float) and each.is_integer():
            return True
    return False


def _no_verdict(value: Json) -> bool:
    """Accepts nothing, so that the reference decides about everything."""
    return False


def _quick_verdict(schema: Mapping[str, Json]) -> Callable[[Json], bool]:
    try:
        validators = import_module("jsonschema_rs")
    except ImportError:
        return _no_verdict
    accepts: Callable[[Json], bool] = validators.Draft202012Validator(dict(schema)).is_valid
    return accepts
