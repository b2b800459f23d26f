"""Values as the admin API shows them: times in ISO 8601, lengths in milliseconds, effects as files write them."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping

from mock_server.control.armed import Aim
from mock_server.control.task_view import TaskView
from mock_server.control.time import ClockView
from mock_server.engine.durations import length_text, span_text
from mock_server.engine.scenario import Effect, Lognormal, Scenario
from mock_server.engine.timestamps import moment_text
from mock_server.errors import Problem
from mock_server.faults.choose import Armed
from mock_server.http.message import Pairs, Response
from mock_server.journal.journal import Entry
from mock_server.types import Json


def problem(problem: Problem) -> Json:
    """One thing wrong."""
    return {"where": problem.where, "what": problem.what, "hint": problem.hint}


def problems(found: Iterable[Problem]) -> list[Json]:
    """Everything wrong."""
    return [problem(each) for each in found]


def task(view: TaskView) -> dict[str, Json]:
    """One task at the present virtual time."""
    return {
        "vendor": view.vendor,
        "id": view.id,
        "scenario": view.scenario,
        "version": view.version,
        "step": view.step,
        "state": None if view.state is None else view.state.value,
        "born": moment_text(view.born),
        "since": moment_text(view.since),
        "due": _maybe(view.due),
        "polls": view.polls,
        "asked": view.asked,
        "hops": view.hops,
        "ended": view.ended,
        "expired": view.expired,
        "ways": list(view.ways),
        "steps": list(view.steps),
    }


def clock(view: ClockView) -> Json:
    """Where the clock stands, and how far it is from the machine's."""
    return {
        "now": moment_text(view.now),
        "real": moment_text(view.real),
        "ahead_ms": view.now - view.real,
        "speed": view.speed,
        "frozen": view.frozen,
    }


def armed(fault: Armed) -> Json:
    """An armed fault: whom it strikes, how often or until when, and what it does, in the words of scenario files."""
    return {
        "number": fault.number,
        "vendor": fault.vendor,
        "id": fault.id,
        "times": fault.times,
        "until": _maybe(fault.until),
        **effect(fault.effect),
    }


def aim(body: Mapping[str, Json], lasts: int | None) -> Aim:
    """Whom the fault that a body arms is to strike."""
    return Aim(body.get("vendor"), body.get("id"), None if "times" not in body else int(body["times"]), lasts)


def effect(effect: Effect) -> dict[str, Json]:
    """What a fault does, by the keys that say it in a file."""
    delay: Json = None
    if isinstance(effect.delay, Lognormal):
        delay = {"median": length_text(effect.delay.median), "p99": length_text(effect.delay.p99)}
    elif effect.delay is not None:
        delay = span_text(effect.delay)
    said: dict[str, Json] = {
        "error": effect.error,
        "fault": effect.fault,
        "delay": delay,
        "headers": dict(effect.headers) or None,
        "over": None if effect.over is None else length_text(effect.over),
    }
    return {key: value for key, value in said.items() if value is not None}


def scenario(scenario: Scenario, *, uploaded: bool) -> dict[str, Json]:
    """A scenario in a list of them."""
    return {
        "name": scenario.name,
        "about": scenario.about,
        "version": scenario.version,
        "vendors": list(scenario.vendors),
        "ids": list(scenario.claims),
        "steps": [step.name for step in scenario.steps],
        "source": scenario.source,
        "uploaded": uploaded,
    }


def entry(entry: Entry, scenario: Scenario | None) -> dict[str, Json]:
    """One exchange. `scenario` is the version it was played from, which knows the names of its steps."""
    return {
        "number": entry.number,
        "at": moment_text(entry.virtual),
        "real": moment_text(entry.real),
        "vendor": entry.vendor,
        "id": entry.id,
        "scenario": entry.scenario,
        "step": entry.step,
        "state": None if entry.state is None else entry.state.value,
        "asked": entry.asked,
        "poll": entry.poll,
        "verdict": entry.verdict,
        "faults": list(entry.faults),
        "crossed": [_crossing(scenario, *crossing) for crossing in entry.crossed],
        "note": entry.note,
        "request": {
            "method": entry.request.method,
            "target": entry.request.target,
            "headers": _headers(entry.request.headers),
            **_body(entry.request.body),
        },
        "response": _response(entry.response),
        "original": None if entry.original is None else _response(entry.original),
    }


def _crossing(scenario: Scenario | None, origin: int, to: int, at: int) -> Json:
    names = [step.name for step in scenario.steps] if scenario is not None else []
    said = [names[step] if 0 <= step < len(names) else None for step in (origin, to)]
    return {"from": said[0], "to": said[1], "at": moment_text(at)}


def _response(response: Response) -> Json:
    return {
        "status": response.status,
        "reason": response.reason,
        "headers": _headers(response.headers),
        **_body(response.body),
        "delay_ms": response.delay,
        "delivery": None if response.delivery is None else response.delivery.kind,
    }


def _headers(pairs: Pairs) -> Json:
    return [{"name": name, "value": value} for name, value in pairs]


def _body(body: bytes) -> dict[str, Json]:
    """The body as text or, where it is none, in base64."""
    try:
        return {"body": body.decode("utf-8"), "base64": False}
    except UnicodeDecodeError:
        return {"body": base64.b64encode(body).decode("ascii"), "base64": True}


def _maybe(ms: int | None) -> str | None:
    """A moment, where there may be none."""
    return None if ms is None else moment_text(ms)
