"""A scenario made of what one task showed: played again with polls at the same moments, it shows the same.

Runs of equal polls become steps, which end by polls, or by time where time ended them. Faults become faults by the
number of the poll. What cannot be told is said, and never guessed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from mock_server.control.recorded_faults import faults_of
from mock_server.control.recorded_notify import notify_of
from mock_server.control.recorded_text import Parts, Showed
from mock_server.control.seen import polls_of
from mock_server.control.way import as_now, way_of
from mock_server.emulator.commit import Ledger, earlier
from mock_server.engine.run import Run, run_of, sample
from mock_server.engine.scenario import EXPIRED, FAILURES, RANK, Scenario, Shown, State, Step, is_end
from mock_server.journal.journal import Entry
from mock_server.types import Json, JsonPath
from mock_server.vendors.render import Renderer

_MOST = 10_000
"""Exchanges that are looked at."""


class Recorded(NamedTuple):
    """The text of a scenario, and what could not be told, a sentence each."""

    text: str
    lost: tuple[str, ...]


def recorded(ledger: Ledger, renderer: Renderer, run: Run) -> Recorded:
    """The scenario of a task."""
    lost: list[str] = []
    polls = list(polls_of(ledger.store, run, _MOST))[::-1]
    if run.cursor.asked > len(polls):
        lost.append(f"{run.cursor.asked - len(polls)} of {run.cursor.asked} polls are not kept any more")
    if not polls:
        why = "no poll is kept" if run.cursor.asked else "it was never polled"
        lost.append(f"{why}, so the scenario as it is now is all that can be told")
    groups = [
        (showed, list(each)) for showed, each in groupby(polls, lambda entry: _showed(renderer, run, entry, lost))
    ]
    steps = list(_steps(ledger, run, groups)) or [Showed(*_said(run.step), run.step.items).step({"hold": True})]
    options = _options(run.scenario, run.key.vendor)
    notify = notify_of(run.scenario, renderer.registry.dialect(run.key.vendor, run.scenario.options), lost)
    faults = list(faults_of(renderer, run, polls, lost))
    parts = Parts(
        f"What the {run.key.vendor} task {run.key.id} showed.",
        {"vendors": [run.key.vendor], **({"options": options} if options else {})},
        [item.fields for item in run.items],
        steps,
        faults,
        notify,
    )
    notes = tuple(dict.fromkeys(lost))
    return Recorded(parts.text(notes), notes)


def _showed(renderer: Renderer, run: Run, entry: Entry, lost: list[str]) -> Showed:
    """What the vendor said to a poll."""
    if entry.step == EXPIRED and entry.state is None:
        return Showed(None, "unknown")
    if entry.verdict == "broken":
        lost.append(f"poll {entry.asked} got our own error, as its step breaks the contract")
    if run.scenario.by_items:
        walked = _walked(renderer, run, entry, lost)
        return _because(renderer, run, entry, Showed(entry.state, None, walked))
    number = run.scenario.step_named(entry.step or "")
    if number is None:  # it is a step of this very version, so this cannot be
        return Showed(entry.state, None if entry.state else "unknown")
    step = run.scenario.steps[number]
    changes = tuple(_changes(renderer, run, number))
    showed = Showed(*_said(step), step.items, step.reason, step.adjust.inconsistent, changes)
    return _because(renderer, run, entry, showed)


def _changes(renderer: Renderer, run: Run, number: int) -> Iterator[tuple[str, Json]]:
    """What a step changes in its response to this vendor, as a scenario file writes it."""
    adjust, vendor = run.scenario.steps[number].adjust, run.key.vendor
    put, dropped = adjust.put.get(vendor), adjust.drop.get(vendor)
    if put:
        yield "with", {vendor: {_place(path): value for path, value in put}}
    if dropped:
        yield "without", {vendor: list(map(_place, dropped))}
    if adjust.status is not None:
        yield "status", adjust.status
    if adjust.headers:
        yield "headers", dict(adjust.headers)
    # A step may break the contract of one of its vendors alone, and only that one may be told to do so.
    if adjust.off_contract and renderer.step(sample(run.scenario, vendor, number, run.items)).breach is not None:
        yield "off_contract", True


def _place(path: JsonPath) -> str:
    return ".".join(map(str, path))


def _because(renderer: Renderer, run: Run, entry: Entry, showed: Showed) -> Showed:
    """The same with the reasons that the failed items showed, whether the step gives them, a person or the pool."""
    if showed.state is None:
        return showed
    dialect = renderer.registry.dialect(run.key.vendor, run.scenario.options)
    each = showed.items or (Shown(showed.state),)
    failed = any(shown.state in FAILURES for shown in each)
    return showed.because(dict(dialect.item_reasons(_body_of(entry))) if failed else {}, len(run.items))


def _body_of(entry: Entry) -> Json:
    """What the vendor said to a poll, before faults; None where that is no JSON."""
    try:
        body: Json = json.loads((entry.original or entry.response).body)
    except ValueError:
        return None
    return body


def _said(step: Step) -> tuple[State | None, int | str | None]:
    return (step.state, step.error) if step.state or step.error is not None else (State.PROCESSING, None)


def _walked(renderer: Renderer, run: Run, entry: Entry, lost: list[str]) -> tuple[Shown, ...] | None:
    """What each item that walks by itself showed to a poll: where it stood then, if that gives the very response."""
    cursor = run.task.cursor._replace(polls=entry.asked - 1, asked=entry.asked - 1)
    task = run.task.at(cursor, run.task.buckets)
    if entry.born is not None:
        task = earlier(run.scenario, task, cursor.born - entry.born)
    then = run_of(run.scenario, run.key, task, entry.virtual)
    if renderer.step(then).response.body != (entry.original or entry.response).body:
        lost.append(f"the items that poll {entry.asked} saw")
        return None
    return then.shown


_Group = tuple[Showed, list[Entry]]


def _steps(ledger: Ledger, run: Run, groups: Sequence[_Group]) -> Iterator[dict[str, Json]]:
    """A step for each run of polls that saw the same."""
    entered = run.cursor.born if groups and groups[0][1][0].asked == 1 else None
    moments = {each.crossing.at for each in way_of(ledger, run) if each.by == "time"}
    names: dict[str, int] = {}
    highest = 0
    for k, (showed, polls) in enumerate(groups):
        name = "error" if showed.state is None else showed.state.value
        names[name] = names.get(name, 0) + 1
        rank = 0 if showed.state is None else RANK[showed.state]
        back = showed.state is not None and highest >= 2 and rank < 2
        step: dict[str, Json] = {}
        if names[name] > 1:
            step["name"] = f"{name}-{names[name]}"
        if k + 1 < len(groups):
            last = _at(run, polls[-1])
            left = _left_by_time(last, _at(run, groups[k + 1][1][0]), moments)
            step |= (
                {"polls": len(polls)}
                if left is None or entered is None or left <= entered
                else {"for": f"{left - entered}ms"}
            )
            entered = left if "for" in step else last
        elif showed.state is not None and not is_end(showed.state):
            step["hold"] = True
        made = showed.step(step)
        if back:
            made["inconsistent"] = True
        highest = max(highest, rank)
        yield made


def _at(run: Run, entry: Entry) -> int:
    """When a poll came, in the life of the task as it is now."""
    return as_now(run, entry.virtual, entry.born)


def _left_by_time(last: int, first: int, moments: set[int]) -> int | None:
    """The moment at which time led from the step of one poll to that of the next one; None if something else did."""
    between = [at for at in moments if last < at <= first]
    return max(between, default=None)


def _options(scenario: Scenario, vendor: str) -> dict[str, Json]:
    return {
        name: dict(value) if not isinstance(value, str) else value
        for name, value in scenario.options.items()
        if name in ("profile", vendor)
    }
