"""Whether the gaps between the polls of one task are those of a client that backs off.

A back-off is a schedule whose gaps never become shorter and become longer at first: exponential, linear or in stages,
with a cap or without. The journal does not hold the schedule but what became of it on a busy machine:

* A poll may be late, by any amount, which makes the gap before it longer.
* A client that counts from when it meant to poll is on time again with the next poll, so that the gap after a late poll
  is shorter by as much. Without the late poll, the two gaps are one that is as long as both should be.
* Each gap may miss its schedule a little, to either side: by `slack`, as a part of the gap. Jitter counts as that, too.
  So two gaps that should be equal may differ by the factor (1 + slack) / (1 - slack). Only a gap that is longer by more
  than that is called longer here.

Lateness only lengthens. So where a gap is followed, at any distance, by one that is shorter, either the schedule shrank
or the first of the two is late, and is set aside. What is left never shrinks. The gaps are convicted in two cases:

* **They shrink**: half of them or more had to be set aside. Late polls are the exception, even on a busy machine; a
  schedule that shrinks has all its gaps but the last set aside. So a late poll does not convict its successor, nor do
  several while they are fewer than half. Two gaps are too few for that: nothing says which of them is the exception, so
  the second one must not be shorter.
* **They do not grow**: none of those left is longer than the first, or only one of five or more, and these are not a
  rising row (the last poll may be late, with nothing after it to prove that). If the first gap was itself set aside,
  nobody knows how short it should have been, and the client gets the benefit of the doubt. Nothing of a constant
  cadence is set aside, and nothing of it grows.

The verdict is the most lenient of three readings: no late poll was made up for; those were whose second gap is shorter
than the gap before both; all were.

What follows from this: where the first gap is late by just as much as makes it equal to a cap that is reached at once,
the gaps are those of a constant cadence, and are judged as such. A back-off that starts over passes if the longer gaps
before that are fewer than half, since they may have been late. A single gap shows nothing and passes.

A reading walks once over the gaps, so that a full journal can be judged.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

_MANY = 5
"""From this many gaps on, a single longer one is no growth."""


def backoff_fault(gaps: Sequence[float], slack: float) -> str | None:
    """What convicts the gaps (milliseconds, in order) of not backing off, in words; None: they may be a back-off."""
    if len(gaps) < 2:
        return None
    same = (1 - slack) / (1 + slack)
    late = sorted(set(range(len(gaps))) - set(_kept(gaps, same)))
    readings: tuple[list[tuple[int, int]], ...] = ([], _made_up_for(gaps, same), [(k, k + 1) for k in late])
    verdicts = [_fault(gaps, same, reading) for reading in readings]
    return None if None in verdicts else verdicts[0]


def _fault(gaps: Sequence[float], same: float, spans: Iterable[tuple[int, int]]) -> str | None:
    """The verdict, if the late polls within these spans of gaps were made up for."""
    read = _merged(gaps, spans)
    kept = [read[k] for k in _kept(read, same)]
    if 2 * (len(gaps) - len(kept)) >= len(gaps):
        return "the gaps shrink"
    longer = sum(gap * same > kept[0] for gap in kept)
    rising = all(before < after for before, after in pairwise(kept))
    grow = longer > 1 or (longer == 1 and (rising or len(kept) < _MANY))
    return None if grow or read[0] * same > kept[0] else "the gaps do not grow"


def _kept(gaps: Sequence[float], same: float) -> list[int]:
    """The positions of the gaps that no later one is shorter than."""
    kept: list[int] = []
    shortest = float("inf")
    for k in reversed(range(len(gaps))):
        if gaps[k] * same <= shortest:
            kept.append(k)
            shortest = min(shortest, gaps[k])
    return kept[::-1]


def _made_up_for(gaps: Sequence[float], same: float) -> list[tuple[int, int]]:
    """The spans in which one late poll, or two in a row, made a gap shorter than the one before the span.

    On average the gaps of a span are no shorter than that one, so there is no shrinking in it.
    """
    found: list[tuple[int, int]] = []
    for k in range(2, len(gaps)):
        for first in (each for each in (k - 1, k - 2) if each > 0):
            usual, span = gaps[first - 1], gaps[first : k + 1]
            if gaps[k] < usual * same and gaps[first] > usual and sum(span) >= usual * same * len(span):
                found.append((first, k))
                break
    return found


def _merged(gaps: Sequence[float], spans: Iterable[tuple[int, int]]) -> list[float]:
    """The gaps, each span of them replaced by one of their average length; of spans that overlap, the first."""
    read: list[float] = []
    done = 0
    for first, last in spans:
        if first >= done:
            span = gaps[first : last + 1]
            read += [*gaps[done:first], sum(span) / len(span)]
            done = last + 1
    return [*read, *gaps[done:]]
