"""The parts of a scenario in the words of its file: lengths of time, conditions, effects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from mock_server.engine.durations import UNITS, length_text, span_text, time_of_day
from mock_server.engine.scenario import Ahead, Edge, Effect, Lognormal, Span, State, When, Window, is_end
from mock_server.schema.quote import quote

_PER: Mapping[int, str] = MappingProxyType({1_000: "s", 60_000: "min", 3_600_000: "h"})
length, span = length_text, span_text
"""Lengths of time, as files write them."""
NEVER, END, HELD, MANUALLY = "for ever", "the end", "until it is moved manually", "manually"


def moment(ms: int) -> str:
    """`0s`, `90s`, `3m57.412s`: a time since a task's birth, exactly, in units that are easy to read."""
    if not ms:
        return "0s"
    short = length(ms)
    if len(short.rstrip("dhms")) <= 3:
        return short
    parts = []
    for unit in ("d", "h", "m"):
        count, ms = divmod(ms, UNITS[unit])
        parts += [f"{count}{unit}"] if count else []
    seconds = f"{ms / UNITS['s']:.3f}".rstrip("0").rstrip(".")
    return "".join([*parts, f"{seconds}s" if ms else ""])


def stay(state: State | None, polls: int | None, lasts: Span | None, edges: tuple[Edge, ...], hold: bool) -> str:
    """How long a step holds: `for 2 polls`, `for 3s`, `the end`. `state` None is an error."""
    if not edges and not hold:
        return END if state is not None and is_end(state) else NEVER
    counted = "" if polls is None else "1 poll" if polls == 1 else f"{polls} polls"
    timed = "" if lasts is None else span(lasts)
    if counted and timed:
        return f"for {counted} or {timed}, whichever comes first"
    return f"for {counted or timed}" if counted or timed else HELD


def share(edge: Edge, edges: tuple[Edge, ...]) -> str:
    """How likely a transition is: `90 %`, `manually`, or nothing where it is the only one."""
    if not edge.weight:
        return MANUALLY
    total = sum(other.weight for other in edges)
    return "" if edge.weight == total else f"{100 * edge.weight / total:.3g} %"


def condition(when: When) -> str:
    """When a fault applies: `on polls 4, 7..9, with chance 0.1`."""
    return ", ".join(_conditions(when)) or "always"


def effect(effect: Effect) -> str:
    """What a fault does: `error 599, delay 250ms`."""
    return ", ".join(_effects(effect))


def _conditions(when: When) -> Iterator[str]:
    if when.submit:
        yield "on the submit"
    if when.polls:
        yield f"on polls {', '.join(_window(window) for window in when.polls)}"
    if when.every is not None:
        yield f"every {when.every} polls"
    if when.chance is not None:
        yield f"with chance {when.chance:g}"
    if when.rate is not None:
        yield f"beyond {when.rate.count}/{_PER[when.rate.per]}"
    if when.time is not None:
        end = "" if when.time.high is None else length(when.time.high)
        yield f"{length(when.time.low) if when.time.low else '0s'}..{end} after birth"
    if when.daily is not None:
        yield f"daily at {time_of_day(when.daily)} for {length(when.daily.lasts)}"
    if when.step is not None:
        yield f"in step {when.step}"


def _effects(effect: Effect) -> Iterator[str]:
    if effect.error is not None:
        yield f"error {effect.error}"
    if effect.fault is not None:
        yield effect.fault if effect.over is None else f"{effect.fault} over {length(effect.over)}"
    if isinstance(effect.delay, Lognormal):
        yield f"delay {length(effect.delay.median)} (one in a hundred {length(effect.delay.p99)})"
    elif effect.delay is not None:
        yield f"delay {span(effect.delay)}"
    for name, value in effect.headers:
        said = f"a date {length(value.lasts)} ahead" if isinstance(value, Ahead) else value
        yield f"no {name}" if value is None else f"{name}: {said}"
    if effect.status is not None:
        yield f"status {effect.status}"
    if effect.body is not None:
        yield f"body {quote(effect.body, 40)}"
    if effect.length is not None:
        yield f"Content-Length off by {effect.length:+d}"
    if effect.redirect is not None:
        yield f"redirect to {effect.redirect}"


def _window(window: Window) -> str:
    if window.high == window.low:
        return str(window.low)
    return f"{window.low}..{'' if window.high is None else window.high}"
