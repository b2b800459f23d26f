"""The schema of what tells submits apart: in `submits` of scenario files, and in the rules of a running server."""

from __future__ import annotations

from collections.abc import Mapping

from mock_server.schema.parts import LONGEST, list_of, mapping, text
from mock_server.types import Json
from mock_server.vendors.registry import Registry

PATTERN = "^([^*\\x00-\\x1f\\x7f]+[*]?|[*])$"


def submits() -> Json:
    """The entries of a scenario."""
    return {
        "description": "Submits whose tasks play it, whatever they name: those that fit any of these entries.",
        **list_of({"$ref": "#/$defs/submit"}, "a list of entries"),
        "uniqueItems": True,
    }


def submit(registry: Registry) -> Json:
    """One entry: a pattern for each of some keys."""
    pattern = {**text(PATTERN, "a text, or a prefix with one final *"), "maxLength": LONGEST}
    return {
        "description": "Patterns that a submit fits; all must hold. A pattern is exact, or a prefix with one final *.",
        **mapping({key: {"description": about, **pattern} for key, about in _keys(registry).items()}),
        "minProperties": 1,
        "x-expected": "a mapping such as {bucket: shop-*}",
    }


def _keys(registry: Registry) -> Mapping[str, str]:
    """Every key that any vendor has, and what it means to each."""
    found: dict[str, dict[str, list[str]]] = {}
    for dialect in registry.dialects():
        for key, about in dialect.submit_keys.items():
            found.setdefault(key, {}).setdefault(about, []).append(dialect.name)
    return {
        key: "; ".join(f"{', '.join(vendors)}: {about}" for about, vendors in texts.items()) + "."
        for key, texts in found.items()
    }
