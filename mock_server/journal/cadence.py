"""How a client paced its polls: gaps, `Retry-After`, back-off, and polls after the end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from email.utils import parsedate_to_datetime
from itertools import pairwise
from typing import NamedTuple

from mock_server.api.questions import SLACK, Cadence, Ticks, length_text
from mock_server.engine.durations import length, length_words
from mock_server.engine.state import State, is_end
from mock_server.faults.kinds import FAULTS
from mock_server.journal.backoff import backoff_fault
from mock_server.journal.journal import Entry
from mock_server.journal.saw import saw_of

_NEED_TWO_POLLS = ("min_gap", "max_gap", "backs_off")
"""What of a cadence is about gaps, and so cannot be judged by fewer polls."""
_ENDS = frozenset(state.value for state in State if is_end(state))
"""What a client reads of a task that has ended."""
_SHOWN_GAPS = 100
"""Gaps that a message lists; of more, the last."""


class Shortfall(NamedTuple):
    """What does not hold: which field of the question, in words, and the exchanges at fault.

    `sure`: no older exchange could change it. `hint`: what may have been meant.
    """

    where: str
    what: str
    entries: tuple[Entry, ...] = ()
    sure: bool = False
    hint: str = ""


def cadence_shortfalls(cadence: Cadence | None, tasks: Sequence[tuple[Entry, ...]]) -> Iterator[Shortfall]:
    """Where the polls of each task break the cadence."""
    if cadence is None:
        return
    clock = cadence.get("clock", "real")
    for entries in tasks:
        polls = _polls(entries)
        yield from _gaps(cadence, clock, polls)
        if cadence.get("honours_retry_after"):
            yield from _too_early(clock, polls)
        if cadence.get("backs_off"):
            yield from _not_backing_off(clock, polls, cadence.get("slack", SLACK))
        if "polls_after_end" in cadence:
            yield from _after_end(cadence["polls_after_end"], polls)


def cadence_unjudged(cadence: Cadence, tasks: Sequence[tuple[Entry, ...]]) -> Iterator[Shortfall]:
    """The parts of a cadence that no task shows anything of, so that keeping to them would mean nothing."""
    polls = [_polls(entries) for entries in tasks]
    every = tuple(entry for each in polls for entry in each)
    if not every:
        yield Shortfall("$.cadence", "nothing to judge: none of the exchanges is a poll", _all(tasks))
        return
    if all(len(each) < 2 for each in polls):
        for name in _NEED_TWO_POLLS:
            if cadence.get(name):
                yield Shortfall(f"$.cadence.{name}", "nothing to judge: no task was polled twice", every)
    if cadence.get("honours_retry_after") and all(_retry_after(entry, 0) is None for entry in every):
        what = "nothing to judge: no Retry-After was sent that a client could read"
        yield Shortfall("$.cadence.honours_retry_after", what, every)


def _gaps(cadence: Cadence, clock: Ticks, polls: Sequence[Entry]) -> Iterator[Shortfall]:
    shortest = length(length_text(cadence["min_gap"])) if "min_gap" in cadence else None
    longest = length(length_text(cadence["max_gap"])) if "max_gap" in cadence else None
    for before, after in pairwise(polls):
        gap = _at(clock, after) - _at(clock, before)
        if shortest is not None and gap < shortest:
            what = f"polled after {length_words(gap)}, expected {length_words(shortest)} or more"
            yield Shortfall("$.cadence.min_gap", what, (before, after), sure=True)
        if longest is not None and gap > longest:
            what = f"polled after {length_words(gap)}, expected {length_words(longest)} or less"
            yield Shortfall("$.cadence.max_gap", what, (before, after), sure=True)


def _too_early(clock: Ticks, polls: Sequence[Entry]) -> Iterator[Shortfall]:
    for before, after in pairwise(polls):
        sent = _at(clock, before) + (before.response.delay if clock == "real" else 0)
        pause = _retry_after(before, sent)
        # A poll that came before the delayed response left cannot have read it.
        if pause is not None and sent <= _at(clock, after) < sent + pause:
            what = f"polled {length_words(_at(clock, after) - sent)} after a Retry-After of {length_words(pause)}"
            yield Shortfall("$.cadence.honours_retry_after", what, (before, after), sure=True)


def _retry_after(entry: Entry, sent: int) -> int | None:
    """The milliseconds that a response asks its client to wait, if it asks for any and could be read."""
    value = (entry.response.header("Retry-After") or "").strip()
    if not value or (entry.response.delivery is not None and FAULTS[entry.response.delivery.kind].destroys):
        return None
    if value.isascii() and value.isdigit():
        return int(value[:9]) * 1000
    try:
        return max(0, int(parsedate_to_datetime(value).timestamp() * 1000) - sent)
    except (ValueError, OverflowError):
        return None


def _not_backing_off(clock: Ticks, polls: Sequence[Entry], slack: float) -> Iterator[Shortfall]:
    gaps = [_at(clock, after) - _at(clock, before) for before, after in pairwise(polls)]
    found = backoff_fault(gaps, slack)
    if found is not None:
        # Earlier gaps could change this verdict: among more of them a late poll is the exception.
        yield Shortfall("$.cadence.backs_off", f"{found} ({_row(gaps)}; slack {slack:g})", tuple(polls))


def _row(gaps: Sequence[int]) -> str:
    left_out = "… " if len(gaps) > _SHOWN_GAPS else ""
    return f"gaps: {left_out}{' '.join(map(str, gaps[-_SHOWN_GAPS:]))} ms"


def _after_end(most: int, polls: tuple[Entry, ...]) -> Iterator[Shortfall]:
    end = next((k for k, entry in enumerate(polls) if saw_of(entry).word in _ENDS), None)
    if end is not None and len(polls) - end - 1 > most:
        what = f"polled {len(polls) - end - 1} times after the end was shown, expected at most {most}"
        yield Shortfall("$.cadence.polls_after_end", what, polls[end:], sure=True)


def _at(clock: Ticks, entry: Entry) -> int:
    return entry.real if clock == "real" else entry.virtual


def _polls(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    return tuple(entry for entry in entries if entry.poll)


def _all(tasks: Sequence[tuple[Entry, ...]]) -> tuple[Entry, ...]:
    return tuple(entry for entries in tasks for entry in entries)
