"""A series as the text of a scenario."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import groupby

from mock_server.engine.durations import length_text, span_text
from mock_server.engine.scenario import Lognormal, Span
from mock_server.engine.state import State, is_end
from mock_server.errors import Problem
from mock_server.http.responses import BODILESS
from mock_server.scenarios.flow import flow
from mock_server.scenarios.foreign.series import Captured, Series
from mock_server.scenarios.language.faults import MOST_BODY
from mock_server.schema.parts import MOST
from mock_server.types import Json
from mock_server.vendors.dialect import Dialect


def scenario_text(series: Series, source: str, dialect: Dialect) -> tuple[str, list[Problem]]:
    """The text of a scenario that sends the responses as they came, and what it cannot say.

    Its steps are the states that the bodies say, so that the task ends when its client reads that it did.
    """
    left: list[Problem] = []
    faults = list(_faults(series, left))
    count = len(series.responses)
    noun = "response" if count == 1 else "responses"
    lines = [
        f"about: {flow(f'{count} {noun} of {source}, as they came.')}",
        f"vendors: [{series.vendor}]",
    ]
    if series.id is not None:
        written = f"{series.id[:-1]}\\*" if series.id.endswith("*") else series.id
        lines.append(f"ids: [{flow(written)}]")
    lines += ["steps:", *(f"  - {flow(step)}" for step in _steps(series, dialect)), "faults:"]
    return "\n".join([*lines, *(f"  - {flow(fault)}" for fault in faults), ""]), left


def _steps(series: Series, dialect: Dialect) -> Iterator[dict[str, Json]]:
    """A step for each run of responses that say one state, which lasts as many polls; the last of them goes on."""
    runs = [(state, len(list(run))) for state, run in groupby(_states(series, dialect))]
    for k, (state, count) in enumerate(runs):
        last = k + 1 == len(runs)
        yield {"state": state.value, **({} if last and is_end(state) else {"hold": True} if last else {"polls": count})}


def _states(series: Series, dialect: Dialect) -> list[State]:
    """The state at each response: what it says, else that of the one before, else what comes before all of these."""
    said = [_state(captured, dialect) for captured in series.responses]
    first = next((state for state in said if state is not None), State.PROCESSING)
    state = State.PROCESSING if is_end(first) else first
    return [state := state if each is None else each for each in said]


def _state(captured: Captured, dialect: Dialect) -> State | None:
    """The state that a client reads in a response; None: it is no status of the vendor, or does not arrive whole."""
    if captured.fault or not 200 <= captured.status < 300 or captured.status in BODILESS:
        return None
    try:
        reading = dialect.read_status(json.loads(captured.body or ""))
    except (ValueError, RecursionError):
        return None
    return reading.state if reading is not None and reading.state in dialect.states else None


def _faults(series: Series, left: list[Problem]) -> Iterator[dict[str, Json]]:
    """A fault for each run of equal responses; the last of them goes on."""
    runs: list[Sequence[Captured]] = [list(run) for _, run in groupby(series.responses, lambda each: each.looks)]
    for run in runs[MOST:]:
        left.append(Problem(run[0].place, f"a scenario has at most {MOST} faults", "the response is left out"))
    first = 1
    for k, run in enumerate(runs[:MOST]):
        last = first + len(run) - 1
        window: Json = f"{first}.." if k + 1 == len(runs[:MOST]) else first if first == last else f"{first}..{last}"
        yield {"when": {"polls": [window]}, **_effect(run[0], left)}
        first = last + 1


def _effect(captured: Captured, left: list[Problem]) -> dict[str, Json]:
    found: dict[str, Json] = {}
    body = captured.body or ""
    if captured.fault:
        found["fault"] = captured.fault
    if captured.over is not None:
        found["over"] = length_text(captured.over)
    if captured.status != 200 or captured.status in BODILESS:
        found["status"] = captured.status
    if captured.status in BODILESS and body:
        what = f"a response with the status {captured.status} has no body"
        left.append(Problem(captured.place, what, "it is left out"))
    if captured.status not in BODILESS:
        if len(body) > MOST_BODY:
            what = f"the body has {len(body)} characters, and a fault's at most {MOST_BODY}"
            left.append(Problem(captured.place, what, "it is cut"))
        found["body"] = body[:MOST_BODY]
        if captured.type:
            found["type"] = captured.type
    if captured.headers:
        found["headers"] = dict(captured.headers)
    if isinstance(captured.delay, Lognormal):
        found["delay"] = {"median": length_text(captured.delay.median), "p99": length_text(captured.delay.p99)}
    elif isinstance(captured.delay, Span):
        found["delay"] = span_text(captured.delay)
    return found
