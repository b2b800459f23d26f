"""The faults of a scenario: when each strikes and what it does."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from mock_server.engine import durations
from mock_server.engine.scenario import Effect, Fault, Lognormal, Rate, Span, When, Window
from mock_server.errors import did_you_mean
from mock_server.scenarios.compile.part import Desk
from mock_server.scenarios.compile.steps import judge_error
from mock_server.types import Json, JsonPath
from mock_server.vendors.dialect import Dialect

Raw = Mapping[str, Json]
T = TypeVar("T")


def faults_of(desk: Desk, raw: Sequence[Raw], dialects: Sequence[Dialect], names: Sequence[str]) -> tuple[Fault, ...]:
    """The faults, which have the right shape; `names` are those of the steps."""
    return tuple(_fault(desk, ("faults", k), fault, dialects, names) for k, fault in enumerate(raw))


def _fault(desk: Desk, path: JsonPath, raw: Raw, dialects: Sequence[Dialect], names: Sequence[str]) -> Fault:
    error = raw.get("error")
    if error is not None:
        error = error if isinstance(error, str) else int(error)
        judge_error(desk, (*path, "error"), error, dialects)
    return Fault(_when(desk, (*path, "when"), raw.get("when", {}), names), effect_of(desk, path, raw))


def effect_of(desk: Desk, path: JsonPath, raw: Raw) -> Effect:
    """What a fault does, from its keys, which have the right shape. Whether its `error` exists is not looked at."""
    error = raw.get("error")
    return Effect(
        error if error is None or isinstance(error, str) else int(error),
        raw.get("fault"),
        _delay(desk, (*path, "delay"), raw.get("delay")),
        tuple(raw.get("headers", {}).items()),
        _read(desk, (*path, "over"), raw.get("over"), durations.length),
    )


def _when(desk: Desk, path: JsonPath, raw: Raw, names: Sequence[str]) -> When:
    windows = [
        _read(desk, (*path, "polls", k), window, durations.poll_window) for k, window in enumerate(raw.get("polls", ()))
    ]
    step = raw.get("step")
    if step is not None and step not in names:
        hint = did_you_mean(step, names) if names else "here the items have steps, not the scenario"
        desk.add((*path, "step"), f'there is no step "{step}"', hint)
    rate: Rate | None = _read(desk, (*path, "rate"), raw.get("rate"), durations.rate)
    time: Window | None = _read(desk, (*path, "time"), raw.get("time"), durations.time_window)
    return When(
        tuple(window for window in windows if window is not None),
        int(raw["every"]) if "every" in raw else None,
        float(raw["chance"]) if "chance" in raw else None,
        rate,
        time,
        _read(desk, (*path, "at"), raw.get("at"), lambda at: durations.daily(at, raw["for"])),
        step,
    )


def _delay(desk: Desk, path: JsonPath, raw: Json) -> Span | Lognormal | None:
    if not isinstance(raw, dict):
        return _read(desk, path, raw, durations.span)
    median = _read(desk, (*path, "median"), raw["median"], durations.length)
    p99 = _read(desk, (*path, "p99"), raw["p99"], durations.length)
    if median is None or p99 is None:
        return None
    if p99 < median:
        desk.add((*path, "p99"), "the 99th percentile lies below the median", "swap the two")
    return Lognormal(median, p99)


def _read(desk: Desk, path: JsonPath, raw: Json, reader: Callable[[Json], T]) -> T | None:
    """What `reader` makes of a value that may be absent; its objection becomes a problem."""
    if raw is None:
        return None
    try:
        return reader(raw)
    except durations.BadTime as error:
        desk.add(path, str(error))
        return None
