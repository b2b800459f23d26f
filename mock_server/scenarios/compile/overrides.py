"""What a step overrides in its response: `with`, `without`, `status`, `headers`, and the two admissions."""

from __future__ import annotations

from collections.abc import Sequence

from mock_server.engine.scenario import NO_ADJUST, Adjust
from mock_server.scenarios.compile.part import Part
from mock_server.types import JsonPath
from mock_server.vendors.places import MOST_CHANGES, BadPlace

KEYS = frozenset({"with", "without", "status", "headers", "off_contract", "inconsistent"})


def place_of(text: str) -> JsonPath:
    """`items.0.error` as keys and positions; `*` stays as it is."""
    return tuple(int(part) if part.isascii() and part.isdigit() else part for part in text.split("."))


def adjust_of(step: Part, vendors: Sequence[str]) -> Adjust:
    """The adjustment of one step. Whether its places exist is known only when the response is rendered."""
    if KEYS.isdisjoint(step.value):
        return NO_ADJUST
    for key in ("with", "without"):
        for vendor in step.get(key, ()):
            if vendor not in vendors:
                step.child(key).report(f"this scenario is not served by {vendor}", "see `vendors`", key=vendor)
    put = {
        vendor: tuple((place_of(place), value) for place, value in places.items())
        for vendor, places in step.get("with", {}).items()
    }
    drop = {vendor: tuple(map(place_of, places)) for vendor, places in step.get("without", {}).items()}
    return Adjust(
        put,
        drop,
        int(step.get("status")) if "status" in step else None,
        tuple(step.get("headers", {}).items()),
        bool(step.get("off_contract")),
        bool(step.get("inconsistent")),
    )


def report_bad_place(step: Part, vendor: str, error: BadPlace) -> None:
    """Reports a place that a vendor's body lacks, or that is too much for it, where the step writes it."""
    place = error.place
    what = f'the body of {vendor} has no place "{".".join(map(str, place))}" here'
    hint = "only the last key of a place may be new"
    if error.too_much:
        what = f"up to here more than {MOST_CHANGES} values change in the body of {vendor}"
        hint = "use fewer items, fewer places or shorter values"
    put, dropped = step.child("with", vendor), step.child("without", vendor)
    for text, _ in put.items():
        if place_of(text) == place:
            return put.report(what, hint, key=text)
    for part in dropped.elements():
        if place_of(part.value) == place:
            return part.report(what, hint)
    return step.report(what, hint)
