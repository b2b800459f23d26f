"""The shape of a bundle."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from mock_server.api.words import OUTCOMES, Signed
from mock_server.control.armed import ARMED
from mock_server.control.rules import RULES
from mock_server.emulator.notifications import BY_HAND
from mock_server.emulator.submit import DIFFERENT
from mock_server.engine.durations import LONGEST
from mock_server.engine.outbox import Settled, Who
from mock_server.engine.scenario import DAY, State
from mock_server.engine.timestamps import LATEST
from mock_server.faults.kinds import FAULTS
from mock_server.journal.actions import ACTIONS
from mock_server.journal.actions import LONGEST as DETAIL
from mock_server.journal.journal import Verdict
from mock_server.journal.moves import MOVES, MoveBy
from mock_server.scenarios.language import errors, faults, headers
from mock_server.scenarios.language.notify import MOST_SENDINGS
from mock_server.schema.parts import LONGEST as TEXT
from mock_server.schema.parts import MOST as MOST_ITEMS
from mock_server.schema.parts import MOST_POLLS
from mock_server.types import Json

FORMAT = "mock-server bundle"
VERSION = OWING = 2
READ = (1, VERSION)
"""The versions of bundles that are read. From `OWING` on tasks may owe notifications."""


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
_LINE: Mapping[str, Json] = {
    "type": "string",
    "not": {"type": "string", "pattern": "[\r\n\0]"},
    "x-expected": "text of one line",
}
_WORD: Mapping[str, Json] = {**_LINE, "maxLength": 200}
_ID: Mapping[str, Json] = {"type": "string", "minLength": 1, "maxLength": 1024}
_COUNT: Mapping[str, Json] = {"type": "integer", "minimum": 0, "maximum": 10**15}
_NUMBER: Mapping[str, Json] = {"type": "integer", "minimum": 1, "maximum": 10**14}
"""Of an exchange, a move or an action. A shared store keeps them in six bytes."""
_ITEM: Mapping[str, Json] = {"type": "integer", "minimum": 0, "maximum": MOST_ITEMS - 1}
_LENGTH: Mapping[str, Json] = {"type": "integer", "minimum": 0, "maximum": LONGEST}
"""Milliseconds, as many as the longest length of time that can be written."""
_SEED: Mapping[str, Json] = {"type": "integer", "minimum": -(2**63), "maximum": 2**63 - 1}
_STATUS: Mapping[str, Json] = {"type": "integer", "minimum": 100, "maximum": 999}
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
_HEADERS = _list(_tuple(_LINE, _LINE), 10_000)


def _reply(status: Json) -> Json:
    return _object(
        status=status,
        reason=_LINE,
        headers=_HEADERS,
        body=_BODY,
        delay_=_COUNT,
        delivery_=_object(kind={"enum": list(FAULTS), "x-expected": "a fault"}, over_=_LENGTH),
    )


_EXCHANGE = _object(
    number={"type": "integer", "minimum": 1},
    real=_MOMENT,
    virtual=_MOMENT,
    request=_object(method=_LINE, target=_LINE, headers=_HEADERS, body=_BODY),
    response=_reply({"type": "integer", "minimum": 0, "maximum": 999}),
    original_=_reply(_STATUS),
    verdict={"enum": list(get_args(Verdict)), "x-expected": "a verdict"},
    poll=_FLAG,
    vendor_=_WORD,
    id_=_TEXT,
    scenario_=_WORD,
    step_=_TEXT,
    state_={"enum": [state.value for state in State], "x-expected": "a state"},
    read_={"enum": [state.value for state in State], "x-expected": "a state"},
    asked=_COUNT,
    faults=_list(_TEXT, 1_000),
    crossed=_list(_tuple(_COUNT, _COUNT, _MOMENT), 100_000),
    note=_TEXT,
    told_=_object(
        notice=_COUNT,
        item_=_ITEM,
        attempt={**_COUNT, "minimum": 1},
        key=_TEXT,
        signed_={"enum": list(get_args(Signed)), "x-expected": "how it is signed"},
        outcome={"enum": list(OUTCOMES), "x-expected": "an outcome"},
        next_=_MOMENT,
    ),
    sources_=_list({"type": "integer", "minimum": -1_000, "maximum": 10**15}, 1_000),
    born_=_MOMENT,
)
# Only an attempt to deliver a notification may have no response, which is status 0.
_ENTRY: Mapping[str, Json] = {
    **_EXCHANGE,
    "if": {"not": {"required": ["told"]}},
    "then": {"properties": {"response": {"properties": {"status": _STATUS}}}},
}
_MOVE = _object(
    number=_NUMBER,
    after={**_NUMBER, "minimum": 0},
    vendor=_WORD,
    id=_ID,
    scenario=_WORD,
    crossing=_tuple({**_COUNT, "minimum": -1}, _COUNT, _MOMENT),
    by={"enum": list(get_args(MoveBy)), "x-expected": "who made it"},
    born_=_MOMENT,
)
_REASON: Mapping[str, Json] = {"type": "string", "minLength": 1, "maxLength": TEXT}
_SINCE: Mapping[str, Json] = {"type": "integer", "minimum": 0, "maximum": 2 * LATEST}
"""Milliseconds from the earliest moment that a clock can show to the latest, at most."""
_DIGEST: Mapping[str, Json] = {
    "type": "string",
    "minLength": 32,
    "maxLength": 32,
    "not": {"type": "string", "pattern": "[^0-9a-f]"},
    "x-expected": "32 hexadecimal digits",
}
_ACTION = _object(
    number=_NUMBER,
    real=_MOMENT,
    virtual=_MOMENT,
    what=_WORD,
    vendor_=_WORD,
    id_={**_TEXT, "maxLength": 1024},
    detail_={**_TEXT, "maxLength": DETAIL.value},
    born_=_MOMENT,
)
_MANUAL = _object(
    items_=_list(_tuple(_ITEM, _COUNT, _SINCE, _COUNT, _COUNT, _maybe(_ITEM)), MOST_ITEMS),
    reasons_=_list(_REASON, MOST_ITEMS),
    reason_=_tuple(_REASON, _maybe(_ITEM)),
)
_MOST_OWED = MOST_SENDINGS * MOST_ITEMS + BY_HAND.value
_WHICH = (_maybe({**_COUNT, "maximum": MOST_SENDINGS - 1}), _maybe(_ITEM))
"""A sending, null for by hand, and an item, null for the whole."""
_DUE: Mapping[str, Json] = {"type": "integer", "minimum": -LATEST - LONGEST, "maximum": LATEST + LONGEST}
_OUTBOX = _object(
    who_={"enum": list(get_args(Who)), "x-expected": "of whom it notifies"},
    made_=_COUNT,
    owed_=_list(_tuple(_COUNT, *_WHICH, _DUE, _COUNT, _COUNT), _MOST_OWED),
    moments_=_list(
        {**_tuple(_MOMENT, _SINCE, _COUNT, _SINCE, _COUNT, _MANUAL), "minItems": 5},
        _MOST_OWED,
    ),
    done_=_object(**{f"{word}_": _list(_tuple(*_WHICH), _MOST_OWED) for word in get_args(Settled)}),
)
_TASK = _object(
    vendor=_WORD,
    id=_ID,
    scenario=_WORD,
    seed=_SEED,
    given={
        **_object(
            items=_list({"type": "object"}, 1_000),
            facts_={"type": "object", "additionalProperties": {**_LINE, "maxLength": TEXT}},
            page_={**_LINE, "maxLength": TEXT},
            signer_={**_LINE, "maxLength": TEXT},
        ),
        "type": ["object", "null"],
    },
    notify={**_LINE, "maxLength": TEXT},
    outbox_={"if": {"type": "string"}, "then": {**_LINE, "maxLength": TEXT}, "else": _OUTBOX},
    born=_MOMENT,
    since=_MOMENT,
    step=_COUNT,
    polls=_COUNT,
    hops=_COUNT,
    asked=_COUNT,
    buckets=_list({"type": "integer", "minimum": 0, "maximum": 10**24}, 1_000),
    walked_=_COUNT,
    manual_=_MANUAL,
)
_FAULT: Mapping[str, Json] = faults.fault()["properties"]
_EFFECT_KEYS = _object(
    error_={
        "type": ["integer", "string"],
        "if": {"type": "integer"},
        "then": errors.status(300),
        "else": {"maxLength": 200},
        "x-expected": "a status from 300 to 999, a word or a vendor's code",
    },
    fault_={"enum": list(FAULTS), "x-expected": "a fault"},
    delay_={
        "type": "object",
        "additionalProperties": False,
        "properties": dict.fromkeys(("low", "high", "median", "p99"), _LENGTH),
        "dependentRequired": {"low": ["high"], "high": ["low"], "median": ["p99"], "p99": ["median"]},
        "minProperties": 2,
        "maxProperties": 2,
    },
    headers_=_list(
        _tuple(
            headers.header_name(),
            {
                "type": ["string", "object", "null"],
                "if": {"type": "object"},
                "then": _object(ahead=_LENGTH),
                "else": headers.header_value(),
                "x-expected": "a header's value",
            },
        ),
        1_000,
    ),
    over_=_LENGTH,
    **{f"{name}_": _FAULT[name] for name in ("status", "body", "type", "length", "redirect")},
)
_EFFECT: Mapping[str, Json] = {**_EFFECT_KEYS, **faults.rules(), "minProperties": 1}
_ARMED = _object(
    number={**_COUNT, "minimum": 1},
    effect=_EFFECT,
    vendor_=_WORD,
    id_=_ID,
    times_={"type": "integer", "minimum": 1, "maximum": MOST_POLLS},
    until_={**_MOMENT, "maximum": LATEST + LONGEST},
    daily_=_object(start={**_COUNT, "maximum": DAY - 1}, lasts={"type": "integer", "minimum": 1, "maximum": DAY}),
    armed_=_MOMENT,
    submit_=_FLAG,
    struck_=_COUNT,
)
_RULE = _object(
    number={**_COUNT, "minimum": 1},
    scenario=_WORD,
    vendor_=_WORD,
    where={
        "type": "object",
        "maxProperties": 100,
        "additionalProperties": {**_LINE, "minLength": 1, "maxLength": TEXT},
    },
    times_={"type": "integer", "minimum": 1, "maximum": MOST_POLLS},
    until_={**_MOMENT, "maximum": LATEST + LONGEST},
    played_=_COUNT,
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
        version={
            "enum": list(READ),
            "x-expected": f"{' or '.join(map(str, READ))}, the version of bundles that this server reads",
        },
        settings=_object(
            seed=_SEED,
            profile=_WORD,
            options={
                "type": "object",
                "additionalProperties": {"type": "object", "additionalProperties": _TEXT},
            },
            default_scenario={"type": ["string", "null"]},
            pace_=_WORD,
        ),
        clock=_object(
            now={**_MOMENT, "minimum": 0},
            speed={"type": "number", "exclusiveMinimum": 0, "maximum": 1_000_000},
            frozen=_FLAG,
        ),
        armed=_list(_ARMED, ARMED.value),
        rules_=_list(_RULE, RULES.value),
        scenarios=_list(_SCENARIO, 100_000),
        tasks=_list(_TASK, 10_000_000),
        ended=_KEYS,
        dropped=_KEYS,
        unmatched_=_COUNT,
        made_=_COUNT,
        submits_=_list(_tuple(_DIGEST, {**_COUNT, "minimum": 1}), DIFFERENT.value),
        entries=_list(_ENTRY, 10_000_000),
        moves_=_list(_MOVE, MOVES.value),
        actions_=_list(_ACTION, ACTIONS.value),
        counters=_object(
            exchanges={**_NUMBER, "minimum": 0},
            polls=_COUNT,
            evicted=_COUNT,
            forgotten=_COUNT,
            evicted_to=_COUNT,
            told_=_COUNT,
            by_status=_list(_tuple(_maybe(_WORD), _STATUS, _COUNT)),
            seen=_list(_tuple(_WORD, _TEXT, _COUNT)),
            crossed=_list(_tuple(_WORD, {**_COUNT, "minimum": -1}, _COUNT, _COUNT)),
        ),
    ),
    "description": "A run of mock-server: where everything stood, and what was said.",
}
"""What a bundle looks like. That its parts fit together is judged by whoever reads it."""
