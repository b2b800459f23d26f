"""A scenario for a list: what it is about, and what polls see of it, in signs. Pure, and without a response."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from mock_server.api.scenarios import FaultShows, Group, ItemShows, Shows, StepShows, WayShows
from mock_server.api.timeline import ItemRun
from mock_server.api.words import SawWord
from mock_server.engine.notify import ONE_AT_THE_END
from mock_server.engine.scenario import FAILURES, Edge, Effect, ItemStep, Scenario, State, Step, is_end
from mock_server.faults.kinds import FAULTS
from mock_server.scenarios.language.faults import REDIRECTS
from mock_server.scenarios.timeline import phrases
from mock_server.types import Bound

MOST_RUNS = 24
"""Runs of items in a step, and items with other steps, that a list shows of a scenario."""
RUNS = Bound(
    "Runs of items of a step, and items with other steps, that a list of scenarios shows of one",
    MOST_RUNS,
    "of each",
    "The first are shown. `more` counts the other items; the timeline of the scenario has all.",
)


def shows_of(scenario: Scenario) -> Shows:
    """What polls see of a scenario."""
    items = _items(scenario) if scenario.by_items else []
    expires = None if scenario.expires is None else phrases.length(scenario.expires)
    return Shows(
        () if scenario.by_items else tuple(map(_step, scenario.steps)),
        tuple(items[:MOST_RUNS]),
        max(0, len(items) - MOST_RUNS),
        tuple(FaultShows(phrases.condition(each.when), phrases.effect(each.effect)) for each in scenario.faults),
        expires,
    )


def group_of(scenario: Scenario, vendors: int, *, shipped: bool) -> Group:
    """What a scenario is about; `vendors`: how many vendors there are."""
    states = {step.state for step in scenario.steps}
    if not shipped:
        return "yours"
    if scenario.notify != ONE_AT_THE_END or any(state is not None and "notif" in state for state in states):
        return "notifications"
    effects = [fault.effect for fault in scenario.faults]
    if any(map(_is_of_the_connection, effects)):
        return "odd-connections"
    adjusts = [step.adjust for step in scenario.steps]
    if any(map(_is_of_the_body, effects)) or any(each.off_contract or each.status for each in adjusts):
        return "odd-bodies"
    if len(scenario.vendors) == 1 and vendors > 1:
        return "special"
    if scenario.faults or any(step.error is not None for step in scenario.steps):
        return "trouble"
    ends = _likely_ends(scenario)
    if None in ends:
        return "trouble"
    return "fails" if FAILURES.intersection(ends) else "ends-well"


def _is_of_the_connection(effect: Effect) -> bool:
    """Whether a fault needs the socket, makes a wrong length, or leads elsewhere."""
    needs_socket = effect.fault is not None and FAULTS[effect.fault].deliver is not None
    leads_away = effect.redirect is not None or effect.status in REDIRECTS
    return needs_socket or leads_away or effect.length is not None


def _is_of_the_body(effect: Effect) -> bool:
    """Whether a fault sends something else than the vendor would, and no error of the vendor."""
    return effect.error is None and bool(effect.fault or effect.status or effect.headers or effect.body is not None)


def _likely_ends(scenario: Scenario) -> set[State | None]:
    """The words of the end that is most likely, and of its items; None where there is none."""
    if scenario.by_items:
        scripts = {item.steps for item in scenario.items_of(scenario.vendors[0])}
        lasts = [_last(steps) for steps in scripts if steps]
        return {step.state if is_end(step.state) else None for step in lasts if isinstance(step, ItemStep)}
    last = _last(scenario.steps)
    assert isinstance(last, Step)
    if last.state is None or not is_end(last.state):
        return {None}
    return {last.state, *(shown.state for shown in last.items or ())}


def _last(steps: Sequence[Step] | Sequence[ItemStep]) -> Step | ItemStep:
    """Where the most likely way leads, or where it comes round to a step again."""
    seen: set[int] = set()
    k = 0
    while steps[k].edges and k not in seen:
        seen.add(k)
        k = max(steps[k].edges, key=lambda edge: edge.weight).to
    return steps[k]


def _items(scenario: Scenario) -> list[ItemShows]:
    found = []
    start = 0
    for steps, run in groupby(scenario.items_of(scenario.vendors[0]), key=lambda item: item.steps):
        end = start + len(list(run))
        found.append(ItemShows(start, end - 1, tuple(map(_item_step, steps))))
        start = end
    return found


def _step(step: Step) -> StepShows:
    shown = groupby(shown.state for shown in step.items or ())
    items = tuple(ItemRun(state.value, len(list(run))) for state, run in shown)[:MOST_RUNS]
    saw: SawWord = "error" if step.state is None else step.state.value
    error = None if step.error is None else str(step.error)
    lasts = None if step.lasts is None else phrases.span(step.lasts)
    hold = step.hold or (bool(step.edges) and not step.moves)
    return StepShows(step.name, saw, error, items, step.polls, lasts, hold, _ways(step.edges))


def _item_step(step: ItemStep) -> StepShows:
    lasts = None if step.lasts is None else phrases.span(step.lasts)
    hold = step.hold or (bool(step.edges) and not any(edge.weight for edge in step.edges))
    return StepShows(step.name, step.state.value, None, (), step.polls, lasts, hold, _ways(step.edges))


def _ways(edges: tuple[Edge, ...]) -> tuple[WayShows, ...]:
    return tuple(WayShows(edge.to, phrases.share(edge, edges)) for edge in edges)
