"""From a bundle to a server: checked whole before anything is changed."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping, Sequence

from mock_server.assembly import Server
from mock_server.control.bundle.judge import judge_parts
from mock_server.control.bundle.outbox import outbox_text
from mock_server.control.bundle.schema import BUNDLE_SCHEMA, OWING
from mock_server.control.bundle.write import settings_json
from mock_server.control.refused import Kind, Refused
from mock_server.emulator.commit import outbox_at_birth, wake_of
from mock_server.engine.clock import Clock
from mock_server.engine.cursor import Crossing
from mock_server.engine.rules import Rule, SubmitRules
from mock_server.engine.scenario import Ahead, Daily, Effect, Lognormal, Scenario, Span, State
from mock_server.engine.submits import where_of
from mock_server.engine.task import Key, Task, manual_text
from mock_server.errors import InvalidInput, Problem
from mock_server.faults.armed import Armed, ArmedFaults
from mock_server.http.message import Delivery, Response, request_of
from mock_server.journal.actions import Action
from mock_server.journal.entry import Told
from mock_server.journal.journal import Counters, Entry
from mock_server.journal.moves import Move
from mock_server.scenarios import Loader
from mock_server.scenarios.library import Library
from mock_server.schema.findings import at_json_path, listed
from mock_server.schema.validator import Validator
from mock_server.settings import Words, flag
from mock_server.store.store import Control, Full, Whole
from mock_server.types import Json
from mock_server.vendors.registry import Registry


def settings_in(bundle: Json) -> dict[str, Words]:
    """The settings that the bundle's responses depend on, as the words of their flags. Refused: it is no bundle."""
    bundle = _with_whole_speed(bundle)
    _check_form(bundle)
    settings = bundle["settings"]
    options = settings["options"].items()
    words: dict[str, Words] = {"seed": str(settings["seed"]), "profile": settings["profile"]}
    words["option"] = [f"{vendor}.{knob}={word}" for vendor, knobs in options for knob, word in knobs.items()]
    if settings["default_scenario"] is not None:
        words["default_scenario"] = settings["default_scenario"]
    if "pace" in settings:
        words["pace"] = settings["pace"]
    return words


def load(server: Server, bundle: Json) -> None:
    """Puts a bundle in place of all that the server holds: from here on it responses as the bundle's server would have.

    Its scenarios stand alone, files included, until a reset. Refused: every problem of the bundle; settings that
    responses depend on differ; there is no room. Nothing is changed then.
    """
    _check_form(bundle)
    _check_settings(server, bundle["settings"])
    scenarios, problems = _scenarios(server.loader, bundle["scenarios"])
    problems += judge_parts(server.registry, bundle, scenarios)
    if problems:
        raise _bad(problems)
    if len(bundle["tasks"]) > server.settings.max_tasks:
        hint = f"start with {flag('max_tasks')} {len(bundle['tasks'])}"
        raise Refused(Kind.FULL, "there is no room for so many tasks", hint=hint)
    in_force = [scenarios[raw["version"]] for raw in bundle["scenarios"] if raw["in_force"]]
    library = Library(versions=scenarios, pace=server.catalogue.library.pace)
    tasks = tuple([(Key(raw["vendor"], raw["id"]), _task(raw)) for raw in bundle["tasks"]])
    if bundle["version"] < OWING:
        tasks = tuple([(key, _owing_nothing(server.registry, key, task, library)) for key, task in tasks])
    whole = _whole(bundle, server.real(), tasks)._replace(wakes=_wakes(tasks, library, bundle["clock"]["now"]))

    def replace(uploads: str) -> None:
        server.store.replace(whole._replace(control=whole.control._replace(uploads=uploads)))

    try:
        server.catalogue.replace_all(in_force, tuple(scenarios.values()), replace)
    except Full:
        raise Refused(Kind.FULL, "there is no room for so many tasks") from None
    if "actions" in bundle:
        server.actions.replace(Action(**raw) for raw in bundle["actions"])
    for forget in server.forgets:
        forget()
    server.emulator.ids.replace(bundle.get("submits", ()))


def _with_whole_speed(bundle: Json) -> Json:
    """Servers before this one wrote a speed of 1.0, with which the check of the whole bundle takes far longer."""
    clock = bundle.get("clock") if isinstance(bundle, dict) else None
    speed = clock.get("speed") if isinstance(clock, dict) else None
    if not isinstance(speed, float) or not speed.is_integer():
        return bundle
    return {**bundle, "clock": {**bundle["clock"], "speed": int(speed)}}


def _check_form(bundle: Json) -> None:
    findings = Validator(BUNDLE_SCHEMA).findings(bundle)
    if findings:
        raise _bad(listed(findings, "$", at_json_path))


def _bad(problems: Sequence[Problem]) -> Refused:
    return Refused(Kind.INVALID, "this bundle cannot be loaded", problems)


def _check_settings(server: Server, wanted: Mapping[str, Json]) -> None:
    have = settings_json(server.settings)
    problems = []
    for name, value in wanted.items():
        if have[name] == value:
            continue
        where = flag("option" if name == "options" else name)
        hint = f"start the server with {_flags(name, value)}" if value else f"start the server without {where}"
        problems.append(Problem(where, f"the bundle was made with {value!r}, and here it is {have[name]!r}", hint))
    if problems:
        raise Refused(Kind.CONFLICT, "responses depend on settings that differ here", problems)


def _flags(name: str, value: Json) -> str:
    if name != "options":
        return f"{flag(name)} {value}"
    return " ".join(f"{flag('option')} {v}.{knob}={word}" for v, knobs in value.items() for knob, word in knobs.items())


def _scenarios(loader: Loader, listed: Sequence[Json]) -> tuple[dict[str, Scenario], list[Problem]]:
    """The scenarios by version, and what is wrong with their texts."""
    found: dict[str, Scenario] = {}
    problems: list[Problem] = []
    for k, raw in enumerate(listed):
        lists = {vendor: tuple(items) for vendor, items in raw.get("lists", {}).items()}
        try:
            scenario = loader.load_text(raw["text"], raw["name"], f"{raw['name']}.yaml", lists).scenario
        except InvalidInput as error:
            problems.extend(error.problems)
            continue
        if scenario.version != raw["version"]:
            what = f"this text is {scenario.version}, not {raw['version']}"
            problems.append(Problem(f"$.scenarios[{k}].text", what, "do not edit a bundle's scenarios"))
        found[raw["version"]] = scenario
    return found, problems


def _whole(bundle: Json, real: int, tasks: Sequence[tuple[Key, Task]]) -> Whole:
    clock = bundle["clock"]
    return Whole(
        Control(
            Clock(real, clock["now"], float(clock["speed"]), clock["frozen"]),
            ArmedFaults(
                map(_armed, bundle["armed"]),
                struck={fault["number"]: fault["struck"] for fault in bundle["armed"] if "struck" in fault},
            ),
            unmatched=bundle.get("unmatched", 0),
            made=bundle.get("made", 0),
            rules=_rules(bundle.get("rules", ())),
        ),
        tuple((key, task.pack()) for key, task in tasks),
        tuple(Key(*key) for key in bundle["ended"]),
        tuple(Key(*key) for key in bundle["dropped"]),
        tuple(_entry(raw) for raw in bundle["entries"]),
        _counters(bundle["counters"]),
        moves=tuple(Move(**raw | {"crossing": Crossing(*raw["crossing"])}) for raw in bundle.get("moves", ())),
    )


def _wakes(tasks: Iterable[tuple[Key, Task]], library: Library, now: int) -> tuple[tuple[int, Key], ...]:
    """When each task wants to be woken: what is owed is told from here on."""
    found = ((wake_of(library, key, task, now), key) for key, task in tasks if task.notify)
    return tuple(sorted((at, key) for at, key in found if at is not None))


def _task(raw: Json) -> Task:
    given = json.dumps(raw["given"]) if raw["given"] is not None else ""
    manual = manual_text(raw["manual"]) if "manual" in raw else ""
    outbox = raw.get("outbox", {})
    fields = {name: raw[name] for name in Task._fields if name in raw}
    made = {"given": given, "buckets": tuple(raw["buckets"]), "manual": manual}
    return Task(**fields | made | {"outbox": outbox_text(outbox) if isinstance(outbox, dict) else ""})


def _owing_nothing(registry: Registry, key: Key, task: Task, library: Library) -> Task:
    """A task of a server that notified nobody."""
    dialect = registry.dialect(key.vendor, library.versions[task.scenario].options)
    return task._replace(outbox=outbox_at_birth(dialect, task.facts(), task.notify))


def _rules(listed: Sequence[Json]) -> SubmitRules:
    rules = [Rule(**raw | {"where": where_of(raw["where"])}) for raw in listed]
    return SubmitRules(tuple(rules), max((rule.number for rule in rules), default=0))


def _armed(raw: Json) -> Armed:
    daily = Daily(**raw["daily"]) if "daily" in raw else None
    raw = {name: value for name, value in raw.items() if name != "struck"}
    return Armed(**{**raw, "effect": effect_of(raw["effect"]), "daily": daily})


def effect_of(raw: Json) -> Effect:
    """The effect of a JSON value of the right shape."""
    delay = raw.get("delay")
    made = None if delay is None else Span(delay["low"], delay["high"]) if "low" in delay else Lognormal(**delay)
    headers = tuple(
        (name, Ahead(value["ahead"]) if isinstance(value, dict) else value) for name, value in raw.get("headers", ())
    )
    more = {key: raw.get(key) for key in ("over", "status", "body", "type", "length", "redirect")}
    return Effect(raw.get("error"), raw.get("fault"), made, headers, **more)


def _entry(raw: Json) -> Entry:
    asked = raw["request"]
    made = {
        "request": request_of(asked["method"], asked["target"], _pairs(asked["headers"]), _body(asked["body"])),
        "response": _response(raw["response"]),
        "original": _response(raw["original"]) if "original" in raw else None,
        "faults": tuple(raw["faults"]),
        "crossed": tuple(Crossing(*crossing) for crossing in raw["crossed"]),
        "state": State(raw["state"]) if "state" in raw else None,
        "read": State(raw["read"]) if "read" in raw else None,
        "sources": tuple(raw.get("sources", ())),
        "told": Told(**{"item": None, **raw["told"]}) if "told" in raw else None,
    }
    return Entry(**{**raw, **made})


def _response(raw: Json) -> Response:
    delivery = Delivery(**raw["delivery"]) if "delivery" in raw else None
    headers, body = _pairs(raw["headers"]), _body(raw["body"])
    return Response(raw["status"], raw["reason"], headers, body, raw.get("delay", 0), delivery)


def _pairs(raw: Json) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in raw)


def _body(raw: Json) -> bytes:
    return raw.encode("utf-8", "replace") if isinstance(raw, str) else base64.b64decode(raw.get("base64", ""))


def _counters(raw: Json) -> Counters:
    counted = {name: {tuple(what): times for *what, times in raw[name]} for name in ("by_status", "seen", "crossed")}
    return Counters(**{**raw, **counted})
