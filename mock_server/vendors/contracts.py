"""The vendors' contracts: JSON Schemas compiled once, which say where a body breaks them and by which rule."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from mock_server import paths
from mock_server.errors import InvalidInput, Problem, did_you_mean, json_path
from mock_server.types import Json, JsonPath

_SHOWN = 80
_STATUS = "status."
_SUFFIX = ".schema.json"
_CONDITIONAL = frozenset({"then", "else"})  # the words of a schema's path that only a condition brings


class Breach(NamedTuple):
    """Where a body breaks its contract: the JSON path, the schema's keyword, and a sentence for people.

    A missing or surplus field is named by the path it has or would have. `rule` is `forbidden` for a field that this
    body must leave out.
    """

    path: str
    rule: str
    message: str


class Contract:
    """One compiled schema. The verdict is that of `jsonschema`; `jsonschema-rs`, where installed, is asked first."""

    __slots__ = ("_accepts", "_validator", "schema")

    def __init__(self, schema: Mapping[str, Json], *, reference: bool = False) -> None:
        self.schema = schema
        self._accepts = None if reference else _fast(schema)
        self._validator: Any = None

    def check(self, value: Json) -> Breach | None:
        """The first breach by place, always the same for the same body; None if the body fits."""
        if self._accepts is not None:
            try:
                if self._accepts(value):
                    return None
            except ValueError:
                pass  # it cannot read a key that is no text, or a lone surrogate; the reference judges those
        return self._first_breach(value)

    def _first_breach(self, value: Json) -> Breach | None:
        if self._validator is None:
            self._validator = import_module("jsonschema").Draft202012Validator(self.schema)
        errors = sorted(self._validator.iter_errors(value), key=_urgency)
        return _breach(errors[0], self.schema) if errors else None


class Contracts:
    """The contracts of a folder, `<vendor>/status.<profile>.schema.json` and `<vendor>/error.schema.json`.

    Each is read and compiled when it is first asked for. InvalidInput: there is no such vendor or profile, or the file
    is not a schema.
    """

    def __init__(self, root: Path | None = None, *, reference: bool = False) -> None:
        self._root = root or paths.data("schemas")
        self._reference = reference
        self._cache: dict[tuple[str, str], Contract] = {}

    def status(self, vendor: str, profile: str) -> Contract:
        """What a vendor's status bodies promise in a profile."""
        return self._cache.get((vendor, _STATUS + profile)) or self._load(vendor, _STATUS + profile)

    def error(self, vendor: str) -> Contract:
        """What a vendor's error bodies promise; the same in every profile."""
        return self._cache.get((vendor, "error")) or self._load(vendor, "error")

    def vendors(self) -> tuple[str, ...]:
        """The vendors that have contracts."""
        return tuple(sorted({path.parent.name for path in self._root.glob(f"*/*{_SUFFIX}")}))

    def _load(self, vendor: str, kind: str) -> Contract:
        vendors = self.vendors()
        if vendor not in vendors:
            problem = Problem("vendor", f"no contract for a vendor {vendor!r}", did_you_mean(vendor, vendors))
            raise InvalidInput([problem])
        kinds = {path.name.removesuffix(_SUFFIX) for path in (self._root / vendor).glob(f"*{_SUFFIX}")}
        if kind not in kinds:
            raise InvalidInput([_no_kind(vendor, kind, kinds)])
        contract = Contract(_read(self._root / vendor / f"{kind}{_SUFFIX}"), reference=self._reference)
        return self._cache.setdefault((vendor, kind), contract)


def _no_kind(vendor: str, kind: str, kinds: Iterable[str]) -> Problem:
    if not kind.startswith(_STATUS):
        return Problem("vendor", f"the vendor {vendor!r} has no contract for its errors", f"add {kind}{_SUFFIX}")
    profiles = [kind.removeprefix(_STATUS) for kind in kinds if kind.startswith(_STATUS)]
    profile = kind.removeprefix(_STATUS)
    return Problem("profile", f"no profile {profile!r} for the vendor {vendor!r}", did_you_mean(profile, profiles))


def _read(path: Path) -> Mapping[str, Json]:
    try:
        schema = json.loads(path.read_bytes())
    except ValueError as error:
        raise InvalidInput([Problem(str(path), f"not JSON: {error}")]) from None
    if not isinstance(schema, dict):
        raise InvalidInput([Problem(str(path), "expected a JSON Schema, an object")])
    return schema


def _fast(schema: Mapping[str, Json]) -> Callable[[Json], bool] | None:
    """The quick validator's verdict, where it is installed: a hundred times as fast, in words of its own."""
    try:
        validators = import_module("jsonschema_rs")
    except ImportError:
        return None
    accepts: Callable[[Json], bool] = validators.Draft202012Validator(dict(schema)).is_valid
    return accepts


def _urgency(error: Any) -> tuple[Any, ...]:
    """Plain rules come before conditional ones, which a wrong `code` breaks as well; then by depth and by place."""
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


def _breach(error: Any, schema: Mapping[str, Json]) -> Breach:
    message = _sentence(error)
    why = _reason(schema, error.absolute_schema_path)
    return Breach(json_path(_place(error)), _rule(error), f"{message}: {why}" if why else message)


def _rule(error: Any) -> str:
    return "forbidden" if error.validator == "not" and not error.validator_value else str(error.validator)


def _reason(schema: Json, place: Iterable[str | int]) -> str:
    """What the condition that applied here says in words, if there is one."""
    for part in place:
        if part in _CONDITIONAL:
            return str(schema.get("title", ""))
        schema = schema[part]
    return ""


def _sentence(error: Any) -> str:
    """What is wrong and what was expected, without the schema's own words where plainer ones exist."""
    wanted, found = error.validator_value, error.instance
    known = error.schema.get("properties", {}) if isinstance(error.schema, dict) else {}
    expected = error.schema.get("x-expected", wanted) if isinstance(error.schema, dict) else wanted
    plain: Mapping[str, Callable[[], str]] = {
        "forbidden": lambda: "this field must be left out here",
        "required": lambda: "this field is missing",
        "additionalProperties": lambda: f"no such field in the contract, {did_you_mean(str(_place(error)[-1]), known)}",
        "type": lambda: f"expected {_types(wanted)}, found {_typed(found)}",
        "enum": lambda: f"expected one of {', '.join(map(_shown, wanted))}, found {_shown(found)}",
        "const": lambda: f"expected {_shown(wanted)}, found {_shown(found)}",
        "pattern": lambda: f"expected {expected}, found {_shown(found)}",
        "not": lambda: f"expected {expected}, found {_shown(found)}",
        "minLength": lambda: _length(error, "at least"),
        "maxLength": lambda: _length(error, "at most"),
        "minItems": lambda: f"expected at least {wanted} of them, found {len(found)}",
        "minimum": lambda: f"expected {wanted} or more, found {_shown(found)}",
        "maximum": lambda: f"expected {wanted} or less, found {_shown(found)}",
    }
    return plain.get(_rule(error), lambda: str(error.message))()


def _length(error: Any, bound: str) -> str:
    if "x-expected" in error.schema:
        return f"expected {error.schema['x-expected']}, found {_shown(error.instance)}"
    if error.validator_value == 0 or error.instance == "":
        return "must not be empty" if error.instance == "" else f'expected "", found {_shown(error.instance)}'
    return f"expected {bound} {error.validator_value} characters, found {len(error.instance)}"


_ARTICLES = (("integer", "an integer"), ("array", "an array"), ("object", "an object"), ("null", "null"))


def _types(wanted: str | list[str]) -> str:
    words = dict(_ARTICLES)
    kinds = [wanted] if isinstance(wanted, str) else wanted
    return " or ".join(words.get(kind, f"a {kind}") for kind in kinds)


def _typed(value: Json) -> str:
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "an array"
    kind = {str: "the string ", bool: "the boolean ", int: "the number ", float: "the number "}.get(type(value), "")
    return kind + _shown(value)


def _shown(value: Json) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
