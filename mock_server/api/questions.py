"""What requests ask about tasks and exchanges: one list of fields for schemas, client, commands and plugin.

A field carries the JSON Schema that requests are checked against. The fields of a question are the parameters of a
query, the keys of a body, the keyword arguments of the client, and the flags of a command.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Annotated, Any, Literal, TypedDict, get_args, get_type_hints

from mock_server.api.words import OUTCOMES, SAW_WORDS, Verdict
from mock_server.engine import durations
from mock_server.engine.state import State
from mock_server.types import Json

Length = str | timedelta
"""A length of time: text such as `"10m"`, as scenario files write it, or a timedelta."""
Ticks = Literal["real", "virtual"]
"""The clock that a cadence is measured by: the machine's, or the server's."""
SLACK = 0.1
"""How far a gap may be from a client's back-off schedule, to either side, as a part of the gap, if nothing is given."""


def _field(description: str, **schema: Json) -> Mapping[str, Json]:
    return {**schema, "description": description}


def _text(description: str, longest: int) -> Mapping[str, Json]:
    return _field(description, type="string", maxLength=longest)


def _count(description: str) -> Mapping[str, Json]:
    return _field(description, type="integer", minimum=0)


def _part(description: str) -> Mapping[str, Json]:
    return _field(description, type="number", minimum=0, maximum=0.9)


def _length(description: str) -> Mapping[str, Json]:
    expected = "a length of time such as 250ms, 3s or 10m"
    return _field(description, **{"type": "string", "pattern": durations.LENGTH, "x-expected": expected})


def _word(description: str, words: Iterable[str], expected: str) -> Mapping[str, Json]:
    return _field(description, **{"enum": list(words), "x-expected": expected})


def _state(description: str) -> Mapping[str, Json]:
    return _word(description, (state.value for state in State), "a state")


class TaskFilter(TypedDict, total=False):
    """Which tasks: every given field must match."""

    vendor: Annotated[str, _text("Only tasks of this vendor.", 100)]
    id: Annotated[str, _text("Only the task with this id; a final `*` makes it a prefix.", 1024)]
    scenario: Annotated[str, _text("Only tasks that play the scenario of this name.", 200)]
    state: Annotated[str, _state("Only tasks in this state.")]


class ExchangeFilter(TypedDict, total=False):
    """Which exchanges: every given field must match."""

    vendor: Annotated[str, _text("Only requests to this vendor.", 100)]
    id: Annotated[str, _text("Only the task with this id; a final `*` makes it a prefix.", 1024)]
    scenario: Annotated[str, _text("Only tasks of this scenario, or of one version of it: `name@digest`.", 200)]
    step: Annotated[str, _text("Only responses from this step; `expired` after the end.", 200)]
    state: Annotated[str, _state("Only responses in which the vendor reported this state.")]
    status: Annotated[int, _field("Only responses with this status.", type="integer", minimum=100, maximum=999)]
    method: Annotated[str, _text("Only requests with this method.", 100)]
    fault: Annotated[str, _text("Only responses that this fault changed: its name, or an error.", 100)]
    faulted: Annotated[bool, _field("Whether any fault was applied to the response.", type="boolean")]
    verdict: Annotated[str, _word("Only responses of which the contract said this.", get_args(Verdict), "a verdict")]
    matched: Annotated[bool, _field("Whether the request met a task, or a path that exists.", type="boolean")]
    poll: Annotated[bool, _field("Whether the request counted as a poll of its task.", type="boolean")]
    saw: Annotated[str, _word("Only responses of which a client could read this.", SAW_WORDS, "what a client reads")]
    submit: Annotated[bool, _field("Whether the request submitted the task that it names.", type="boolean")]
    told: Annotated[
        bool, _field("Only attempts to deliver a notification; they are left out if nothing is said.", type="boolean")
    ]
    outcome: Annotated[str, _word("Only attempts to deliver a notification that came to this.", OUTCOMES, "an outcome")]
    after: Annotated[int, _count("Only exchanges with a number above this.")]
    before: Annotated[int, _count("Only exchanges with a number below this.")]


class Cadence(TypedDict, total=False):
    """How each task was polled. A gap lies between two polls of one task."""

    clock: Annotated[Ticks, _word("The clock that measures the gaps; real by default.", get_args(Ticks), "a clock")]
    min_gap: Annotated[Length, _length("No gap is shorter than this.")]
    max_gap: Annotated[Length, _length("No gap is longer than this.")]
    honours_retry_after: Annotated[bool, _field("No poll came earlier than a Retry-After allowed.", type="boolean")]
    backs_off: Annotated[bool, _field("The gaps grow and never shrink, but for single late polls.", type="boolean")]
    slack: Annotated[float, _part(f"How far a gap may miss its back-off, as a part of it; {SLACK} by default.")]
    polls_after_end: Annotated[int, _count("At most this many polls came after the end was shown.")]


class Expectation(TypedDict, total=False):
    """What should hold of exchanges; every given field is checked."""

    count: Annotated[int, _count("Exactly this many exchanges.")]
    at_least: Annotated[int, _count("This many exchanges or more.")]
    at_most: Annotated[int, _count("This many exchanges or fewer.")]
    order: Annotated[
        Sequence[str],
        _field(
            "The steps that each task's polls saw, in order; repetitions count once.",
            type="array",
            maxItems=1000,
            items={"type": "string"},
        ),
    ]
    statuses: Annotated[
        Sequence[int],
        _field(
            "The statuses of all of each task's responses, in order.",
            type="array",
            maxItems=1000,
            items={"type": "integer"},
        ),
    ]
    cadence: Annotated[Cadence, _field("How each task was polled.")]


class Verification(ExchangeFilter, Expectation, total=False):
    """Which exchanges, and what should hold of them."""


def fields_of(question: Any) -> dict[str, Json]:
    """The schema of each field of one of these types, by name."""
    hints = get_type_hints(question, include_extras=True)
    return {name: dict(hint.__metadata__[0]) for name, hint in hints.items()}


def object_schema(description: str, properties: Mapping[str, Json]) -> dict[str, Json]:
    """The schema of a JSON object with these keys and no others."""
    return {"type": "object", "description": description, "additionalProperties": False, "properties": dict(properties)}


def length_text(length: Length) -> str:
    """A length of time as text: `10m` as it is, a timedelta in milliseconds."""
    return length if isinstance(length, str) else f"{round(length / timedelta(milliseconds=1))}ms"


FILTER_SCHEMA: Mapping[str, Json] = object_schema(
    "Which exchanges: every given field must match.", fields_of(ExchangeFilter)
)
CADENCE_SCHEMA: Mapping[str, Json] = {
    **object_schema("How each task was polled. A gap lies between two polls of one task.", fields_of(Cadence)),
    "minProperties": 1,
}
QUESTION_SCHEMA: Mapping[str, Json] = {
    **object_schema(
        "What should hold of the exchanges that `where` selects; every given field is checked.",
        {"where": FILTER_SCHEMA, **fields_of(Expectation), "cadence": CADENCE_SCHEMA},
    ),
    "examples": [{"where": {"vendor": "acme", "id": "happy-path.1"}, "count": 3, "cadence": {"min_gap": "1s"}}],
}
