"""From a server to a bundle."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from mock_server.assembly import Server
from mock_server.control.bundle.outbox import outbox_json
from mock_server.control.bundle.schema import FORMAT, VERSION
from mock_server.emulator.commit import earlier
from mock_server.engine.durations import length, length_text
from mock_server.engine.rules import Rule
from mock_server.engine.scenario import Ahead, Effect, Lognormal, Scenario
from mock_server.engine.task import Key, Task, unpack, version_of
from mock_server.faults.armed import Armed
from mock_server.http.message import Response
from mock_server.journal.actions import Action
from mock_server.journal.journal import Counters, Entry
from mock_server.journal.moves import Move
from mock_server.scenarios.library import Library
from mock_server.settings import Settings
from mock_server.types import Json


class Outline(NamedTuple):
    """A bundle whose long lists are made row by row: `rows` by key, for the lists that are empty in `head`."""

    head: dict[str, Json]
    rows: Mapping[str, Iterator[Json]]
    length: int


def export(server: Server) -> dict[str, Json]:
    """The whole run at this moment, as JSON: what `load` needs to give the same responses from here on."""
    head, rows, _ = outline(server)
    return {**head, **{key: list(each) for key, each in rows.items()}}


def outline(server: Server) -> Outline:
    """As `export`, in pieces: all of it is of the moment of this call."""
    actions = server.actions.read()  # before the rest: what is done meanwhile is not in it
    library, held = server.catalogue.snapshot(server.store.export)
    used = {version_of(record) for _, record in held.tasks}
    if not used <= library.versions.keys():
        library = server.catalogue.knowing(used)
    in_force = {scenario.version for scenario in library.scenarios.values()}
    clock = held.control.clock
    head: dict[str, Json] = {
        "format": FORMAT,
        "version": VERSION,
        "settings": settings_json(server.settings),
        "clock": {"now": clock.now(server.real()), "speed": _number(clock.speed), "frozen": clock.frozen},
        "armed": [_armed(fault, held.control.armed.struck(fault.number)) for fault in held.control.armed],
        "rules": list(map(_rule, held.control.rules.rules)),
        "scenarios": [_scenario(library.versions[version], version in in_force) for version in sorted(used | in_force)],
        "tasks": [],
        "ended": [],
        "dropped": [],
        "unmatched": held.control.unmatched,
        "made": held.control.made,
        "submits": [list(each) for each in server.emulator.ids.export()],
        "entries": [],
        "moves": [],
        "actions": [_action(each) for each in actions],
        "counters": _counters(held.counters),
    }
    rows: dict[str, Iterator[Json]] = {
        "tasks": (_task(key, unpack(record), library, held.control.offset) for key, record in held.tasks),
        "ended": (list(key) for key in held.ended),
        "dropped": (list(key) for key in held.dropped),
        "entries": (_entry(entry) for entry in held.entries),
        "moves": (_move(move) for move in held.moves),
    }
    return Outline(head, rows, len(held.tasks) + len(held.dropped) + len(held.entries) + len(held.moves))


def settings_json(settings: Settings) -> dict[str, Json]:
    """The settings that responses depend on."""
    options = {vendor: knobs for vendor, knobs in settings.options().items() if isinstance(knobs, dict)}
    return {
        "seed": settings.seed,
        "profile": settings.profile,
        "options": options,
        "default_scenario": settings.default_scenario,
        "pace": length_text(length(settings.pace)),
    }


def _number(value: float) -> float:
    """A number without a fraction part as a whole one: of a value with such a part the check takes far longer."""
    whole = int(value)
    return whole if whole == value else value


def _given(**values: Json) -> dict[str, Json]:
    """Those that are there."""
    return {name: value for name, value in values.items() if value is not None}


def _armed(fault: Armed, struck: int) -> Json:
    daily = None if fault.daily is None else fault.daily._asdict()
    aim = _given(vendor=fault.vendor, id=fault.id, times=fault.times, until=fault.until, daily=daily)
    aim |= _given(armed=fault.armed, struck=struck or None, submit=fault.submit or None)
    return {"number": fault.number, "effect": _effect(fault.effect), **aim}


def _rule(rule: Rule) -> Json:
    where = {key: str(pattern) for key, pattern in rule.where}
    more = _given(vendor=rule.vendor, times=rule.times, until=rule.until, played=rule.played or None)
    return {"number": rule.number, "scenario": rule.scenario, "where": where, **more}


def _effect(effect: Effect) -> Json:
    delay = effect.delay
    names = ("median", "p99") if isinstance(delay, Lognormal) else ("low", "high")
    return _given(
        error=effect.error,
        fault=effect.fault,
        delay=None if delay is None else dict(zip(names, delay, strict=True)),
        headers=[[name, _header(value)] for name, value in effect.headers] or None,
        over=effect.over,
        status=effect.status,
        body=effect.body,
        type=effect.type,
        length=effect.length,
        redirect=effect.redirect,
    )


def _header(value: str | Ahead | None) -> Json:
    return {"ahead": value.lasts} if isinstance(value, Ahead) else value


def _scenario(scenario: Scenario, in_force: bool) -> Json:
    lists = {vendor: [dict(item) for item in items] for vendor, items in scenario.lists.items()}
    head = {"name": scenario.name, "version": scenario.version, "in_force": in_force, "text": scenario.text}
    return {**head, "lists": lists} if lists else head


def _task(key: Key, task: Task, library: Library, offset: int) -> Json:
    """The times of a task are those that the bundle's clock shows, whatever the records are ahead of it."""
    if offset:
        task = earlier(library.played(task), task, offset)
    given = json.loads(task.given) if task.given else None
    found = {**key._asdict(), **task._asdict(), "given": given, "buckets": list(task.buckets)}
    # Few tasks have these.
    del found["walked"], found["manual"], found["outbox"]
    if task.outbox:
        found["outbox"] = outbox_json(task.outbox)
    walked = {"walked": task.walked} if task.walked >= 0 else {}
    return found | walked | ({"manual": json.loads(task.manual)} if task.manual else {})


def _entry(entry: Entry) -> Json:
    request = entry.request
    return {
        "number": entry.number,
        "real": entry.real,
        "virtual": entry.virtual,
        "request": {
            "method": request.method,
            "target": request.target,
            "headers": [list(pair) for pair in request.headers],
            "body": _body(request.body),
        },
        "response": _response(entry.response),
        "verdict": entry.verdict,
        "poll": entry.poll,
        "asked": entry.asked,
        "faults": list(entry.faults),
        "crossed": [list(crossing) for crossing in entry.crossed],
        "note": entry.note,
        **_given(
            original=None if entry.original is None else _response(entry.original),
            vendor=entry.vendor,
            id=entry.id,
            scenario=entry.scenario,
            step=entry.step,
            state=entry.state,
            read=entry.read,
            sources=list(entry.sources) or None,
            born=entry.born,
            told=None if entry.told is None else _given(**entry.told._asdict()),
        ),
    }


def _move(move: Move) -> Json:
    return {**_given(**move._asdict()), "crossing": list(move.crossing)}


def _action(action: Action) -> Json:
    found = _given(**action._asdict())
    return found if action.detail else {name: value for name, value in found.items() if name != "detail"}


def _response(response: Response) -> Json:
    found = {
        "status": response.status,
        "reason": response.reason,
        "headers": [list(pair) for pair in response.headers],
        "body": _body(response.body),
    }
    delivery = None if response.delivery is None else _given(**response.delivery._asdict())
    return {**found, **_given(delay=response.delay or None, delivery=delivery)}


def _body(body: bytes) -> Json:
    """As text where it is text."""
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(body).decode()}


def _counters(counters: Counters) -> Json:
    numbers = {name: value for name, value in counters._asdict().items() if isinstance(value, int)}
    if not numbers["told"]:  # as before there were attempts
        del numbers["told"]
    return {
        **numbers,
        "by_status": [[*what, times] for what, times in counters.by_status.items()],
        "seen": [[*what, times] for what, times in counters.seen.items()],
        "crossed": [[*what, times] for what, times in counters.crossed.items()],
    }
