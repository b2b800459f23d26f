"""A scenario made of what one task showed: played again with polls at the same moments, it shows the same.

Runs of equal polls become steps, which end by polls, or by time where time ended them. Faults become faults by the
number of the poll. What cannot be told is said, and never guessed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from mock_server.control.seen import polls_of
from mock_server.control.way import way_of
from mock_server.emulator.commit import Ledger
from mock_server.engine.run import Run, run_of
from mock_server.engine.scenario import EXPIRED, RANK, Item, Scenario, Shown, State, Step, is_end
from mock_server.faults.kinds import FAULTS, OFF_LENGTH
from mock_server.journal.journal import Entry
from mock_server.scenarios.flow import flow
from mock_server.types import Json
from mock_server.vendors.render import Renderer

_MOST = 10_000
"""Exchanges that are looked at."""


class Recorded(NamedTuple):
    """The text of a scenario, and what could not be told, a sentence each."""

    text: str
    lost: tuple[str, ...]


class _Showed(NamedTuple):
    """What the vendor said to a poll, before faults. `items` None: all take the state."""

    state: State | None
    error: int | str | None
    items: tuple[Shown, ...] | None = None
    reason: str | None = None
    inconsistent: bool = False


def recorded(ledger: Ledger, renderer: Renderer, run: Run) -> Recorded:
    """The scenario of a task."""
    lost: list[str] = []
    polls = list(polls_of(ledger.store, run, _MOST))[::-1]
    if run.cursor.asked > len(polls):
        lost.append(f"{run.cursor.asked - len(polls)} of {run.cursor.asked} polls are not kept any more")
    if not polls:
        lost.append("no poll is kept, so the scenario as it is now is all that can be told")
    groups = [
        (showed, list(each)) for showed, each in groupby(polls, lambda entry: _showed(renderer, run, entry, lost))
    ]
    steps = list(_steps(ledger, run, groups)) or [_step(_Showed(*_said(run.step), run.step.items), {"hold": True})]
    head: dict[str, Json] = {"vendors": [run.key.vendor]}
    options = _options(run.scenario, run.key.vendor)
    lines = [f"about: {flow(f'What the {run.key.vendor} task {run.key.id} showed.')}"]
    lines += [f"{name}: {flow(value)}" for name, value in {**head, **({"options": options} if options else {})}.items()]
    lines += _items(run.items)
    lines += ["steps:", *(f"  - {flow(step)}" for step in steps)]
    faults = list(_faults(run, polls, lost))
    lines += ["faults:", *(f"  - {flow(fault)}" for fault in faults)] if faults else []
    notes = tuple(dict.fromkeys(lost))
    return Recorded("\n".join([*(f"# Not told: {note}." for note in notes), *lines]) + "\n", notes)


def _showed(renderer: Renderer, run: Run, entry: Entry, lost: list[str]) -> _Showed:
    """What the vendor said to a poll."""
    if entry.step == EXPIRED and entry.state is None:
        return _Showed(None, "unknown")
    if entry.verdict == "broken":
        lost.append(f"poll {entry.asked} got our own error, as its step breaks the contract")
    if run.scenario.by_items:
        return _Showed(entry.state, None, _walked(renderer, run, entry, lost))
    number = run.scenario.step_named(entry.step or "")
    if number is None:  # it is a step of this very version, so this cannot be
        return _Showed(entry.state, None if entry.state else "unknown")
    step = run.scenario.steps[number]
    if step.adjust.put or step.adjust.drop or step.adjust.headers or step.adjust.status is not None:
        lost.append(f'what the step "{step.name}" changes in its response (with, without, status, headers)')
    state, error = _said(step)
    return _Showed(state, error, step.items, step.reason, step.adjust.inconsistent)


def _said(step: Step) -> tuple[State | None, int | str | None]:
    return (step.state, step.error) if step.state or step.error is not None else (State.PROCESSING, None)


def _walked(renderer: Renderer, run: Run, entry: Entry, lost: list[str]) -> tuple[Shown, ...] | None:
    """What each item that walks by itself showed to a poll: where it stood then, if that gives the very response."""
    cursor = run.task.cursor._replace(polls=entry.asked - 1, asked=entry.asked - 1)
    then = run_of(run.scenario, run.key, run.task.at(cursor, run.task.buckets), entry.virtual)
    if renderer.step(then).response.body != (entry.original or entry.response).body:
        lost.append(f"the items that poll {entry.asked} saw")
        return None
    return then.shown


_Group = tuple[_Showed, list[Entry]]


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
            left = _left_by_time(polls[-1], groups[k + 1][1][0], moments)
            step |= (
                {"polls": len(polls)}
                if left is None or entered is None or left <= entered
                else {"for": f"{left - entered}ms"}
            )
            entered = left if "for" in step else polls[-1].virtual
        elif showed.state is not None and not is_end(showed.state):
            step["hold"] = True
        made = _step(showed, step)
        if back:
            made["inconsistent"] = True
        highest = max(highest, rank)
        yield made


def _left_by_time(last: Entry, first: Entry, moments: set[int]) -> int | None:
    """The moment at which time led from the step of one poll to that of the next one; None if something else did."""
    between = [at for at in moments if last.virtual < at <= first.virtual]
    return max(between, default=None)


def _step(showed: _Showed, more: dict[str, Json]) -> dict[str, Json]:
    step: dict[str, Json] = {"error": showed.error} if showed.state is None else {"state": showed.state.value}
    step |= more
    if showed.items is not None and showed.state is not None:
        step["items"] = [_shown(each) for each in showed.items]
    if showed.reason is not None:
        step["reason"] = showed.reason
    if showed.inconsistent:
        step["inconsistent"] = True
    return step


def _shown(shown: Shown) -> Json:
    state = shown.state.value
    return state if shown.reason is None else {"state": state, "reason": shown.reason}


def _options(scenario: Scenario, vendor: str) -> dict[str, Json]:
    return {
        name: dict(value) if not isinstance(value, str) else value
        for name, value in scenario.options.items()
        if name in ("profile", vendor)
    }


def _items(items: Sequence[Item]) -> list[str]:
    """The items with their fields; only their number where they have none."""
    if not any(item.fields for item in items):
        return [] if len(items) == 1 else [f"items: {len(items)}"]
    return ["items:", *(f"  - {flow(dict(item.fields))}" for item in items)]


def _faults(run: Run, polls: Sequence[Entry], lost: list[str]) -> Iterator[dict[str, Json]]:
    """A fault for each different set of effects, with the numbers of the polls that it struck."""
    found: dict[str, tuple[dict[str, Json], list[int]]] = {}
    for number, entry in enumerate(polls, 1):
        effects = list(_effects(run, entry, lost))
        if any("error" in effect for effect in effects):  # no other fault goes with an error
            effects = [{name: value for effect in effects for name, value in effect.items()}]
        for effect in effects:
            found.setdefault(flow(effect), (effect, []))[1].append(number)
    for effect, numbers in found.values():
        yield {"when": {"polls": list(_windows(numbers))}, **effect}


def _windows(numbers: Sequence[int]) -> Iterator[int | str]:
    """`[1, 2, 3, 7]` as `1..3` and `7`."""
    for _, each in groupby(enumerate(numbers), lambda pair: pair[1] - pair[0]):
        together = [number for _, number in each]
        yield together[0] if len(together) == 1 else f"{together[0]}..{together[-1]}"


def _effects(run: Run, entry: Entry, lost: list[str]) -> Iterator[dict[str, Json]]:
    """What the faults of one poll did, as scenario files write it, in the order in which they applied."""
    response = entry.response
    sources = entry.sources or (0,) * len(entry.faults)
    for name, source in dict(zip(entry.faults, sources, strict=True)).items():
        if name == "headers":
            scripted = run.scenario.faults[-source - 1].effect.headers if source < 0 else ()
            plain = {header: value for header, value in scripted if value is None or isinstance(value, str)}
            if len(plain) == len(scripted) and scripted:
                yield {"headers": plain}
            else:
                lost.append(f"the headers that a fault changed for poll {entry.asked}")
        elif name == "delay":
            yield {"delay": f"{response.delay}ms"}
        elif name == OFF_LENGTH and entry.original is not None and _off_by(entry):
            yield {"length": _off_by(entry)}
        elif name in FAULTS:
            over = None if response.delivery is None else response.delivery.over
            yield {"fault": name, **({"over": f"{over}ms"} if over and FAULTS[name].over is not None else {})}
        elif name == "status":
            yield {"status": response.status}
        elif name == "redirect":
            yield {"redirect": response.header("Location") or "/"}
        elif name == "body":
            yield from _body(entry, lost)
        else:
            yield {"error": int(name) if name.isdigit() else name}


def _body(entry: Entry, lost: list[str]) -> Iterator[dict[str, Json]]:
    try:
        text = entry.response.body.decode("utf-8")
    except UnicodeDecodeError:
        lost.append(f"the body that a fault gave to poll {entry.asked}")
        return
    type = entry.response.header("Content-Type")
    yield {"body": text, **({"type": type} if type else {})}


def _off_by(entry: Entry) -> int:
    """How far the Content-Length is off; 0 if it is no number."""
    length = entry.response.header("Content-Length") or ""
    return int(length) - len(entry.response.body) if length.isascii() and length.isdigit() else 0
