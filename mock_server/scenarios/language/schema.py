"""The JSON Schema of scenario files, made from the registry: editors and the loader know the same words."""

from __future__ import annotations

import json
from collections.abc import Mapping

from mock_server.engine import durations
from mock_server.scenarios.language import errors, faults, headers, notify, steps, submits
from mock_server.schema.parts import LONGEST, MOST, MOST_POLLS, NAME, enum, list_of, mapping, text, whole
from mock_server.types import Json
from mock_server.vendors.dialect import MAX_ID
from mock_server.vendors.registry import PROFILES, Registry

CLAIM = "^[^*\\x00-\\x20\\x7f]+[*]?$"


def scenario_schema(registry: Registry) -> Json:
    """The schema for the vendors of this registry."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Scenario",
        "description": "The script of an asynchronous task, as the mock server plays it.",
        **mapping(_top(registry)),
        "x-expected": "a mapping with `steps`",
        "$defs": {
            "step": steps.step(registry),
            "itemStep": steps.item_step(registry),
            "item": steps.item(registry),
            "submit": submits.submit(registry),
            "sending": notify.sending(),
            "fault": faults.fault(),
            "when": faults.when(),
            "error": errors.error(registry),
            "next": steps.following(),
            "headers": headers.headers(),
            "faultHeaders": faults.fault_headers(),
            "count": whole(1, MOST, f"a whole number from 1 to {MOST}"),
            "length": text(durations.LENGTH, "a length of time such as 250ms, 3s, 10m, 2h or 10d"),
            "span": text(durations.SPAN, "a length of time such as 250ms, 3s or 10m, or a span such as 3m..5m"),
            "polls": whole(1, MOST_POLLS, "a whole number of polls, at least 1"),
            "reason": {"type": "string", "minLength": 1, "maxLength": LONGEST, "x-expected": "a reason in words"},
            "name": {**text(NAME, "a name of letters, digits, - and _"), "maxLength": 100},
        },
    }


def schema_text(registry: Registry) -> str:
    """The schema as it is kept in `schemas/scenario.schema.json`."""
    return json.dumps(scenario_schema(registry), indent=2, ensure_ascii=False) + "\n"


def _top(registry: Registry) -> Mapping[str, Json]:
    return {
        "about": {
            "description": "What happens, in a sentence or two.",
            "type": "string",
            "maxLength": LONGEST,
            "x-expected": "a sentence",
        },
        "vendors": {
            "description": "The vendors that serve this scenario. Left out: every vendor.",
            **list_of({"enum": list(registry.names), "x-expected": "a vendor"}, "a list of vendors"),
            "uniqueItems": True,
        },
        "ids": {
            "description": "Ids claimed besides its name: exact, or a prefix with one final *. A final \\* is a star.",
            **list_of({**text(CLAIM, "an id, or a prefix with one final *"), "maxLength": MAX_ID}, "a list of ids"),
            "uniqueItems": True,
        },
        "submits": submits.submits(),
        "items": _items(),
        "steps": {
            "description": "The stretches of the task, in order. Left out where items have steps of their own.",
            **list_of({"$ref": "#/$defs/step"}, "a list of steps"),
        },
        "faults": {
            "description": "Misbehaviour of single responses; the steps go on underneath.",
            **list_of({"$ref": "#/$defs/fault"}, "a list of faults"),
        },
        "count": {
            "description": "Which polls the steps count: all, or only those whose response the client could read.",
            "enum": ["all", "seen"],
            "x-expected": "all or seen",
        },
        "options": _options(registry),
        "expires": {
            "description": "How long after its birth the vendor forgets the task.",
            "$ref": "#/$defs/length",
        },
        "notify": notify.notify(),
    }


_NONE = "`items: 0` says that there are none"


def _items() -> Json:
    alone = {"not": {}, "x-says": "`fixture` says all items by itself, so nothing else may stand beside it"}
    return {
        "description": "How many items there are, or what they are. Left out: the submitted ones, else one.",
        "type": ["integer", "array", "object"],
        "x-expected": "a whole number, a list of items, {count, each} or {fixture}",
        "allOf": [
            {"if": {"type": "integer"}, "then": whole(0, MOST, f"a whole number from 0 to {MOST}")},
            {"if": {"type": "array"}, "then": list_of({"$ref": "#/$defs/item"}, "a list of items", empty=_NONE)},
            {
                "if": {"type": "object"},
                "then": {
                    **mapping(
                        {
                            "count": {"description": "How many items.", "$ref": "#/$defs/count"},
                            "each": {"description": "What each of them is.", "$ref": "#/$defs/item"},
                            "fixture": {
                                "description": "A list in fixtures/<vendor>/<name>.json.",
                                "$ref": "#/$defs/name",
                            },
                        }
                    ),
                    "if": {"required": ["fixture"]},
                    "then": {"properties": {"count": alone, "each": alone}},
                    "else": {"required": ["count", "each"], "x-says": "items are {count, each} or {fixture}"},
                },
            },
        ],
    }


def _options(registry: Registry) -> Json:
    knobs = {
        dialect.name: {
            "description": f"Knobs of {dialect.name}.",
            **mapping(
                {
                    knob: {
                        "description": f"The first is the default: {', '.join(words)}.",
                        **enum(words, "a word of it"),
                    }
                    for knob, words in dialect.knobs.items()
                }
            ),
        }
        for dialect in registry.dialects()
        if dialect.knobs
    }
    return {
        "description": "Settings of the vendors for this scenario alone.",
        **mapping({"profile": {"description": "Which fields bodies carry.", **enum(PROFILES, "a profile")}, **knobs}),
    }
