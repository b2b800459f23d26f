"""What a step overrides in its response: `with`, `without`, `status`, `headers`, and the two admissions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mock_server.engine.scenario import NO_ADJUST, Adjust
from mock_server.scenarios.compile.part import Desk
from mock_server.types import Json, JsonPath

KEYS = frozenset({"with", "without", "status", "headers", "off_contract", "inconsistent"})


def place_of(text: str) -> JsonPath:
    """`items.0.error` as keys and positions; `*` stays as it is."""
    return tuple(int(part) if part.isascii() and part.isdigit() else part for part in text.split("."))


def adjust_of(desk: Desk, path: JsonPath, raw: Mapping[str, Json], vendors: Sequence[str]) -> Adjust:
    """The adjustment of one step. Whether its places exist is seen only once the response is rendered."""
    if KEYS.isdisjoint(raw):
        return NO_ADJUST
    for key in ("with", "without"):
        for vendor in raw.get(key, ()):
            if vendor not in vendors:
                desk.add((*path, key, vendor), f"this scenario is not served by {vendor}", "see `vendors`", key=True)
    put = {
        vendor: tuple((place_of(place), value) for place, value in places.items())
        for vendor, places in raw.get("with", {}).items()
    }
    drop = {vendor: tuple(map(place_of, places)) for vendor, places in raw.get("without", {}).items()}
    return Adjust(
        put,
        drop,
        int(raw["status"]) if "status" in raw else None,
        tuple(raw.get("headers", {}).items()),
        bool(raw.get("off_contract")),
        bool(raw.get("inconsistent")),
    )


def written(raw: Mapping[str, Json], vendor: str, place: JsonPath) -> JsonPath:
    """Where a step of the file writes this place of a vendor's body."""
    for text in raw.get("with", {}).get(vendor, ()):
        if place_of(text) == place:
            return "with", vendor, text
    for k, text in enumerate(raw.get("without", {}).get(vendor, ())):
        if place_of(text) == place:
            return "without", vendor, k
    return ()
