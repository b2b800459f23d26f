"""One JSON Schema, compiled once: whether a value fits it, and what is wrong in either of two phrasings.

`jsonschema` is the reference: its errors are what the messages are made of. `jsonschema_rs`, where it is installed,
gives the same verdict about a hundred times as fast, so it is asked first, and the reference only about values that it
refuses. The authors of files and requests get every finding with a hint (`findings`, `problems`); a response gets its
first breach, with the path and the rule (`check`).

One thing is judged more strictly than JSON Schema has it, by both: a number written with a fraction part (`2.0`) is no
integer, because clients in typed languages cannot read it as one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from itertools import islice
from typing import Any

from mock_server.errors import Problem
from mock_server.schema.breach import Breach, first_breach
from mock_server.schema.findings import Finding, Written, findings_of, problems_of
from mock_server.types import Json

MOST_ERRORS = 5_000
"""Errors of the reference that become findings; it is not asked for more."""

Rule = Callable[[Any, Any, Any, Any], Iterator[Any]]
"""How `jsonschema` states a rule: validator, the rule's value, the instance and the schema, to errors."""


SOMEWHERE = Breach("$", "", "")
"""A breach whose place and rule nobody asked for."""


class Validator:
    """The validator of one schema. `reference`: `jsonschema` alone decides, even where `jsonschema_rs` is installed."""

    __slots__ = ("_accepts", "_reference", "schema")

    def __init__(self, schema: Mapping[str, Json], *, reference: bool = False) -> None:
        self.schema = schema
        self._accepts = _no_verdict if reference else _quick_verdict(schema)
        self._reference: Any = None

    def check(self, value: Json, *, floats: bool = True, named: bool = True) -> Breach | None:
        """The first breach, always the same for the same value; None if the value fits.

        `floats` False: the caller knows that no number in it has a fraction part, which spares a walk through it.
        `named` False: the caller asks only whether there is one, which spares the reference, and gets `SOMEWHERE`.
        """
        try:
            if not self._accepts(value):
                if not named and self._accepts is not _no_verdict:
                    return SOMEWHERE
            elif not (floats and _has_whole_float(value)):
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
        return findings_of(self._errors(value, MOST_ERRORS))

    def problems(self, source: Written) -> list[Problem]:
        """Everything that is wrong with a written value, each with its place, in the order of the text."""
        return problems_of(self.findings(source.value), source)

    def _errors(self, value: Json, most: int | None = None) -> list[Any]:
        """The errors of the reference, at most so many; none if the value fits."""
        if self._reference is None:
            self._reference = _reference_class()(self.schema)
        return list(islice(self._reference.iter_errors(value), most))


def _reference_class() -> Any:
    """The reference validator, but for two rules that would take too long for what people may send, and for integers.

    `uniqueItems` does not compare every two items, and what is longer than its `maxItems` or `maxProperties` is not
    looked into: that it is too long is an error already.
    """
    plain = import_module("jsonschema").Draft202012Validator
    bounded = {
        rule: _unless_too_long(plain.VALIDATORS[rule], bound)
        for bound, rules in (("maxItems", ("items",)), ("maxProperties", ("propertyNames", "additionalProperties")))
        for rule in rules
    }
    rules = {**bounded, "uniqueItems": _unless_too_long(_unique_items, "maxItems")}
    types = plain.TYPE_CHECKER.redefine("integer", _is_integer)
    return import_module("jsonschema.validators").extend(plain, rules, type_checker=types)


def _unless_too_long(rule: Rule, bound: str) -> Rule:
    def errors(validator: Any, wanted: Json, instance: Json, schema: Json) -> Iterator[Any]:
        if bound not in schema or not isinstance(instance, list | dict) or len(instance) <= schema[bound]:
            yield from rule(validator, wanted, instance, schema)

    return errors


def _unique_items(validator: Any, wanted: bool, instance: Json, schema: Json) -> Iterator[Any]:
    """An error if two items are equal, which is to say that their JSON is."""
    if not wanted or not validator.is_type(instance, "array"):
        return
    known = {json.dumps(item, sort_keys=True, default=str) for item in instance}
    if len(known) < len(instance):
        yield import_module("jsonschema").ValidationError("the same is given twice")


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
