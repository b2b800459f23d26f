"""What a whole task shows while its items walk alone, from moment to moment."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from mock_server.api.timeline import Range, WholeMoment, WholeVendor
from mock_server.api.words import SawWord
from mock_server.engine.run import sample
from mock_server.engine.scenario import RANK, Item, ItemStep, Scenario, Shown, State
from mock_server.scenarios.timeline.walks import Walk, possible, walk_of
from mock_server.types import Bound
from mock_server.vendors.dialect import Dialect
from mock_server.vendors.render import Renderer

MOST_SHOWN = 10_000
"""Items of all moments of the whole: all are rendered for each vendor, at each question."""
MOMENTS = Bound(
    "Moments of the whole in the timeline of a scenario whose items walk alone, times its items",
    MOST_SHOWN,
    "items",
    "Later moments are left out, and `more` says how many; the first two are always there.",
)
_DONE = (ItemStep("", State.SUCCEEDED),)


def whole_of(scenario: Scenario, renderer: Renderer) -> tuple[tuple[WholeMoment, ...], int]:
    """The moments at which the whole may change, and how many later ones are left out.

    None at all where the steps are the task's own, or where time moves some items and polls move others.
    """
    if not scenario.by_items:
        return (), 0
    listed = {vendor: scenario.items_of(vendor) for vendor in scenario.vendors}
    walks = {item.steps: walk_of(item.steps or _DONE) for items in listed.values() for item in items}
    if len({walk.axis for walk in walks.values()} - {None}) > 1:
        return (), 0
    moments = sorted({begins for walk in walks.values() for begins, _ in walk.ranges}, key=_order)
    kept = moments[: max(2, MOST_SHOWN // max(1, *map(len, listed.values())))]
    builder = _Builder(scenario, renderer, walks)
    seen = (
        WholeMoment(at, tuple(builder.vendor(vendor, items, at.high) for vendor, items in listed.items()))
        for at in kept
    )
    return tuple(_changes(seen)), len(moments) - len(kept)


class _Builder:
    def __init__(self, scenario: Scenario, renderer: Renderer, walks: Mapping[tuple[ItemStep, ...], Walk]) -> None:
        self._scenario = scenario
        self._renderer = renderer
        self._walks = walks

    def vendor(self, vendor: str, items: tuple[Item, ...], at: int) -> WholeVendor:
        """What a vendor shows so much after the birth."""
        dialect = self._renderer.registry.dialect(vendor, self._scenario.options)
        places = {steps: possible(walk, steps or _DONE, at) for steps, walk in self._walks.items()}
        each = [places[item.steps] for item in items]
        if any(len(steps) != 1 for steps in each):
            return WholeVendor(vendor, _states(dialect, each), "")
        shown = tuple(Shown(step.state, step.reason) for (step,) in each)
        body = json.loads(self._renderer.shown(sample(self._scenario, vendor, 0, items), shown).response.body)
        state = dialect.derive(tuple(step.state for (step,) in each))
        return WholeVendor(vendor, (state.value,), dialect.glance(body))


def _order(moment: Range) -> tuple[int, int]:
    return moment.high, moment.low


def _states(dialect: Dialect, each: Sequence[tuple[ItemStep, ...]]) -> tuple[SawWord, ...]:
    """The states that the whole may have where each item may be in any of several steps.

    A dialect derives the whole from which words there are among the items, so sets of words are enough.
    """
    mixes = {frozenset[State]()}
    counts = Counter(map(id, each))
    for steps in {id(steps): steps for steps in each}.values():
        words = {step.state for step in steps}
        # Several items with these steps may have any words of them, but each has one.
        many = counts[id(steps)]
        choices = {frozenset(mix) for size in range(1, min(many, len(words)) + 1) for mix in combinations(words, size)}
        mixes = {mix | choice for mix in mixes for choice in choices}
    states = {dialect.derive(tuple(sorted(mix, key=RANK.__getitem__))) for mix in mixes}
    return tuple(state.value for state in State if state in states)


def _changes(moments: Iterator[WholeMoment]) -> Iterator[WholeMoment]:
    """Those at which a vendor shows something else than at the one before."""
    last: tuple[WholeVendor, ...] = ()
    for moment in moments:
        if moment.vendors != last:
            yield moment
        last = moment.vendors
