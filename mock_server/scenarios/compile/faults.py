"""The faults of a scenario: when each applies and what it does."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from mock_server.engine import durations
from mock_server.engine.scenario import Ahead, Effect, Fault, Lognormal, Span, When, Window
from mock_server.errors import did_you_mean
from mock_server.faults.choose import Slots, left_of, slots_of
from mock_server.http.responses import BODILESS
from mock_server.scenarios.compile.part import Part
from mock_server.scenarios.compile.words import check_error, error_of
from mock_server.vendors.dialect import Dialect


def faults_of(faults: Part, dialects: Sequence[Dialect], names: Sequence[str]) -> tuple[Fault, ...]:
    """The faults; `names` are those of the steps, or the states that follow from items with steps of their own."""
    made = tuple(_fault(fault, dialects, names) for fault in faults.elements())
    _check_dead(faults, made)
    return made


MOST_COMPARED = 100
"""Faults without the condition that another has, among which a fault is looked for that always comes before it."""


def _check_dead(faults: Part, made: Sequence[Fault]) -> None:
    """Reports what can never apply: an earlier fault that applies whenever this one does takes the same part."""
    before: list[tuple[int, Fault]] = []
    for k, fault in enumerate(made):
        wanted, taken, first = slots_of(fault.effect), Slots(), None
        for j, other in before[:MOST_COMPARED]:
            if _applies_with(other.when, fault.when):
                left = left_of(other.effect, taken)
                taken = Slots(*[theirs or more for theirs, more in zip(taken, left, strict=True)])
                if first is None and left_of(fault.effect, taken) != wanted:
                    first = j
        if first is not None:
            whole = "part of this fault" if any(left_of(fault.effect, taken)) else "this fault"
            what = f"{whole} can never apply: fault {first + 1}, which comes before it, applies whenever this one does"
            faults.child(k).report(what, "drop one of the two, or give the first a `when`")
        if any(wanted):
            before.append((k, fault))


def _applies_with(other: When, when: When) -> bool:
    """Whether a fault with the conditions `other` surely applies to each request that meets `when`."""
    if other.rate is not None or other.chance not in (None, 1) or other.submit != when.submit:
        return False
    always = _without_trivial(other)
    return all(
        theirs in ((), None) or theirs == mine for theirs, mine in zip(always, _without_trivial(when), strict=True)
    )


def _without_trivial(when: When) -> tuple[object, ...]:
    """The conditions but for chance and rate, those that always hold left out."""
    return (
        () if Window(1, None) in when.polls else when.polls,
        None if when.every == 1 else when.every,
        None if when.time == Window(0, None) else when.time,
        None if when.daily is not None and when.daily.lasts == durations.DAY else when.daily,
        when.step,
    )


def _fault(fault: Part, dialects: Sequence[Dialect], names: Sequence[str]) -> Fault:
    check_error(fault, dialects)
    return Fault(_when(fault.child("when"), names), effect_of(fault))


def effect_of(fault: Part) -> Effect:
    """What a fault does. Whether a vendor has its `error` is not checked."""
    _check_body(fault)
    return Effect(
        error_of(fault),
        fault.get("fault"),
        _delay(fault.child("delay")),
        tuple((name, _header(value)) for name, value in fault.child("headers").items()),
        fault.child("over").read(durations.length),
        int(fault.get("status")) if "status" in fault else None,
        fault.get("body"),
        fault.get("type"),
        int(fault.get("length")) if "length" in fault else None,
        fault.get("redirect"),
    )


_OF_BODIES = ("malformed", "html", "empty_body", "truncate", "dribble", "bad_length", "bad_chunk")
"""Faults that are only seen in a response that has a body."""


def _check_body(fault: Part) -> None:
    """Reports what changes the body of a response that has none."""
    status, named = fault.get("status"), fault.get("fault")
    if status in BODILESS:
        keys = [key for key in ("body", "length") if key in fault] + ["fault"] * (named in _OF_BODIES)
        for key in keys:
            fault.report(f"a response with the status {status} has no body to change", "drop one of the two", key=key)
    elif fault.get("length", 0) < 0 and (named == "empty_body" or "redirect" in fault or fault.get("body") == ""):
        fault.report("the response has no body that could be longer than Content-Length says", "drop it", key="length")


def _header(value: Part) -> str | Ahead | None:
    """A header's value; one that is too far ahead is reported, and 0 stands for it."""
    if not isinstance(value.value, dict):
        return None if value.value is None else str(value.value)
    return Ahead(value.child("ahead").read(durations.length) or 0)


def _when(when: Part, names: Sequence[str]) -> When:
    windows = [window.read(durations.poll_window) for window in when.child("polls").elements()]
    step = when.get("step")
    if step is not None and step not in names:
        when.child("step").report(f'there is no step "{step}"', partial(did_you_mean, step, names))
    return When(
        tuple(window for window in windows if window is not None),
        int(when.get("every")) if "every" in when else None,
        float(when.get("chance")) if "chance" in when else None,
        when.child("rate").read(durations.rate),
        when.child("time").read(durations.time_window),
        when.child("at").read(lambda at: durations.daily(at, when.get("for"))),
        step,
        submit="submit" in when,
    )


def _delay(delay: Part) -> Span | Lognormal | None:
    if not isinstance(delay.value, dict):
        return delay.read(durations.span)
    median, p99 = (delay.child(key).read(durations.length) for key in ("median", "p99"))
    if median is None or p99 is None:
        return None
    if p99 < median:
        delay.child("p99").report("the 99th percentile lies below the median", "swap the two")
    return Lognormal(median, p99)
