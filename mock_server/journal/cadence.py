"""How a client paced its polls: gaps, `Retry-After`, back-off, and polls after the end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from email.utils import parsedate_to_datetime
from itertools import pairwise
from typing import Literal, NamedTuple

from mock_server.engine.scenario import is_end
from mock_server.faults.kinds import FAULTS
from mock_server.journal.journal import Entry

Ticks = Literal["real", "virtual"]
_JITTER = 0.9
"""A gap this much of the one before is no shorter one: machines are not exact."""


class Cadence(NamedTuple):
    """What should hold of each task's polls. Gaps are milliseconds; None or false: not asked."""

    clock: Ticks = "real"
    min_gap: int | None = None
    max_gap: int | None = None
    honours_retry_after: bool = False
    backs_off: bool = False
    polls_after_end: int | None = None


class Shortfall(NamedTuple):
    """What does not hold: which part of the question, in words, and the exchanges at fault.

    `sure`: older exchanges, whatever they were, could not change it.
    """

    where: str
    what: str
    entries: tuple[Entry, ...] = ()
    sure: bool = False


def paced(cadence: Cadence | None, tasks: Sequence[tuple[Entry, ...]]) -> Iterator[Shortfall]:
    """Where the polls of each task break the cadence."""
    for entries in tasks if cadence is not None else ():
        assert cadence is not None
        polls = tuple(entry for entry in entries if entry.poll)
        yield from _gaps(cadence, polls)
        if cadence.honours_retry_after:
            yield from _too_early(cadence.clock, polls)
        if cadence.backs_off:
            yield from _shrinking(cadence.clock, polls)
        if cadence.polls_after_end is not None:
            yield from _after_end(cadence.polls_after_end, polls)


def readable(entry: Entry) -> bool:
    """Whether the client could read what the vendor said, faults or not."""
    if entry.original is None:
        return True
    delivery = entry.response.delivery
    return entry.response.body == entry.original.body and (delivery is None or not FAULTS[delivery.kind].destroys)


def _gaps(cadence: Cadence, polls: Sequence[Entry]) -> Iterator[Shortfall]:
    for before, after in pairwise(polls):
        gap = _at(cadence.clock, after) - _at(cadence.clock, before)
        if cadence.min_gap is not None and gap < cadence.min_gap:
            what = f"polled after {gap} ms, expected {cadence.min_gap} ms or more"
            yield Shortfall("$.cadence.min_gap", what, (before, after), sure=True)
        if cadence.max_gap is not None and gap > cadence.max_gap:
            what = f"polled after {gap} ms, expected {cadence.max_gap} ms or less"
            yield Shortfall("$.cadence.max_gap", what, (before, after), sure=True)


def _too_early(clock: Ticks, polls: Sequence[Entry]) -> Iterator[Shortfall]:
    for before, after in pairwise(polls):
        told = _at(clock, before) + (before.response.delay if clock == "real" else 0)
        asked = _retry_after(before, told)
        # Who came before the late response left cannot have read it.
        if asked is not None and told <= _at(clock, after) < told + asked:
            what = f"polled {_at(clock, after) - told} ms after a Retry-After of {asked} ms"
            yield Shortfall("$.cadence.honours_retry_after", what, (before, after), sure=True)


def _retry_after(entry: Entry, told: int) -> int | None:
    """The milliseconds that a response asks its client to wait, if it asks for any and could be read."""
    value = (entry.response.header("Retry-After") or "").strip()
    if not value or (entry.response.delivery is not None and FAULTS[entry.response.delivery.kind].destroys):
        return None
    if value.isascii() and value.isdigit():
        return int(value[:9]) * 1000
    try:
        return max(0, int(parsedate_to_datetime(value).timestamp() * 1000) - told)
    except (ValueError, OverflowError):
        return None


def _shrinking(clock: Ticks, polls: Sequence[Entry]) -> Iterator[Shortfall]:
    gaps = [(before, after, _at(clock, after) - _at(clock, before)) for before, after in pairwise(polls)]
    for (first, _, long), (_, last, short) in pairwise(gaps):
        if short < long * _JITTER:
            what = f"polled after {short} ms though the gap before was {long} ms"
            yield Shortfall("$.cadence.backs_off", what, (first, last), sure=True)


def _after_end(most: int, polls: tuple[Entry, ...]) -> Iterator[Shortfall]:
    ends = (k for k, entry in enumerate(polls) if entry.state is not None and is_end(entry.state) and readable(entry))
    end = next(ends, None)
    if end is not None and len(polls) - end - 1 > most:
        what = f"polled {len(polls) - end - 1} times after the end was shown, expected at most {most}"
        yield Shortfall("$.cadence.polls_after_end", what, polls[end:], sure=True)


def _at(clock: Ticks, entry: Entry) -> int:
    return entry.real if clock == "real" else entry.virtual
