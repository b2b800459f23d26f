"""The schema of steps, of items and of what overrides parts of a response."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mock_server.scenarios.language.words import item_words, words
from mock_server.schema.parts import LINE_END, LONGEST, enum, list_of, mapping, whole
from mock_server.types import Json
from mock_server.vendors.registry import Registry

PLACE = r"^([*]|[^.*]+)([.]([*]|[^.*]+))*$"
_MOST_WEIGHT = 1_000_000
_ALIKE = "An item's steps all count polls or all count time."


def step(registry: Registry) -> Json:
    """A step of a task."""
    states = words(dialect.states for dialect in registry.dialects())
    return {
        **mapping(
            {
                "state": {
                    "description": "What the vendor says in this step; each vendor has its own word for it.",
                    **enum(states, "a state"),
                },
                "error": {
                    "description": "The vendor's error response in place of a state.",
                    "$ref": "#/$defs/error",
                },
                "name": {
                    "description": "The step's name. Left out: its state (or error), the second of a kind state-2.",
                    "$ref": "#/$defs/name",
                },
                "polls": {
                    "description": "The step takes up exactly so many polls.",
                    "$ref": "#/$defs/polls",
                },
                "for": {
                    "description": "How long the step lasts, polled or not.",
                    "$ref": "#/$defs/span",
                },
                "hold": {
                    "description": "The step lasts until the task is moved manually.",
                    "type": "boolean",
                    "x-expected": "true or false",
                },
                "next": {
                    "description": "What follows: a step, or several with weights. Left out: the next in the file.",
                    "$ref": "#/$defs/next",
                },
                "items": _shown(registry),
                "reason": {"description": "Why every failed item failed.", "$ref": "#/$defs/reason"},
                **_adjust(registry),
            }
        ),
        "x-expected": "a step such as {state: waiting, polls: 1}",
        "if": {"required": ["state"]},
        "then": {"properties": {"error": {"not": {}, "x-says": "a step shows a `state` or an `error`, never both"}}},
        "else": {"required": ["error"], "x-says": "a step shows a `state` or an `error`, and this one has neither"},
    }


def _shown(registry: Registry) -> Json:
    """The `items` of a step."""
    words = item_words(registry)
    one = {
        "type": ["string", "object"],
        "x-expected": "a state, or {state, reason}",
        "allOf": [
            {"if": {"type": "string"}, "then": enum(words, "a state of an item")},
            {
                "if": {"type": "object"},
                "then": {
                    **mapping(
                        {
                            "state": {"description": "What this item shows.", **enum(words, "a state of an item")},
                            "reason": {"description": "Why it failed.", "$ref": "#/$defs/reason"},
                        }
                    ),
                    "required": ["state"],
                },
            },
        ],
    }
    counts = {
        word: {"description": "How many items show this, counted on from the one before.", "$ref": "#/$defs/count"}
        for word in words
    }
    return {
        "description": "What each item shows: a list by position, or counts in order. Left out: the step's state.",
        "type": ["array", "object"],
        "x-expected": "a list of states, or counts such as {succeeded: 39, failed: 1}",
        "allOf": [
            {"if": {"type": "array"}, "then": list_of(one, "a list of states")},
            {"if": {"type": "object"}, "then": {**mapping(counts), "minProperties": 1}},
        ],
    }


def _adjust(registry: Registry) -> Mapping[str, Json]:
    """The keys that override parts of a response."""
    places = {
        "type": "string",
        "pattern": PLACE,
        "not": {"pattern": LINE_END},
        "maxLength": LONGEST,
        "x-expected": "a place such as items.0.error",
    }
    return {
        "with": {
            "description": "Values put into a vendor's body, by dotted places such as items.*.key.",
            **mapping(
                {
                    name: {
                        "description": f"Places in the body of {name}, each with its literal value.",
                        "type": "object",
                        "minProperties": 1,
                        "propertyNames": places,
                        "additionalProperties": {"description": "The value, as it stands."},
                        "x-expected": "places and their values",
                    }
                    for name in registry.names
                }
            ),
        },
        "without": {
            "description": "Places removed from a vendor's body.",
            **mapping(
                {
                    name: {"description": f"Places in the body of {name}.", **list_of(places, "a list of places")}
                    for name in registry.names
                }
            ),
        },
        "status": {
            "description": "The status in place of the vendor's own; 204, 205 and 304 have no body.",
            **whole(200, 999, "a status from 200 to 999"),
        },
        "headers": {"description": "Headers set or, with null, removed.", "$ref": "#/$defs/headers"},
        "off_contract": {
            "description": "This response breaks its vendor's contract on purpose.",
            "type": "boolean",
            "x-expected": "true or false",
        },
        "inconsistent": {
            "description": "This step may contradict its items, or go back on an end shown before.",
            "type": "boolean",
            "x-expected": "true or false",
        },
    }


def following() -> Json:
    """What follows a step: a name, or names with weights."""
    return {
        "type": ["string", "object"],
        "x-expected": "a step's name, or weights such as {succeeded: 9, failed: 1}",
        "allOf": [
            {"if": {"type": "string"}, "then": {"$ref": "#/$defs/name"}},
            {
                "if": {"type": "object"},
                "then": {
                    "minProperties": 1,
                    "additionalProperties": {
                        "description": "A weight; 0 is for manual moves only.",
                        **whole(0, _MOST_WEIGHT, "a weight: a whole number, 0 for manual moves only"),
                    },
                },
            },
        ],
    }


def item_step(registry: Registry) -> Json:
    """A step of one item."""
    return {
        **mapping(
            {
                "state": {"description": "What the item shows.", **enum(item_words(registry), "a state of an item")},
                "name": {"description": "The step's name. Left out: its state.", "$ref": "#/$defs/name"},
                "polls": {
                    "description": f"The step takes up exactly so many polls. {_ALIKE}",
                    "$ref": "#/$defs/polls",
                },
                "for": {
                    "description": f"How long the step lasts, polled or not. {_ALIKE}",
                    "$ref": "#/$defs/span",
                },
                "hold": {
                    "description": "The step lasts until the item is moved manually.",
                    "type": "boolean",
                    "x-expected": "true or false",
                },
                "next": {"description": "A later step, or several with weights.", "$ref": "#/$defs/next"},
                "reason": {"description": "Why the item failed.", "$ref": "#/$defs/reason"},
            }
        ),
        "required": ["state"],
        "x-expected": "a step such as {state: processing, for: 3s}",
    }


def item(registry: Registry) -> Json:
    """An item: any vendor's fields, and steps of its own."""
    return {
        **mapping(
            {
                **_fields(registry),
                "steps": {
                    "description": "Steps of this item's own, in place of the scenario's.",
                    **list_of({"$ref": "#/$defs/itemStep"}, "a list of steps"),
                },
            }
        ),
        "x-expected": "an item: its fields, or `steps` of its own",
    }


def _fields(registry: Registry) -> Mapping[str, Json]:
    """Every vendor's item fields; where vendors differ only the types are joined, and each judges its own."""
    found: dict[str, dict[str, Json]] = {}
    for dialect in registry.dialects():
        for name, schema in dialect.item_fields.items():
            found.setdefault(name, {})[dialect.name] = schema
    joined = {}
    for name, schemas in found.items():
        rules = [{key: value for key, value in schema.items() if key != "description"} for schema in schemas.values()]
        described = " ".join(f"{vendor}: {schema.get('description', '')}" for vendor, schema in schemas.items())
        alike = all(rule == rules[0] for rule in rules)
        joined[name] = {"description": described, **(rules[0] if alike else _types(rules))}
    return joined


def _types(rules: Iterable[Mapping[str, Json]]) -> Mapping[str, Json]:
    types: list[str] = []
    for rule in rules:
        if "type" not in rule:
            return {}
        types.extend([rule["type"]] if isinstance(rule["type"], str) else rule["type"])
    return {"type": sorted(set(types))}
