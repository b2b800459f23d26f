"""What the emulator holds, as the values of the API: moments as dates, lengths of time as files write them."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping

from msgspec import UNSET, UnsetType

from mock_server.api import exchange as api
from mock_server.api import values
from mock_server.api.codec import Moment
from mock_server.control.armed import Aim
from mock_server.control.server import Controls
from mock_server.control.task_view import TaskView
from mock_server.control.time import ClockView
from mock_server.engine.durations import length_text, span_text, time_of_day
from mock_server.engine.scenario import Ahead, Daily, Effect, Lognormal, Scenario
from mock_server.errors import Problem
from mock_server.faults.armed import Armed
from mock_server.http.message import Pairs, Response
from mock_server.journal.journal import Counters, Entry
from mock_server.journal.refusals import Refusal
from mock_server.types import Json


def problems(found: Iterable[Problem]) -> tuple[values.Problem, ...]:
    """Everything that is wrong."""
    return tuple(values.Problem(*each) for each in found)


def task(view: TaskView, history: tuple[api.Exchange, ...] | UnsetType = UNSET) -> values.Task:
    """One task at the present virtual time, with its last exchanges if there are any to show."""
    return values.Task(
        vendor=view.vendor,
        id=view.id,
        scenario=view.scenario,
        version=view.version,
        step=view.step,
        state=view.state,
        born=Moment.of(view.born),
        since=Moment.of(view.since),
        due=_optional(view.due),
        polls=view.polls,
        asked=view.asked,
        hops=view.hops,
        ended=view.ended,
        expired=view.expired,
        ways=view.ways,
        steps=view.steps,
        exchanges=history,
    )


def clock(view: ClockView) -> values.Clock:
    """Where the clock stands, and how far it is ahead of the machine's."""
    return values.Clock(
        now=Moment.of(view.now),
        real=Moment.of(view.real),
        ahead_ms=view.now - view.real,
        speed=view.speed,
        frozen=view.frozen,
    )


def armed(fault: Armed) -> values.Fault:
    """An armed fault, with its effect as scenario files write it."""
    until = _optional(fault.until)
    found = effect(fault.effect)
    if fault.daily is not None:
        found |= {"at": time_of_day(fault.daily), "lasts": length_text(fault.daily.lasts)}
    return values.Fault(fault.number, fault.vendor, fault.id, fault.times, until, **found)


def aim(body: Mapping[str, Json], lasts: int | None, daily: Daily | None = None) -> Aim:
    """Which tasks the fault that a body arms applies to, and how often, how long, or at what time of day."""
    times = None if "times" not in body else int(body["times"])
    return Aim(body.get("vendor"), body.get("id"), times, None if daily else lasts, daily)


def effect(effect: Effect) -> dict[str, Json]:
    """What a fault does, by the keys of scenario files."""
    delay: str | values.DelayCurve | None = None
    if isinstance(effect.delay, Lognormal):
        delay = values.DelayCurve(length_text(effect.delay.median), length_text(effect.delay.p99))
    elif effect.delay is not None:
        delay = span_text(effect.delay)
    found: dict[str, Json] = {
        "error": effect.error,
        "fault": effect.fault,
        "delay": delay,
        "headers": {name: _header(value) for name, value in effect.headers} or None,
        "over": None if effect.over is None else length_text(effect.over),
        "status": effect.status,
        "body": effect.body,
        "type": effect.type,
        "length": effect.length,
        "redirect": effect.redirect,
    }
    return {key: value for key, value in found.items() if value is not None}


def _header(value: str | Ahead | None) -> str | values.DateAhead | None:
    return values.DateAhead(length_text(value.lasts)) if isinstance(value, Ahead) else value


def scenario_brief(controls: Controls, scenario: Scenario) -> values.ScenarioBrief:
    """A scenario in a list."""
    return values.ScenarioBrief(**_scenario(controls, scenario))


def scenario_whole(controls: Controls, scenario: Scenario) -> values.ScenarioWhole:
    """A scenario with its text, and for each vendor a target to try."""
    registry = controls.server.registry
    examples = {vendor: registry.dialect(vendor).example(scenario.name) for vendor in scenario.vendors}
    lists = {vendor: tuple(map(dict, items)) for vendor, items in scenario.lists.items()}
    return values.ScenarioWhole(**_scenario(controls, scenario), text=scenario.text, examples=examples, lists=lists)


def exchanges(controls: Controls, entries: Iterable[Entry]) -> Iterator[api.Exchange]:
    """Exchanges, each with the names that the version it was played from gives its steps, made one by one."""
    versions = controls.server.catalogue.library.versions
    return (exchange(entry, versions.get(entry.scenario or "")) for entry in entries)


def exchange(entry: Entry, scenario: Scenario | None) -> api.Exchange:
    """One exchange. `scenario` is the version it was played from, which names its steps."""
    return api.Exchange(
        number=entry.number,
        at=Moment.of(entry.virtual),
        real=Moment.of(entry.real),
        vendor=entry.vendor,
        id=entry.id,
        scenario=entry.scenario,
        step=entry.step,
        state=entry.state,
        asked=entry.asked,
        poll=entry.poll,
        verdict=entry.verdict,
        faults=entry.faults,
        crossed=tuple(_crossing(scenario, *crossing) for crossing in entry.crossed),
        note=entry.note,
        request=api.Message(
            entry.request.method, entry.request.target, _headers(entry.request.headers), *_body(entry.request.body)
        ),
        response=_response(entry.response),
        original=None if entry.original is None else _response(entry.original),
    )


def refusals(count: int, newest: Iterable[Refusal]) -> api.Refusals:
    """What was refused before it was a request."""
    found = [
        api.Refusal(
            number=each.number,
            real=Moment.of(each.real),
            status=each.error.status,
            error=each.error.short_name,
            message=each.message,
            start=each.start,
        )
        for each in newest
    ]
    return api.Refusals(count, tuple(found))


def counters(counters: Counters) -> api.JournalCounters:
    """The counts of the journal."""
    by_status = sorted(counters.by_status.items(), key=str)
    return api.JournalCounters(
        counters.exchanges,
        counters.polls,
        counters.evicted,
        counters.forgotten,
        tuple(api.StatusCount(vendor, status, count) for (vendor, status), count in by_status),
    )


def _scenario(controls: Controls, scenario: Scenario) -> dict[str, Json]:
    return {
        "name": scenario.name,
        "about": scenario.about,
        "version": scenario.version,
        "vendors": scenario.vendors,
        "ids": scenario.claims,
        "steps": tuple(step.name for step in scenario.steps),
        "source": scenario.source,
        "uploaded": scenario.name in controls.server.catalogue.uploads,
    }


def _crossing(scenario: Scenario | None, origin: int, to: int, at: int) -> api.Crossing:
    names = [step.name for step in scenario.steps] if scenario is not None else []
    first, second = (names[step] if 0 <= step < len(names) else None for step in (origin, to))
    return api.Crossing(first, second, Moment.of(at))


def _response(response: Response) -> api.Response:
    delivery = None if response.delivery is None else response.delivery.kind
    text, in_base64 = _body(response.body)
    headers = _headers(response.headers)
    return api.Response(response.status, response.reason, headers, text, in_base64, response.delay, delivery)


def _headers(pairs: Pairs) -> tuple[api.Header, ...]:
    return tuple(api.Header(name, value) for name, value in pairs)


def _body(body: bytes) -> tuple[str, bool]:
    """The body as text, or in base64 (True) where it is not UTF-8."""
    try:
        return body.decode("utf-8"), False
    except UnicodeDecodeError:
        return base64.b64encode(body).decode("ascii"), True


def _optional(ms: int | None) -> Moment | None:
    return None if ms is None else Moment.of(ms)
