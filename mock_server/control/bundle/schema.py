"""The shape of a bundle."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from mock_server.control.armed import ARMED
from mock_server.engine.durations import LONGEST
from mock_server.engine.scenario import State
from mock_server.engine.timestamps import LATEST
from mock_server.faults.kinds import FAULTS
from mock_server.journal.journal import Verdict
from mock_server.types import Json

FORMAT = "mock-server bundle"
VERSION = 1


def _object(**properties: Json) -> Json:
    """An object that has exactly these; one whose name ends in `_` may be left out."""
    return {
        "type": "object",
        "additionalProperties": False,
        "required": [name for name in properties if not name.endswith("_")],
        "properties": {name.removesuffix("_"): schema for name, schema in properties.items()},
    }


def _list(of: Json, most: int = 1_000_000) -> Json:
    return {"type": "array", "items": of, "maxItems": most}


_TEXT: Mapping[str, Json] = {"type": "string"}
_WORD: Mapping[str, Json] = {"type": "string", "maxLength": 200}
_ID: Mapping[str, Json] = {"type": "string", "minLength": 1, "maxLength": 1024}
_COUNT: Mapping[str, Json] = {"type": "integer", "minimum": 0}
_MOMENT: Mapping[str, Json] = {"type": "integer", "minimum": -LATEST, "maximum": LATEST}
_FLAG: Mapping[str, Json] = {"type": "boolean"}


def _tuple(*items: Json) -> Json:
    return {"type": "array", "prefixItems": list(items), "minItems": len(items), "maxItems": len(items)}


def _maybe(schema: Json) -> Json:
    return {**schema, "type": [schema["type"], "null"]}


_BODY: Mapping[str, Json] = {
    "type": ["string", "object"],
    "additionalProperties": False,
    "properties": {"base64": {"type": "string", "pattern": "^[A-Za-z0-9+/=]*$", "x-expected": "base64"}},
}
_HEADERS = _list(_tuple(_TEXT, _TEXT), 10_000)
_REPLY = _object(
    status={"type": "integer", "minimum": 100, "maximum": 999},
    reason=_TEXT,
    headers=_HEADERS,
    body=_BODY,
    delay_=_COUNT,
    delivery_=_object(kind={"enum": list(FAULTS), "x-expected": "a fault"}, over_=_COUNT),
)
_ENTRY = _object(
    number={"type": "integer", "minimum": 1},
    real=_MOMENT,
    virtual=_MOMENT,
    request=_object(method=_TEXT, target=_TEXT, headers=_HEADERS, body=_BODY),
    response=_REPLY,
    original_=_REPLY,
    verdict={"enum": list(get_args(Verdict)), "x-expected": "a verdict"},
    poll=_FLAG,
    vendor_=_WORD,
    id_=_TEXT,
    scenario_=_WORD,
    step_=_TEXT,
    state_={"enum": [state.value for state in State], "x-expected": "a state"},
    asked=_COUNT,
    faults=_list(_TEXT, 1_000),
    crossed=_list(_tuple(_COUNT, _COUNT, _MOMENT), 100_000),
    note=_TEXT,
)
_TASK = _object(
    vendor=_WORD,
    id=_ID,
    scenario=_WORD,
    seed={"type": "integer"},
    given={**_object(items=_list({"type": "object"}, 1_000)), "type": ["object", "null"]},
    notify=_TEXT,
    outbox=_TEXT,
    born=_MOMENT,
    since=_MOMENT,
    step=_COUNT,
    polls=_COUNT,
    hops=_COUNT,
    asked=_COUNT,
    buckets=_list({"type": "integer"}, 1_000),
)
_EFFECT = _object(
    error_={"type": ["integer", "string"], "minimum": 300, "maximum": 999},
    fault_={"enum": list(FAULTS), "x-expected": "a fault"},
    delay_={
        "type": "object",
        "additionalProperties": False,
        "properties": dict.fromkeys(("low", "high", "median", "p99"), _COUNT),
        "dependentRequired": {"low": ["high"], "high": ["low"], "median": ["p99"], "p99": ["median"]},
        "minProperties": 2,
        "maxProperties": 2,
    },
    headers_=_list(
        _tuple(
            _TEXT, {**_object(ahead=_COUNT), "type": ["string", "object", "null"], "x-expected": "a header's value"}
        ),
        1_000,
    ),
    over_=_COUNT,
    status_={"type": "integer", "minimum": 200, "maximum": 999},
    body_=_TEXT,
    type_=_TEXT,
    length_={"type": "integer"},
    redirect_=_TEXT,
)
_ARMED = _object(
    number=_COUNT,
    effect=_EFFECT,
    vendor_=_WORD,
    id_=_TEXT,
    times_={"type": "integer", "minimum": 1},
    until_={**_MOMENT, "maximum": LATEST + LONGEST},
    daily_=_object(start=_COUNT, lasts=_COUNT),
)
_SCENARIO = _object(
    name=_WORD,
    version=_WORD,
    in_force=_FLAG,
    text=_TEXT,
    lists_={"type": "object", "additionalProperties": _list({"type": "object"}, 10_000)},
)
_KEYS = _list(_tuple(_WORD, _ID), 10_000_000)
BUNDLE_SCHEMA: Mapping[str, Json] = {
    **_object(
        format={"const": FORMAT, "x-expected": f'"{FORMAT}"'},
        version={"const": VERSION, "x-expected": f"{VERSION}, the version of bundles that this server reads"},
        settings=_object(
            seed={"type": "integer"},
            profile=_WORD,
            options={
                "type": "object",
                "additionalProperties": {"type": "object", "additionalProperties": _TEXT},
            },
            default_scenario={"type": ["string", "null"]},
        ),
        clock=_object(
            now={**_MOMENT, "minimum": 0},
            speed={"type": "number", "exclusiveMinimum": 0, "maximum": 1_000_000},
            frozen=_FLAG,
        ),
        armed=_list(_ARMED, ARMED.value),
        scenarios=_list(_SCENARIO, 100_000),
        tasks=_list(_TASK, 10_000_000),
        ended=_KEYS,
        dropped=_KEYS,
        unmatched_=_COUNT,
        entries=_list(_ENTRY, 10_000_000),
        counters=_object(
            exchanges=_COUNT,
            polls=_COUNT,
            evicted=_COUNT,
            forgotten=_COUNT,
            evicted_to=_COUNT,
            by_status=_list(_tuple(_maybe(_WORD), _COUNT, _COUNT)),
            seen=_list(_tuple(_WORD, _TEXT, _COUNT)),
            crossed=_list(_tuple(_WORD, {"type": "integer", "minimum": -1}, _COUNT, _COUNT)),
        ),
    ),
    "description": "A run of mock-server: where everything stood, and what was said.",
}
"""What a bundle looks like. That its parts fit together is judged by whoever reads it."""
