"""The schema of faults: when they apply, and what they do."""

from __future__ import annotations

from mock_server.engine import durations
from mock_server.faults.kinds import FAULTS, OFF_LENGTH
from mock_server.scenarios.language.headers import HEADER_VALUE, headers
from mock_server.schema.parts import LINE_END, LONGEST, MOST_POLLS, enum, list_of, mapping, text, whole
from mock_server.types import Bound, Json

MOST_BODY = 65_536
"""Characters of a body that a fault gives by hand."""
EFFECTS = ("error", "fault", "delay", "headers", "status", "body", "length", "redirect")
"""The keys of a fault of which each does something by itself."""
NOTHING = f"a fault does at least one of {', '.join(f'`{key}`' for key in EFFECTS[:-1])} and `{EFFECTS[-1]}`"
MOST_LENGTH = 1_000_000
_REFUSED = "A scenario with more is not loaded; a fault with more is not armed (422)."
BOUNDS = (
    Bound("Body that a fault gives", MOST_BODY, "characters", _REFUSED),
    Bound("Difference that a fault makes to Content-Length", MOST_LENGTH, "bytes", _REFUSED),
)
NO_POLL = "a submit is no poll: beside `submit` stand only `chance`, and `at` with `for`"
_OF_POLLS = ("polls", "every", "rate", "time", "step")
LOCATION = "^([a-z0-9-]+|[!-~]*/[!-~]*)$"
REDIRECTS = (301, 302, 303, 307, 308)


def fault() -> Json:
    """A fault: when it applies, and what it does."""
    timed = [name for name, kind in FAULTS.items() if kind.over is not None]
    lognormal = {
        "median": {"description": "Half of the delays are shorter.", "$ref": "#/$defs/length"},
        "p99": {"description": "One delay in a hundred is longer.", "$ref": "#/$defs/length"},
    }
    return {
        **mapping(
            {
                "when": {"description": "When it applies; all keys must hold.", "$ref": "#/$defs/when"},
                "error": {"description": "An error response of the vendor.", "$ref": "#/$defs/error"},
                "fault": {
                    "description": "; ".join(f"{name}: {kind.about}" for name, kind in FAULTS.items()),
                    **enum(FAULTS, "a fault"),
                },
                "delay": {
                    "description": "How much later the response leaves, in real time.",
                    "type": ["string", "object"],
                    "x-expected": "a length of time such as 250ms, a span such as 1s..3s, or {median, p99}",
                    "allOf": [
                        {"if": {"type": "string"}, "then": {"$ref": "#/$defs/span"}},
                        {"if": {"type": "object"}, "then": {**mapping(lognormal), "required": ["median", "p99"]}},
                    ],
                },
                "headers": {"description": "Headers set or, with null, removed.", "$ref": "#/$defs/faultHeaders"},
                "status": {
                    "description": "Another status. With 204, 205 and 304 there is no body.",
                    **whole(200, 999, "a status from 200 to 999"),
                },
                "body": {
                    "description": "The whole body, any text.",
                    "type": "string",
                    "maxLength": MOST_BODY,
                    "x-expected": "text; [], null and numbers go in quotes",
                },
                "type": {
                    "description": "The Content-Type of `body`. Left out: the vendor's.",
                    **text(HEADER_VALUE, "a media type such as text/plain"),
                    "minLength": 1,
                    "maxLength": LONGEST,
                },
                "length": {
                    "description": "How many bytes too many (or too few, below 0) the Content-Length says.",
                    **whole(-MOST_LENGTH, MOST_LENGTH, "a number of bytes such as +5 or -3, not 0"),
                    "not": {"const": 0},
                },
                "redirect": {
                    "description": "Where to: `self`, the name of another scenario, or a path or URL; 302 by default.",
                    **text(LOCATION, "`self`, the name of a scenario, or a path or URL with a slash"),
                    "maxLength": LONGEST,
                },
                "over": {"description": f"How long {' or '.join(timed)} takes.", "$ref": "#/$defs/length"},
            }
        ),
        "x-expected": "a fault such as {when: {every: 5}, delay: 250ms}",
        **rules(),
        "if": {"required": ["when"]},
        "then": {"minProperties": 2, "x-says": NOTHING},
        "else": {"minProperties": 1, "x-says": NOTHING},
    }


def rules() -> dict[str, Json]:
    """Which keys of a fault go together."""
    timed = [name for name, kind in FAULTS.items() if kind.over is not None]
    of_body = [name for name, kind in FAULTS.items() if kind.apply is not None]
    return {
        "dependentRequired": {"over": ["fault"], "type": ["body"]},
        "allOf": [
            {
                "if": {"required": ["over"]},
                "then": {"properties": {"fault": enum(timed, "a fault that takes time, since `over` is given")}},
            },
            {
                "if": {"required": ["length"]},
                "then": {"properties": {"fault": enum([*of_body, OFF_LENGTH], "a fault that `length` can go with")}},
            },
            _instead("body", of_body),
            _instead("redirect", of_body),
            {
                "if": {"required": ["redirect"]},
                "then": {
                    "properties": {
                        "body": {"not": {}, "x-says": "`redirect` has a body of its own, so `body` means nothing"},
                        "status": {"enum": list(REDIRECTS), "x-expected": "301, 302, 303, 307 or 308"},
                    }
                },
            },
        ],
    }


def _instead(key: str, of_body: list[str]) -> Json:
    """That a key which replaces the body goes with no named fault of the body, nor with an error."""
    others = [name for name in FAULTS if name not in of_body]
    return {
        "if": {"required": [key]},
        "then": {
            "properties": {
                "fault": enum(others, f"a fault of the connection, since `{key}` replaces the body"),
                "error": {"not": {}, "x-says": f"a fault gives an `error` or a `{key}`, never both"},
            }
        },
    }


def fault_headers() -> Json:
    """The headers of a fault, which may also hold a date ahead."""
    plain = headers()
    value = plain["additionalProperties"]
    ahead = {"ahead": {"description": "How long after the response.", "$ref": "#/$defs/length"}}
    text_or_null = {key: value[key] for key in ("pattern", "maxLength", "not")}
    return {
        **plain,
        "additionalProperties": {
            "description": "The header's value, null to remove it, or {ahead: 30s}, a date so long from now.",
            "type": ["string", "null", "object"],
            "x-expected": "text of one line, null, or a date such as {ahead: 30s}",
            "allOf": [
                {
                    "if": {"type": "object"},
                    "then": {**mapping(ahead), "required": ["ahead"]},
                    "else": {**text_or_null, "x-expected": value["x-expected"]},
                }
            ],
        },
    }


def when() -> Json:
    """The conditions of a fault."""
    window = {
        "type": ["integer", "string"],
        "minimum": 1,
        "maximum": MOST_POLLS,
        "pattern": durations.POLL_WINDOW,
        "not": {"type": "string", "pattern": LINE_END},
        "x-expected": "the number of a poll, or a window such as 7..9 or 100..",
    }
    return {
        **mapping(
            {
                "polls": {
                    "description": "The numbers of the requests it applies to: 4, 7..9 or 100..",
                    **list_of(window, "a list such as [4, 7..9, 100..]"),
                },
                "every": {"description": "Every so many requests.", "$ref": "#/$defs/polls"},
                "chance": {
                    "description": "How likely it applies.",
                    "type": "number",
                    "minimum": 0,
                    "maximum": 1,
                    "x-expected": "a number from 0 to 1",
                },
                "rate": {
                    "description": "Applies to what is over this rate, per task.",
                    **text(durations.RATE, "a rate such as 10/s, 100/min or 500/h"),
                },
                "time": {
                    "description": "A window since the task's birth.",
                    **text(durations.TIME_WINDOW, "a window of time such as 10s..40s or 10s.."),
                },
                "at": {"description": "A time of day by the server's clock, with its zone.", **time_of_day()},
                "for": {"description": "How long it lasts from `at`.", "$ref": "#/$defs/length"},
                "step": {
                    "description": "The name of the step the task is in; of items with steps, the state of the whole.",
                    "$ref": "#/$defs/name",
                },
                "submit": {"description": "It applies to the submit that makes the task, and no poll.", **true()},
            }
        ),
        "x-expected": "a mapping such as {polls: [4]}",
        "dependentRequired": {"at": ["for"], "for": ["at"]},
        "if": {"required": ["submit"]},
        "then": {"properties": {key: {"not": {}, "x-says": NO_POLL} for key in _OF_POLLS}},
    }


def true() -> Json:
    """A flag that is there or not."""
    return {"type": "boolean", "enum": [True], "x-expected": "true"}


def time_of_day() -> Json:
    """A time of day."""
    return text(durations.TIME_OF_DAY, 'a time of day with its zone, such as "02:00+08:00" or "18:30Z"')
