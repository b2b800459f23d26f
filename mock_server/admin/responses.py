"""What the admin API answers: the schema of every response, by the name the OpenAPI document gives it."""

from __future__ import annotations

from collections.abc import Mapping

from mock_server.engine.scenario import State
from mock_server.faults.kinds import FAULTS
from mock_server.types import Json

TEXT: Mapping[str, Json] = {"type": "string"}
"""Any text."""
WHOLE: Mapping[str, Json] = {"type": "integer"}
FLAG: Mapping[str, Json] = {"type": "boolean"}
MAYBE_TEXT: Mapping[str, Json] = {"type": ["string", "null"]}
MOMENT: Mapping[str, Json] = {
    "type": "string",
    "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{3}Z$",
    "description": "A moment in UTC, to the millisecond.",
}
MAYBE_MOMENT: Mapping[str, Json] = {**MOMENT, "type": ["string", "null"]}


STATE: Mapping[str, Json] = {
    "type": ["string", "null"],
    "enum": [*(state.value for state in State), None],
    "description": "The neutral word of what is shown; null for an error.",
}


def exactly(properties: Mapping[str, Json], *optional: str) -> dict[str, Json]:
    """An object with all these keys, but for optional ones, and no others."""
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": dict(properties),
        "required": [name for name in properties if name not in optional],
    }


def listed(items: Json) -> dict[str, Json]:
    """A list."""
    return {"type": "array", "items": items}


def ref(name: str) -> dict[str, Json]:
    """Another of these schemas."""
    return {"$ref": f"#/components/schemas/{name}"}


def response_schemas() -> Mapping[str, Json]:
    """Every schema, by name."""
    return {**_errors(), **_tasks(), **_scenarios(), **_time_and_faults(), **_requests(), **_server()}


def _errors() -> dict[str, Json]:
    return {
        "Problem": exactly({"where": TEXT, "what": TEXT, "hint": TEXT}),
        "Error": exactly(
            {
                "error": {**TEXT, "description": "The error's short name, also in X-Mock-Server-Error."},
                "message": {**TEXT, "description": "What is wrong, in a sentence."},
                "problems": {**listed(ref("Problem")), "description": "All that is wrong, each at its place."},
                "requests": {**listed(ref("Exchange")), "description": "The exchanges that it is about."},
            },
            "requests",
        ),
    }


def _tasks() -> dict[str, Json]:
    task = {
        "vendor": TEXT,
        "id": TEXT,
        "scenario": TEXT,
        "version": {**TEXT, "description": "The scenario as it was when the task was born: name@digest."},
        "step": TEXT,
        "state": STATE,
        "born": MOMENT,
        "since": {**MOMENT, "description": "When the step was entered."},
        "due": {**MAYBE_MOMENT, "description": "When the step ends by time; null if it does not."},
        "polls": {**WHOLE, "description": "Polls that counted since the step was entered."},
        "asked": {**WHOLE, "description": "Every status request that named the task."},
        "hops": {**WHOLE, "description": "Changes of step so far."},
        "ended": FLAG,
        "expired": FLAG,
        "ways": {**listed(TEXT), "description": "The steps that `next` may move it to."},
        "steps": listed(TEXT),
        "history": {**listed(ref("Exchange")), "description": "Its last exchanges, oldest first, where asked for."},
    }
    return {
        "Task": exactly(task, "history"),
        "Tasks": exactly({"now": MOMENT, "tasks": listed(ref("Task")), "more": FLAG}),
        "Dropped": exactly({"dropped": WHOLE}),
    }


def _scenarios() -> dict[str, Json]:
    brief = {
        "name": TEXT,
        "about": TEXT,
        "version": TEXT,
        "vendors": listed(TEXT),
        "ids": {**listed(TEXT), "description": "Ids claimed besides the name, and the name with a dot and anything."},
        "steps": listed(TEXT),
        "source": TEXT,
        "uploaded": FLAG,
    }
    examples = {"type": "object", "additionalProperties": TEXT, "description": "By vendor, a target to try."}
    return {
        "ScenarioBrief": exactly(brief),
        "Scenarios": exactly({"scenarios": listed(ref("ScenarioBrief")), "problems": listed(ref("Problem"))}),
        "ScenarioWhole": exactly({**brief, "text": TEXT, "examples": examples}),
        "Removed": exactly({"removed": TEXT}),
    }


def _time_and_faults() -> dict[str, Json]:
    delay = {"type": ["string", "object"], "properties": {"median": TEXT, "p99": TEXT}, "additionalProperties": False}
    fault = {
        "number": WHOLE,
        "vendor": MAYBE_TEXT,
        "id": MAYBE_TEXT,
        "times": {"type": ["integer", "null"]},
        "until": MAYBE_MOMENT,
        "error": {"type": ["integer", "string"]},
        "fault": {"type": "string", "enum": list(FAULTS)},
        "delay": delay,
        "headers": {"type": "object", "additionalProperties": MAYBE_TEXT},
        "over": TEXT,
    }
    clock = {
        "now": {**MOMENT, "description": "Where the clock stands, by which all tasks live."},
        "real": {**MOMENT, "description": "What the machine's clock shows."},
        "ahead_ms": {**WHOLE, "description": "How far the first is ahead of the second."},
        "speed": {"type": "number"},
        "frozen": FLAG,
    }
    return {
        "Fault": exactly(fault, "error", "fault", "delay", "headers", "over"),
        "Faults": exactly({"faults": listed(ref("Fault"))}),
        "Disarmed": exactly({"disarmed": WHOLE}),
        "Clock": exactly(clock),
    }


def _exchange() -> dict[str, Json]:
    headers = listed(exactly({"name": TEXT, "value": TEXT}))
    body = {"body": TEXT, "base64": {**FLAG, "description": "Whether the body is told in base64, being no UTF-8."}}
    response = {"status": WHOLE, "reason": TEXT, "headers": headers, **body, "delay_ms": WHOLE, "delivery": MAYBE_TEXT}
    verdicts = ["fits", "off-contract", "broken", "ours"]
    exchange = {
        "number": {**WHOLE, "description": "Counts from 1 in the order of the exchanges."},
        "at": {**MOMENT, "description": "When, by the server's clock."},
        "real": {**MOMENT, "description": "When, by the machine's."},
        "vendor": MAYBE_TEXT,
        "id": MAYBE_TEXT,
        "scenario": MAYBE_TEXT,
        "step": MAYBE_TEXT,
        "state": STATE,
        "asked": WHOLE,
        "poll": {**FLAG, "description": "Whether it was a poll, and not a look or a request without a task."},
        "verdict": {**TEXT, "enum": verdicts, "description": "What the contract said of the response."},
        "faults": listed(TEXT),
        "crossed": listed(exactly({"from": MAYBE_TEXT, "to": MAYBE_TEXT, "at": MOMENT})),
        "note": {**TEXT, "description": "Why it met no task."},
        "request": exactly({"method": TEXT, "target": TEXT, "headers": headers, **body}),
        "response": {**ref("Response"), "description": "The response as it left."},
        "original": {
            "description": "The response as it was before faults; null if none struck.",
            "oneOf": [ref("Response"), {"type": "null"}],
        },
    }
    miss = {
        "nearest": {**MAYBE_TEXT, "description": "The id, name or path it may have meant; null if nothing is near."},
        "differs": {**TEXT, "description": "What differs from that."},
    }
    return {
        "Response": exactly(response),
        "Exchange": exactly({**exchange, "near_miss": exactly(miss)}, "near_miss"),
    }


def _requests() -> dict[str, Json]:
    by_status = exactly({"vendor": MAYBE_TEXT, "status": WHOLE, "count": WHOLE})
    counts = dict.fromkeys(("exchanges", "polls", "evicted", "forgotten"), WHOLE)
    wait = {
        "met": FLAG,
        "seen": WHOLE,
        "retry": {**FLAG, "description": "It did not wait, for no thread could be spared: ask again."},
        "requests": {**listed(ref("Exchange")), "description": "Those waited for, once they are there."},
    }
    return {
        **_exchange(),
        "Exchanges": exactly(
            {
                "requests": {**listed(ref("Exchange")), "description": "Oldest first; of too many, the newest."},
                "total": {**WHOLE, "description": "How many there are of those that were meant."},
                "counters": exactly({**counts, "by_status": listed(by_status)}),
            }
        ),
        "Unmatched": exactly({"requests": listed(ref("Exchange"))}),
        "Verified": exactly({"met": {**FLAG, "const": True}, "seen": WHOLE, "requests": listed(ref("Exchange"))}),
        "Waited": exactly(wait),
        "Forgotten": exactly({"forgotten": WHOLE}),
        **_coverage(),
    }


def _coverage() -> dict[str, Json]:
    step = exactly({"name": TEXT, "entered": WHOLE, "seen": WHOLE})
    edge = {"from": TEXT, "to": TEXT}
    scenario = {
        "name": TEXT,
        "version": TEXT,
        "tasks": {**WHOLE, "description": "How many tasks were born to it."},
        "steps": listed(step),
        "edges": listed(exactly({**edge, "crossed": WHOLE, "by_hand": FLAG})),
        "leaps": {**WHOLE, "description": "Changes of step, by hand, along no edge."},
        "never_entered": listed(TEXT),
        "never_seen": listed(TEXT),
        "never_crossed": listed(exactly(edge)),
    }
    sums = ("steps", "entered", "seen", "edges", "crossed", "entered_percent", "seen_percent", "crossed_percent")
    totals = exactly(dict.fromkeys(sums, WHOLE))
    return {
        "Coverage": exactly({"scenarios": listed(exactly(scenario)), "all": ref("Totals"), "played": ref("Totals")}),
        "Totals": totals,
    }


def _server() -> dict[str, Json]:
    return {
        "Health": exactly(
            {
                "ready": FLAG,
                "scenarios": {**WHOLE, "description": "How many are in force."},
                "problems": {
                    **listed(ref("Problem")),
                    "description": "What is wrong with files; their last good versions are in force.",
                },
            }
        ),
        "Version": exactly(
            {
                "version": TEXT,
                "python": TEXT,
                "vendors": listed(
                    exactly(
                        {
                            "name": TEXT,
                            "profile": TEXT,
                            "paths": listed(exactly({"methods": listed(TEXT), "path": TEXT})),
                        }
                    )
                ),
                "settings": {"type": "object", "description": "How the server runs; secrets are told as true or null."},
            }
        ),
        "Metrics": {"type": "string", "description": "Prometheus' text format."},
        "Bundle": {"type": "object", "description": "A run; `POST bundle` says what is in it."},
        "Loaded": exactly({"tasks": WHOLE, "scenarios": WHOLE, "requests": WHOLE}),
        "Reset": exactly({"reset": listed(TEXT)}),
        "Document": {"type": "object", "description": "An OpenAPI document."},
    }
