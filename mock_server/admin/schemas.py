"""The requests of the admin API: the schema of every parameter and body, which the OpenAPI document shows too."""

from __future__ import annotations

from collections.abc import Mapping

from mock_server.admin.fields import (
    body,
    date_time,
    described,
    id_pattern,
    length,
    length_or_zero,
    limit,
    nonempty_text,
    task_id,
    vendor,
)
from mock_server.api.questions import FILTER_SCHEMA, QUESTION_SCHEMA, ExchangeFilter, TaskFilter, fields_of
from mock_server.api.scenarios import GROUPS, MOST_FIND
from mock_server.api.words import ORDERS, OUTCOMES, SCOPES
from mock_server.control.bundle import BUNDLE_SCHEMA
from mock_server.control.listing import LOOK
from mock_server.control.requests import MOST_WAIT
from mock_server.control.whole import MOST_AHEAD
from mock_server.scenarios.language import faults
from mock_server.scenarios.language.schema import scenario_schema
from mock_server.scenarios.language.words import words
from mock_server.schema.parts import MOST, MOST_POLLS, enum, mapping, whole
from mock_server.types import Json
from mock_server.vendors.registry import PROFILES, Registry

MOST_NUMBER = 10**15
MOST_LOOK = 1_000_000
Schemas = Mapping[str, Json]
_WALKING = "Move this item alone, along its own steps. Items are numbered from 0."


def task_filter(registry: Registry) -> Schemas:
    """Parameters that select tasks."""
    states = words(dialect.states for dialect in registry.dialects())
    narrower = {
        "vendor": vendor(registry),
        "id": id_pattern(),
        "scenario": nonempty_text("a scenario's name"),
        "state": enum(states, "a state"),
    }
    return {name: described(field["description"], narrower[name]) for name, field in fields_of(TaskFilter).items()}


def task_list(registry: Registry) -> Schemas:
    """Parameters of a list of tasks."""
    look = whole(1, MOST_LOOK, f"a whole number from 1 to {MOST_LOOK}")
    history = {**whole(0, MOST, f"a whole number from 0 to {MOST}"), "default": 0}
    return {
        **task_filter(registry),
        "limit": limit(1_000),
        "history": described("Show this many of each task's last exchanges.", history),
        "order": described(
            "First births first, vendor by vendor, or latest exchange or move first.",
            {**enum(ORDERS, "an order"), "default": "born"},
        ),
        "before": described("Go on where a list ended: its `next`.", nonempty_text("the `next` of a list")),
        "look": described("Look at no more tasks than this.", {**look, "default": LOOK.value}),
    }


def task_whole(registry: Registry) -> Schemas:
    """Parameters of one task whole."""
    ahead = {**whole(0, MOST_AHEAD, f"a whole number from 0 to {MOST_AHEAD}"), "default": 6}
    before = whole(1, MOST_NUMBER, "an exchange's number")
    return {
        **one_task(registry),
        "ahead": described("Tell what so many polls would see.", ahead),
        "every": described("With so much time between these polls.", {**length_or_zero(), "default": "0s"}),
        "before": described("Only the history before the exchange with this number.", before),
        "limit": limit(100),
    }


def one_task(registry: Registry) -> dict[str, Json]:
    """What names one task."""
    return {
        "vendor": described("The task's vendor.", vendor(registry)),
        "id": described("The task's id.", task_id()),
    }


def create(registry: Registry) -> Json:
    """A task to create."""
    first = registry.names[0]
    items: dict[str, Json] = {"type": "array", "maxItems": MOST, "x-expected": "a list of items"}
    return {
        **body(
            {
                "vendor": described("The vendor of the task.", vendor(registry)),
                "scenario": described("The name of the scenario it plays.", nonempty_text("a scenario's name")),
                "id": described("Its id; by default a new one in the vendor's form.", task_id()),
                "items": described(
                    "The items it was submitted with; a scenario's own items win over them.",
                    {**items, "items": {"type": "object", "x-expected": "an item: its fields"}},
                ),
                "notify_url": described(
                    "Where the vendor sends its notification when the task ends; refused if it notifies nobody.",
                    nonempty_text("a URL"),
                ),
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


def _of_one_item(what: str) -> Json:
    return described(what, whole(0, MOST - 1, f"the number of an item, from 0 to {MOST - 1}"))


def move_next(registry: Registry) -> Json:
    """A task to move on by one step."""
    return body(
        {
            **one_task(registry),
            "to": described("The step to go to, if several ways lead on.", {"$ref": "#/$defs/name"}),
            "item": _of_one_item(_WALKING),
        },
        {"vendor": registry.names[0], "id": "happy-path.1"},
        required=("vendor", "id"),
    ) | _defs(registry, "name")


def goto(registry: Registry) -> Json:
    """A task to move to a step."""
    return body(
        {
            **one_task(registry),
            "step": described("The step it goes to.", {"$ref": "#/$defs/name"}),
            "item": _of_one_item(_WALKING),
        },
        {"vendor": registry.names[0], "id": "happy-path.1", "step": "succeeded"},
        required=("vendor", "id", "step"),
    ) | _defs(registry, "name")


def fail(registry: Registry) -> Json:
    """A task to move to an end in which it failed."""
    return body(
        {
            **one_task(registry),
            "item": _of_one_item("Only this item fails. Items are numbered from 0."),
            "reason": described("Why the items failed, in place of the scenario's reason.", {"$ref": "#/$defs/reason"}),
        },
        {"vendor": registry.names[0], "id": "by-hand.1"},
        {"vendor": registry.names[0], "id": "by-hand.1", "item": 1, "reason": "not a valid video"},
        required=("vendor", "id"),
    ) | _defs(registry, "reason")


def finish(registry: Registry) -> Json:
    """A task to move to an end in which it succeeded."""
    example = {"vendor": registry.names[0], "id": "by-hand.1"}
    return body(one_task(registry), example, required=("vendor", "id"))


def shift(registry: Registry) -> Json:
    """A task to shift in time."""
    return body(
        {**one_task(registry), "by": described("How much time passes for this task alone.", length())},
        {"vendor": registry.names[0], "id": "slow.1", "by": "10m"},
        required=("vendor", "id", "by"),
    )


def arm(registry: Registry) -> Json:
    """A fault to arm: what it does, which tasks it applies to, and for how long."""
    effect = faults.fault()
    return {
        **body(
            {
                **{key: schema for key, schema in effect["properties"].items() if key != "when"},
                "vendor": described("Only tasks of this vendor.", vendor(registry)),
                "id": described("Only the task with this id; a final `*` makes it a prefix.", id_pattern()),
                "submit": described("It applies to submits, and no poll. It goes with no `id`.", faults.true()),
                "times": described("How many polls, or submits, it applies to.", {"$ref": "#/$defs/polls"}),
                "for": described(
                    "How long it applies, by the server's clock: from now on, or every day from `at` on.", length()
                ),
                "at": described(
                    "Every day from this time on, with its zone, for as long as `for` says.", faults.time_of_day()
                ),
            },
            {"error": 599, "id": "happy-path.1", "times": 2},
            {"delay": "1s..3s", "for": "10m"},
            {"error": 500, "at": "02:00+08:00", "for": "10m"},
            {"fault": "reset", "submit": True, "times": 1},
        ),
        "dependentRequired": {**effect["dependentRequired"], "at": ["for"]},
        "allOf": [
            *effect["allOf"],
            {"anyOf": [{"required": [key]} for key in faults.EFFECTS], "x-says": faults.NOTHING},
        ],
        **_defs(registry, "error", "faultHeaders", "length", "span", "polls"),
    }


def dry() -> Schemas:
    """The parameter with which a fault is not armed."""
    flag: Json = {"type": "boolean", "default": False}
    return {"dry": described("Arm nothing: say how many tasks the fault would apply to.", flag)}


def fault_filter(registry: Registry) -> Schemas:
    """Parameters that select armed faults."""
    return {
        "number": described("The fault with this number.", whole(1, MOST_NUMBER, "a fault's number")),
        "vendor": described("The faults that aim at exactly this vendor.", vendor(registry)),
        "id": described("The faults that aim at exactly this id or prefix.", id_pattern()),
    }


def notification_list(registry: Registry) -> Schemas:
    """Parameters of a list of attempts."""
    return {
        "vendor": described("Only notifications of this vendor's tasks.", vendor(registry)),
        "id": described("Only of the task with this id; a final `*` makes it a prefix.", id_pattern()),
        "outcome": described("Only attempts that came to this.", enum(OUTCOMES, "an outcome")),
        "after": described("Only attempts with a number above this.", whole(0, MOST_NUMBER, "a whole number")),
        "limit": limit(1_000),
        "most": {**limit(1_000), "description": "Another name of `limit`, which counts if both are given."},
    }


def notification(registry: Registry) -> Json:
    """The task that is to notify."""
    example = {"vendor": registry.names[0], "id": "job-1"}
    return body(one_task(registry), example, required=("vendor", "id"))


def rule(registry: Registry) -> Json:
    """A rule to make: which submits it is for, and for how long."""
    return {
        **body(
            {
                "scenario": described("The name of the scenario they play.", nonempty_text("a scenario's name")),
                "vendor": described("Only submits to this vendor.", vendor(registry)),
                "where": described("Only submits that say this.", {"$ref": "#/$defs/submit"}),
                "times": described("How many submits it is for.", {"$ref": "#/$defs/polls"}),
                "for": described("How long it lasts, by the server's clock.", length()),
            },
            {"scenario": "fails-late"},
            {"scenario": "fails-late", "where": {"key": "orders/*"}, "times": 1},
            required=("scenario",),
        ),
        **_defs(registry, "submit", "polls"),
    }


def rule_number() -> Schemas:
    """The parameter that names one rule."""
    return {"number": described("The rule with this number.", whole(1, MOST_NUMBER, "a rule's number"))}


def clock() -> Json:
    """One change of the clock."""
    done = {"type": "boolean", "enum": [True], "x-expected": "true"}
    speed = {"type": "number", "exclusiveMinimum": 0, "maximum": 1_000_000}
    return body(
        {
            "set": described("Go to this moment. Everything due meanwhile happens, in order.", date_time()),
            "advance": described("Let this much time pass. Everything due meanwhile happens, in order.", length()),
            "freeze": described("Stop: nothing moves by time.", done),
            "resume": described("Run on.", done),
            "speed": described(
                "Run this many times as fast as the machine's clock.",
                {**speed, "x-expected": "a number above 0 and at most 1000000"},
            ),
        },
        {"advance": "10m"},
        {"freeze": True},
        {"set": "2030-01-01T00:00:00Z"},
    ) | {"minProperties": 1, "maxProperties": 1, "x-says": "exactly one of set, advance, freeze, resume and speed"}


def upload_query() -> Schemas:
    """Parameters of an upload."""
    flag: Json = {"type": "boolean", "default": False}
    return {"dry": described("Only check the scenario: nothing is put in force.", flag)}


def scenarios() -> Schemas:
    """Parameters that select scenarios."""
    text = nonempty_text(f"words to look for, at most {MOST_FIND} characters", MOST_FIND)
    return {
        "group": described("Only those of this group.", enum(GROUPS, "a group of scenarios")),
        "find": described("Only those in whose names, sentences, texts, statuses and codes each word occurs.", text),
    }


def timeline() -> Schemas:
    """Parameters of a timeline."""
    return {"bodies": described("With the whole body of each response.", {"type": "boolean"})}


def check() -> Schemas:
    """Parameters of a check."""
    return {"name": described("The scenario's name; `unnamed` by default.", nonempty_text("a scenario's name"))}


def upload(registry: Registry) -> Json:
    """The text of a scenario, as a file holds it."""
    return {
        **scenario_schema(registry),
        "examples": [
            {"about": "Works, then fails.", "steps": [{"state": "processing", "polls": 2}, {"state": "failed"}]}
        ],
    }


def exchange_filter(registry: Registry) -> Schemas:
    """Parameters that select exchanges."""
    fields = fields_of(ExchangeFilter)
    return {**fields, "vendor": described(fields["vendor"]["description"], vendor(registry))}


def exchange_list(registry: Registry) -> Schemas:
    """Parameters of a list of exchanges."""
    total: Json = {"type": "boolean", "default": False}
    return {
        **exchange_filter(registry),
        "limit": limit(1_000),
        "total": described("Also count all that the query selects, which looks at every one.", total),
    }


def exchange_number() -> Schemas:
    """The parameter that names one exchange."""
    return {"number": described("The exchange with this number.", whole(1, MOST_NUMBER, "an exchange's number"))}


def actions() -> Schemas:
    """The parameter of the list of actions."""
    after = {**whole(0, MOST_NUMBER, "a whole number"), "default": 0}
    return {"after": described("Only those with a number above this.", after)}


def contract() -> Schemas:
    """The parameter of a vendor's contract."""
    return {"profile": described("The profile; by default the server's own.", enum(PROFILES, "a profile"))}


def wait(registry: Registry) -> Schemas:
    """Parameters of a wait."""
    count = {**whole(0, MOST_POLLS, f"a whole number from 0 to {MOST_POLLS}"), "default": 1}
    timeout = {**length(), "default": "10s"}
    return {
        **exchange_filter(registry),
        "count": described("Wait until there are this many.", count),
        "timeout": described(f"How long to wait in real time, at most {MOST_WAIT // 1000}s.", timeout),
    }


def question(registry: Registry) -> Json:
    """What should hold of exchanges."""
    where = {**FILTER_SCHEMA, "properties": exchange_filter(registry)}
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
    """What to reset."""
    only = {
        "type": "array",
        "minItems": 1,
        "maxItems": len(SCOPES),
        "uniqueItems": True,
        "items": enum(SCOPES, "a scope"),
        "x-expected": "a list of scopes",
    }
    return body({"only": described("Only these; by default everything.", only)}, {}, {"only": ["tasks", "journal"]})


def _defs(registry: Registry, *names: str) -> dict[str, Json]:
    """Definitions of the scenario language that a body shares, where its references look for them."""
    shared = scenario_schema(registry)["$defs"]
    return {"$defs": {name: shared[name] for name in names}}
