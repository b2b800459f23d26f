"""Where moments stand on the axis of a plot: in proportion, but for long waits and for what would lie on each other.

A stretch in which nothing happens is folded: it is no longer than four of the others. Marks of a lane that are closer
than they are wide push each other apart, so that what happened at one moment can still be told apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from mock_server.scenarios.timeline.happened import Place

FOLD = 4
"""A stretch of more than so many of the usual ones is folded."""


class Mark(NamedTuple):
    """Something in a lane that takes so much room on either side of its place; `more` on its right alone."""

    at: Place
    half: float
    more: float = 0


class Scale(NamedTuple):
    """The place of each moment in pixels, and the middles of the stretches that are folded."""

    places: Mapping[Place, float]
    folds: tuple[float, ...]
    end: float

    def at(self, place: Place) -> float:
        """Where a moment stands."""
        return self.places[place]


def scale_of(
    places: Iterable[Place], lanes: Sequence[Sequence[Mark]], rhythm: Sequence[Place], left: float, width: float
) -> Scale:
    """The scale of these places, in about so much width: more only if the marks need it.

    `rhythm` has the places between which stretches are usual; of less than three, all are.
    """
    order = sorted(set(places))
    gaps = [after[0] - before[0] for before, after in pairwise(order)]
    # What else happened, such as a change of the clock just after a poll, says nothing of what is usual.
    pace = rhythm if len(rhythm) > 2 else order
    usual = [after[0] - before[0] for before, after in pairwise(pace) if after[0] > before[0]]
    long = FOLD * median(usual or [0])
    shown = [min(gap, long) for gap in gaps]
    unit = width / (sum(shown) or 1)
    needed: dict[Place, list[tuple[Place, float]]] = {}
    for lane in lanes:
        ordered = sorted(lane)
        for before, after in pairwise(ordered):
            if before.at != after.at:
                needed.setdefault(after.at, []).append((before.at, before.half + before.more + after.half))
    found: dict[Place, float] = {}
    folds = []
    x = left
    for k, place in enumerate(order):
        if k:
            x += shown[k - 1] * unit
        x = max([x, *(found[before] + room for before, room in needed.get(place, ()))])
        found[place] = x
        if k and gaps[k - 1] > long and x - found[order[k - 1]] > 14:
            folds.append((x + found[order[k - 1]]) / 2)
    return Scale(found, tuple(folds), x)
