"""What the admin API takes: the schema of every parameter and body, which the OpenAPI document shows as they are."""

from __future__ import annotations

from collections.abc import Mapping

from mock_server.api.questions import FILTER_SCHEMA, QUESTION_SCHEMA, ExchangeFilter, TaskFilter, fields_of
from mock_server.control.bundle import BUNDLE_SCHEMA
from mock_server.control.requests import MOST_WAIT
from mock_server.engine import durations
from mock_server.scenarios.language import faults
from mock_server.scenarios.language.schema import scenario_schema
from mock_server.scenarios.language.words import words
from mock_server.schema.parts import LINE_END, LONGEST, MOST, MOST_POLLS, enum, mapping, text, whole
from mock_server.store.store import SCOPES
from mock_server.types import Json
from mock_server.vendors.dialect import MAX_ID
from mock_server.vendors.registry import Registry

MOST_LISTED = 10_000
"""Tasks or exchanges that one response lists."""
MOST_NUMBER = 10**15
DATE_TIME = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})$"
Schemas = Mapping[str, Json]


def said(description: str, schema: Json) -> dict[str, Json]:
    """A schema with what people should know of it."""
    return {"description": description, **schema}


def words_of(expected: str, longest: int = LONGEST) -> dict[str, Json]:
    """Any text that is not empty."""
    return {"type": "string", "minLength": 1, "maxLength": longest, "x-expected": expected}


def lasting() -> dict[str, Json]:
    """A length of time, as scenario files write it."""
    return text(durations.LENGTH, "a length of time such as 250ms, 3s, 10m, 2h or 10d")


def task_id() -> dict[str, Json]:
    """The id of one task."""
    return words_of("a task's id", MAX_ID)


def some_ids() -> dict[str, Json]:
    """An id, or the beginning of some."""
    return words_of("a task's id, or a prefix with one final *", MAX_ID + 1)


def vendor(registry: Registry) -> dict[str, Json]:
    """One of the vendors served."""
    return enum(registry.names, "a vendor")


def body(schema: Json, *examples: Json, required: tuple[str, ...] = ()) -> dict[str, Json]:
    """A body: nothing besides these keys, and examples of it."""
    return {
        **mapping(schema),
        **({"required": list(required)} if required else {}),
        "x-expected": "a JSON object",
        "examples": list(examples),
    }


def tasks_wanted(registry: Registry) -> Schemas:
    """Which tasks are meant: all that is given must hold."""
    states = words(dialect.states for dialect in registry.dialects())
    narrower = {
        "vendor": vendor(registry),
        "id": some_ids(),
        "scenario": words_of("a scenario's name"),
        "state": enum(states, "a state"),
    }
    return {name: said(field["description"], narrower[name]) for name, field in fields_of(TaskFilter).items()}


def limit(default: int) -> dict[str, Json]:
    """How many to list."""
    what = f"a whole number from 1 to {MOST_LISTED}"
    return said("List at most this many.", {**whole(1, MOST_LISTED, what), "default": default})


def tasks_listed(registry: Registry) -> Schemas:
    """Which tasks to list, and how much of them."""
    history = {**whole(0, MOST, f"a whole number from 0 to {MOST}"), "default": 0}
    return {
        **tasks_wanted(registry),
        "limit": limit(1_000),
        "history": said("With each task so many of its last exchanges.", history),
    }


def _of_one_task(registry: Registry) -> dict[str, Json]:
    return {
        "vendor": said("The task's vendor.", vendor(registry)),
        "id": said("The task's id.", task_id()),
    }


def create(registry: Registry) -> Json:
    """A task to create."""
    first = registry.names[0]
    items: dict[str, Json] = {"type": "array", "maxItems": MOST, "x-expected": "a list of items"}
    return {
        **body(
            {
                "vendor": said("Whose task it is.", vendor(registry)),
                "scenario": said("The name of the scenario it plays.", words_of("a scenario's name")),
                "id": said("Its id. Left out: a new one in the vendor's form.", task_id()),
                "items": said(
                    "The items it was submitted with, for a scenario that sets none of its own.",
                    {**items, "items": {"type": "object", "x-expected": "an item: its fields"}},
                ),
                "notify_url": said("Where the vendor is to tell how it ends.", words_of("a URL")),
            },
            {"vendor": first, "scenario": "happy-path"},
            {"vendor": first, "scenario": "partial-failure", "id": "my-test.1"},
            required=("vendor", "scenario"),
        ),
        "allOf": [
            {
                "if": {"properties": {"vendor": {"const": dialect.name}}, "required": ["vendor"]},
                "then": {"properties": {"items": {**items, "items": mapping(dialect.item_fields)}}},
            }
            for dialect in registry.dialects()
        ],
    }


def following(registry: Registry) -> Json:
    """A task to move on by one step."""
    return body(
        {
            **_of_one_task(registry),
            "to": said("The step to go to, where more than one way leads on.", {"$ref": "#/$defs/name"}),
        },
        {"vendor": registry.names[0], "id": "happy-path.1"},
        required=("vendor", "id"),
    ) | _defs(registry, "name")


def goto(registry: Registry) -> Json:
    """A task to move to a step."""
    return body(
        {**_of_one_task(registry), "step": said("The step it goes to.", {"$ref": "#/$defs/name"})},
        {"vendor": registry.names[0], "id": "happy-path.1", "step": "succeeded"},
        required=("vendor", "id", "step"),
    ) | _defs(registry, "name")


def shift(registry: Registry) -> Json:
    """A task to shift in time."""
    return body(
        {**_of_one_task(registry), "by": said("How much time passes, for this task alone.", lasting())},
        {"vendor": registry.names[0], "id": "slow.1", "by": "10m"},
        required=("vendor", "id", "by"),
    )


def arm(registry: Registry) -> Json:
    """A fault to arm: what a scenario's fault does, whom it strikes, and for how long."""
    effect = faults.fault()
    nothing = "a fault does at least one of `error`, `fault`, `delay` and `headers`"
    return {
        **body(
            {
                **{key: schema for key, schema in effect["properties"].items() if key != "when"},
                "vendor": said("Only tasks of this vendor.", vendor(registry)),
                "id": said("Only the task of this id, or those whose ids begin so.", some_ids()),
                "times": said("How many polls it strikes.", {"$ref": "#/$defs/polls"}),
                "for": said("How long it strikes, by the server's clock.", lasting()),
            },
            {"error": 599, "id": "happy-path.1", "times": 2},
            {"delay": "1s..3s", "for": "10m"},
        ),
        "dependentRequired": effect["dependentRequired"],
        "allOf": [
            *effect["allOf"],
            {"anyOf": [{"required": [key]} for key in ("error", "fault", "delay", "headers")], "x-says": nothing},
        ],
        **_defs(registry, "error", "headers", "length", "span", "polls"),
    }


def armed_wanted(registry: Registry) -> Schemas:
    """Which armed faults are meant."""
    return {
        "number": said("The fault of this number.", whole(1, MOST_NUMBER, "a fault's number")),
        "vendor": said("The faults that aim at exactly this vendor.", vendor(registry)),
        "id": said("The faults that aim at exactly this id or prefix.", some_ids()),
    }


def clock() -> Json:
    """What to do with the clock: one thing at a time."""
    done = {"type": "boolean", "enum": [True], "x-expected": "true"}
    speed = {"type": "number", "exclusiveMinimum": 0, "maximum": 1_000_000}
    return body(
        {
            "set": said("Go to this moment, past all that is due on the way.", date_time()),
            "advance": said("Let this much time pass, and do all that is due on the way, in order.", lasting()),
            "freeze": said("Stand still: nothing moves by time.", done),
            "resume": said("Run on.", done),
            "speed": said(
                "Run so many times as fast as the machine's clock.",
                {**speed, "x-expected": "a number above 0 and at most 1000000"},
            ),
        },
        {"advance": "10m"},
        {"freeze": True},
        {"set": "2030-01-01T00:00:00Z"},
    ) | {"minProperties": 1, "maxProperties": 1, "x-says": "exactly one of set, advance, freeze, resume and speed"}


def date_time() -> dict[str, Json]:
    """A moment with its zone."""
    return {
        "type": "string",
        "pattern": DATE_TIME,
        "not": {"pattern": LINE_END},
        "x-expected": "a date and time with its zone, such as 2030-01-01T00:00:00Z",
    }


def upload(registry: Registry) -> Json:
    """The text of a scenario, as a file holds it."""
    return {
        **scenario_schema(registry),
        "examples": [
            {"about": "Works, then fails.", "steps": [{"state": "processing", "polls": 2}, {"state": "failed"}]}
        ],
    }


def exchanges_wanted(registry: Registry) -> Schemas:
    """Which exchanges are meant: all that is given must hold."""
    fields = fields_of(ExchangeFilter)
    return {**fields, "vendor": said(fields["vendor"]["description"], vendor(registry))}


def exchanges_listed(registry: Registry) -> Schemas:
    """Which exchanges to list, and how many."""
    return {**exchanges_wanted(registry), "limit": limit(1_000)}


def waited(registry: Registry) -> Schemas:
    """What to wait for, and how long."""
    count = {**whole(0, MOST_POLLS, f"a whole number from 0 to {MOST_POLLS}"), "default": 1}
    timeout = {**lasting(), "default": "10s"}
    return {
        **exchanges_wanted(registry),
        "count": said("Until there are so many.", count),
        "timeout": said(f"How long at most, in real time; {MOST_WAIT // 1000}s is the longest.", timeout),
    }


def question(registry: Registry) -> Json:
    """What should hold of the exchanges."""
    where = {**FILTER_SCHEMA, "properties": exchanges_wanted(registry)}
    example = {"where": {"vendor": registry.names[0], "id": "happy-path.1"}, "count": 3, "cadence": {"min_gap": "1s"}}
    properties = {**QUESTION_SCHEMA["properties"], "where": where}
    return {**QUESTION_SCHEMA, "properties": properties, "examples": [example]}


def bundle() -> Json:
    """A run, with an empty one as its example."""
    lists: dict[str, Json] = {key: [] for key in ("armed", "scenarios", "tasks", "ended", "dropped", "entries")}
    counts = dict.fromkeys(("exchanges", "polls", "evicted", "forgotten", "evicted_to"), 0)
    example = {
        "format": "mock-server bundle",
        "version": 1,
        "settings": {"seed": 0, "profile": "sdk", "options": {}, "default_scenario": None},
        "clock": {"now": 1_893_456_000_000, "speed": 1, "frozen": True},
        **lists,
        "counters": {**counts, "by_status": [], "seen": [], "crossed": []},
    }
    return {**BUNDLE_SCHEMA, "examples": [example]}


def reset() -> Json:
    """What to set back."""
    only = {
        "type": "array",
        "minItems": 1,
        "uniqueItems": True,
        "items": enum(SCOPES, "a scope"),
        "x-expected": "a list of scopes",
    }
    return body({"only": said("Only these; left out, everything.", only)}, {}, {"only": ["tasks", "journal"]})


def _defs(registry: Registry, *names: str) -> dict[str, Json]:
    """The controls of the scenario language that a body shares, at the place where its references look for them."""
    shared = scenario_schema(registry)["$defs"]
    return {"$defs": {name: shared[name] for name in names}}
