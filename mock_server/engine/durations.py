"""The language's one grammar of time (`250ms`, `3s..5m`), and the windows and rates beside it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from mock_server.types import Bound

if TYPE_CHECKING:
    from mock_server.engine.draws import Draws

UNITS: Mapping[str, int] = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
DAY = UNITS["d"]
"""The milliseconds of a day."""
LONGEST = 36_500 * DAY
"""A hundred years: longer than anyone waits, and short enough to be added up safely."""
LENGTH_OF_TIME = Bound(
    "Length of time that can be written, such as `10m`",
    LONGEST // DAY,
    "days",
    "A scenario with a longer one is not loaded; a request or a command with one is refused.",
)

_LENGTH = r"([1-9][0-9]{0,12})(ms|s|m|h|d)"
_FROM = r"(0|[1-9][0-9]{0,12})(ms|s|m|h|d)"
_COUNT = r"[1-9][0-9]{0,8}"
LENGTH = f"^{_LENGTH}$"
LENGTH_OR_ZERO = f"^{_FROM}$"
SPAN = rf"^{_LENGTH}(\.\.{_LENGTH})?$"
TIME_WINDOW = rf"^{_FROM}\.\.({_LENGTH})?$"
POLL_WINDOW = rf"^({_COUNT})\.\.({_COUNT})?$"
RATE = rf"^({_COUNT})/(s|min|h)$"
TIME_OF_DAY = r"^([01][0-9]|2[0-3]):([0-5][0-9])(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])$"
"""The patterns, as the schema has them: in the subset of regular expressions that every validator reads alike."""

_PER: Mapping[str, int] = {"s": 1_000, "min": 60_000, "h": 3_600_000}


class Span(NamedTuple):
    """A length of time in milliseconds, drawn uniformly from `low` to `high`, both included."""

    low: int
    high: int

    def draw(self, draws: Draws, *what: str | int) -> int:
        """The length; a fixed one costs no draw."""
        return self.low if self.low == self.high else draws.whole(self.low, self.high, *what)


class Window(NamedTuple):
    """From `low` to `high`, both included; `high` None has no end."""

    low: int
    high: int | None

    def holds(self, value: int) -> bool:
        """Whether `value` lies in the window."""
        return self.low <= value and (self.high is None or value <= self.high)


class Rate(NamedTuple):
    """At most `count` per `per` milliseconds: a bucket of `count`, refilled evenly."""

    count: int  # type: ignore[assignment]  # hides tuple.count, which a rate has no use for
    per: int


class Daily(NamedTuple):
    """Every day from a time of day, in milliseconds after midnight UTC, for `lasts` milliseconds."""

    start: int
    lasts: int

    def holds(self, now: int) -> bool:
        """Whether a virtual time is within the window of its day."""
        return (now - self.start) % DAY < self.lasts


class BadTime(ValueError):
    """The text is in the grammar but says nothing that could be: its message says why."""


def length(text: str, *, zero: bool = False) -> int:
    """`10m` in milliseconds; `zero`: `0s` too. BadTime: not a length, or beyond a hundred years."""
    found = re.fullmatch(_FROM if zero else _LENGTH, text)
    if found is None:
        raise BadTime("expected a length of time such as 250ms, 3s, 10m, 2h or 10d")
    return _milliseconds(found[1], found[2])


def span(text: str) -> Span:
    """`3s`, or `3m..5m` for a length drawn between the two. BadTime: as `length`, or the second is the shorter."""
    low, dots, high = text.partition("..")
    if not dots:
        return Span(length(low), length(low))
    return Span(*_ordered(length(low), length(high), text))


def length_text(ms: int) -> str:
    """`90s`, `10d`: a length as it is written, in the largest unit that says it in a whole number."""
    unit = next(unit for unit in reversed(tuple(UNITS)) if ms % UNITS[unit] == 0)
    return f"{ms // UNITS[unit]}{unit}"


def length_words(ms: int) -> str:
    """`82 ms`, `1.5 s`, `10 min`: a length, exactly, for people."""
    if ms and ms % UNITS["m"] == 0:
        return f"{ms // UNITS['m']} min"
    return f"{ms} ms" if ms < UNITS["s"] else f"{ms / UNITS['s']:.3f}".rstrip("0").rstrip(".") + " s"


def span_text(lasts: Span) -> str:
    """`3s`, or `3m..5m`."""
    return length_text(lasts.low) if lasts.low == lasts.high else f"{length_text(lasts.low)}..{length_text(lasts.high)}"


def time_window(text: str) -> Window:
    """`10s..40s` or `10s..`. BadTime: as `span`."""
    low, _, high = text.partition("..")
    found = re.fullmatch(_FROM, low)
    if found is None or ".." not in text:
        raise BadTime("expected a window of time such as 10s..40s or 10s..")
    start = _milliseconds(found[1], found[2])
    return Window(*_ordered(start, length(high), text)) if high else Window(start, None)


def poll_window(value: str | int) -> Window:
    """`4`, `7..9` or `100..`. BadTime: the second number is the smaller."""
    if not isinstance(value, str):
        return Window(int(value), int(value))
    low, dots, high = value.partition("..")
    if not dots or not low.isdecimal() or (high and not high.isdecimal()):
        raise BadTime("expected a number of a poll, or a window such as 7..9 or 100..")
    return Window(*_ordered(int(low), int(high), value)) if high else Window(int(low), None)


def rate(text: str) -> Rate:
    """`100/min`. BadTime: not a rate."""
    found = re.fullmatch(RATE[1:-1], text)
    if found is None:
        raise BadTime("expected a rate such as 100/min")
    return Rate(int(found[1]), _PER[found[2]])


def daily(at: str, lasts: str) -> Daily:
    """`02:00+08:00` for `10m`, told from midnight UTC. BadTime: not a time of day with its zone, or more than a day."""
    found = re.fullmatch(TIME_OF_DAY[1:-1], at)
    if found is None:
        raise BadTime('expected a time of day with its zone, such as "02:00+08:00" or "18:30Z"')
    minutes = int(found[1]) * 60 + int(found[2])
    if found[3] != "Z":
        east = int(found[3][1:3]) * 60 + int(found[3][4:])
        minutes -= east if found[3][0] == "+" else -east
    took = length(lasts)
    if took > DAY:
        raise BadTime("it comes every day, so it cannot last longer than one")
    return Daily(minutes * 60_000 % DAY, took)


def time_of_day(daily: Daily) -> str:
    """`18:00Z`: when a window of each day begins."""
    minutes = daily.start // UNITS["m"]
    return f"{minutes // 60:02d}:{minutes % 60:02d}Z"


def _milliseconds(number: str, unit: str) -> int:
    found = int(number) * UNITS[unit]
    if found > LONGEST:
        raise BadTime("longer than a hundred years")
    return found


def _ordered(low: int, high: int, text: str) -> tuple[int, int]:
    if high < low:
        raise BadTime(f"{text} ends before it begins")
    return low, high
