"""The faults of a scenario: when each applies and what it does."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from mock_server.engine import durations
from mock_server.engine.scenario import Effect, Fault, Lognormal, Span, When
from mock_server.errors import did_you_mean
from mock_server.scenarios.compile.part import Part
from mock_server.scenarios.compile.words import check_error, error_of
from mock_server.vendors.dialect import Dialect


def faults_of(faults: Part, dialects: Sequence[Dialect], names: Sequence[str]) -> tuple[Fault, ...]:
    """The faults; `names` are those of the steps."""
    return tuple(_fault(fault, dialects, names) for fault in faults.elements())


def _fault(fault: Part, dialects: Sequence[Dialect], names: Sequence[str]) -> Fault:
    check_error(fault, dialects)
    return Fault(_when(fault.child("when"), names), effect_of(fault))


def effect_of(fault: Part) -> Effect:
    """What a fault does. Whether a vendor has its `error` is not checked."""
    return Effect(
        error_of(fault),
        fault.get("fault"),
        _delay(fault.child("delay")),
        tuple(fault.get("headers", {}).items()),
        fault.child("over").read(durations.length),
    )


def _when(when: Part, names: Sequence[str]) -> When:
    windows = [window.read(durations.poll_window) for window in when.child("polls").elements()]
    step = when.get("step")
    if step is not None and step not in names:
        hint = partial(did_you_mean, step, names) if names else "here the items have steps, not the scenario"
        when.child("step").report(f'there is no step "{step}"', hint)
    return When(
        tuple(window for window in windows if window is not None),
        int(when.get("every")) if "every" in when else None,
        float(when.get("chance")) if "chance" in when else None,
        when.child("rate").read(durations.rate),
        when.child("time").read(durations.time_window),
        when.child("at").read(lambda at: durations.daily(at, when.get("for"))),
        step,
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
