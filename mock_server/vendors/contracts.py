"""The vendors' contracts: a folder of JSON Schemas, each read and compiled when it is first needed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from mock_server import paths
from mock_server.errors import InvalidInput, Problem, did_you_mean
from mock_server.schema.validator import Validator
from mock_server.types import Json

_STATUS = "status."
_NOTICE = "notice."
_SUFFIX = ".schema.json"


class Contracts:
    """The contracts of a folder, `<vendor>/status.<profile>.schema.json`, `<vendor>/error.schema.json` and others.

    A vendor that notifies has `notice.<profile>.schema.json` too.

    Each is read and compiled at the first request for it. InvalidInput: there is no such vendor or profile, or the file
    is not a schema.
    """

    def __init__(self, root: Path | None = None, *, reference: bool = False) -> None:
        self._root = root or paths.data("schemas")
        self._reference = reference
        self._cache: dict[tuple[str, str], Validator] = {}

    def status(self, vendor: str, profile: str) -> Validator:
        """What a vendor's status bodies promise in a profile."""
        return self._cache.get((vendor, _STATUS + profile)) or self._load(vendor, _STATUS + profile)

    def notice(self, vendor: str, profile: str) -> Validator:
        """What the bodies of a vendor's notifications promise in a profile."""
        return self._cache.get((vendor, _NOTICE + profile)) or self._load(vendor, _NOTICE + profile)

    def error(self, vendor: str) -> Validator:
        """What a vendor's error bodies promise; the same in every profile."""
        return self._cache.get((vendor, "error")) or self._load(vendor, "error")

    def other(self, vendor: str, kind: str) -> Validator:
        """What a vendor's other bodies promise, such as those that accept a submit; the same in every profile."""
        return self._cache.get((vendor, kind)) or self._load(vendor, kind)

    def vendors(self) -> tuple[str, ...]:
        """The vendors that have contracts."""
        return tuple(sorted({path.parent.name for path in self._root.glob(f"*/*{_SUFFIX}")}))

    def _load(self, vendor: str, kind: str) -> Validator:
        vendors = self.vendors()
        if vendor not in vendors:
            problem = Problem("vendor", f"no contract for a vendor {vendor!r}", did_you_mean(vendor, vendors))
            raise InvalidInput([problem])
        kinds = {path.name.removesuffix(_SUFFIX) for path in (self._root / vendor).glob(f"*{_SUFFIX}")}
        if kind not in kinds:
            raise InvalidInput([_no_kind(vendor, kind, kinds)])
        contract = Validator(_read(self._root / vendor / f"{kind}{_SUFFIX}"), reference=self._reference)
        return self._cache.setdefault((vendor, kind), contract)


def _no_kind(vendor: str, kind: str, kinds: Iterable[str]) -> Problem:
    if not kind.startswith(_STATUS):
        what = "its errors" if kind == "error" else f"its bodies of the kind {kind!r}"
        return Problem("vendor", f"the vendor {vendor!r} has no contract for {what}", f"add {kind}{_SUFFIX}")
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
