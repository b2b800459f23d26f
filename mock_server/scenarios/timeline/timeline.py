"""A scenario's timeline, built from what was loaded: every word of a vendor comes from a response that was rendered."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import groupby

from msgspec import UNSET, UnsetType

from mock_server.api.timeline import ItemRun, Stretch, Timeline, TimelineFault, Track, Transition, VendorResponse
from mock_server.api.words import SawWord
from mock_server.engine.cursor import step_items
from mock_server.engine.draws import Draws
from mock_server.engine.pace import PACE
from mock_server.engine.run import sample
from mock_server.engine.scenario import Edge, Fault, Item, ItemStep, Scenario, Shown, State, Step
from mock_server.engine.submits import where_text
from mock_server.scenarios.timeline import phrases
from mock_server.scenarios.timeline.notify import notify_of
from mock_server.scenarios.timeline.walks import Walk, walk_of
from mock_server.scenarios.timeline.whole import whole_of
from mock_server.types import Json
from mock_server.vendors.render import Rendered, Renderer


def timeline_of(
    scenario: Scenario, renderer: Renderer, *, bodies: bool = False, shows: bool = True, pace: int = PACE
) -> Timeline:
    """The timeline of a scenario that has been checked. `bodies`: with whole bodies; `pace`: see `engine.pace`.

    `shows` False: without what vendors show, which takes most of the time, for a drawing of its steps alone.
    """
    builder = _Builder(scenario, renderer, bodies=bodies, shows=shows)
    moments, more = whole_of(scenario, renderer) if shows else ((), 0)
    return Timeline(
        scenario.name,
        scenario.about,
        scenario.source,
        scenario.vendors,
        tuple(builder.item_tracks()) if scenario.by_items else (builder.whole(),),
        moments,
        more,
        tuple(builder.fault(fault) for fault in scenario.faults),
        "" if scenario.expires is None else phrases.length(scenario.expires),
        tuple(f"{where_text(where)} ({', '.join(vendors)})" for where, vendors in scenario.submits),
        notify_of(scenario, renderer.registry, pace),
    )


class _Builder:
    def __init__(self, scenario: Scenario, renderer: Renderer, *, bodies: bool, shows: bool) -> None:
        self._scenario = scenario
        self._renderer = renderer
        self._bodies = bodies
        self._vendors = scenario.vendors if shows else ()
        self._draws = Draws(0, scenario.name)

    def whole(self) -> Track:
        """The only track of a scenario whose steps are the task's."""
        steps = tuple(self._step(k, step) for k, step in enumerate(self._scenario.steps))
        return Track("", None, None, None, steps)

    def item_tracks(self) -> Iterator[Track]:
        """A track for each run of items with the same steps, showing one of them alone."""
        items = self._scenario.items[self._scenario.vendors[0]]
        start = 0
        for steps, run in groupby(items, key=lambda item: item.steps):
            end = start + len(list(run)) - 1
            title = f"item {start}" if end == start else f"items {start}..{end}"
            walk = walk_of(steps)
            found = tuple(self._item_step(step, start, walk, k) for k, step in enumerate(steps))
            yield Track(title, start, end, walk.axis, found or (self._done(start),))
            start = end + 1

    def fault(self, fault: Fault) -> TimelineFault:
        """A scripted fault."""
        error = fault.effect.error
        responses = () if error is None else self._errors(Step("fault", error=error))
        when, effect = phrases.condition(fault.when), phrases.effect(fault.effect)
        return TimelineFault(when, effect, fault.when.step, responses)

    def _step(self, k: int, step: Step) -> Stretch:
        responses = self._errors(step) if step.error is not None else self._states(k, step)
        saw: SawWord = "error" if step.state is None else step.state.value
        shows = f"error {step.error}" if step.error is not None else str(step.state)
        stay = phrases.stay(step.state, step.polls, step.lasts, step.edges, step.hold)
        return Stretch(step.name, saw, shows, stay, _items_of(step), _transitions(step.edges), responses)

    def _item_step(self, step: ItemStep, position: int, walk: Walk, k: int) -> Stretch:
        stay = phrases.stay(step.state, step.polls, step.lasts, step.edges, step.hold)
        shown, ways = Shown(step.state, step.reason), _transitions(step.edges)
        responses, (begins, ends) = self._items(position, shown), walk.ranges[k]
        saw: SawWord = step.state.value
        return Stretch(step.name, saw, saw, stay, (), ways, responses, begins, ends)

    def _done(self, position: int) -> Stretch:
        """What an item without steps shows, beside others that have some."""
        (begins, _), *_ = walk_of((ItemStep("", State.SUCCEEDED),)).ranges
        responses = self._items(position, Shown(State.SUCCEEDED))
        return Stretch("succeeded", "succeeded", "succeeded", phrases.END, (), (), responses, begins)

    def _items(self, position: int, shown: Shown) -> tuple[VendorResponse, ...]:
        vendors = self._vendors
        items = ((vendor, self._scenario.items_of(vendor)[position]) for vendor in vendors)
        return tuple(self._shown(vendor, 0, (item,), (shown,)) for vendor, item in items)

    def _states(self, k: int, step: Step) -> tuple[VendorResponse, ...]:
        listed = ((vendor, self._scenario.items_of(vendor)) for vendor in self._vendors)
        return tuple(self._shown(vendor, k, items, step_items(step, len(items))) for vendor, items in listed)

    def _shown(self, vendor: str, k: int, items: tuple[Item, ...], shown: tuple[Shown, ...]) -> VendorResponse:
        scenario = self._scenario
        rendered = self._renderer.shown(sample(scenario, vendor, k, items), shown)
        body = _body_of(rendered)
        text = self._renderer.registry.dialect(vendor, scenario.options).glance(body if isinstance(body, dict) else {})
        code = rendered.response.status
        return VendorResponse(
            vendor, code, f"{'' if code == 200 else f'{code} '}{text}{_off(rendered)}", False, self._whole_body(body)
        )

    def _errors(self, step: Step) -> tuple[VendorResponse, ...]:
        assert step.error is not None
        found = []
        for vendor in self._vendors:
            options = self._scenario.options
            row, _ = self._renderer.registry.dialect(vendor, options).error(step.error)
            rendered = self._renderer.error(vendor, step.error, self._draws, 1, options=options, adjust=step.adjust)
            response = rendered.response
            text = f"{response.status} {response.reason} {response.body.decode()}{_off(rendered)}"
            whole = self._whole_body(_body_of(rendered))
            found.append(VendorResponse(vendor, response.status, text, row.ours, whole))
        return tuple(found)

    def _whole_body(self, body: Json) -> Json | UnsetType:
        return body if self._bodies else UNSET


def _items_of(step: Step) -> tuple[ItemRun, ...]:
    """The words of a step's items, where it names them."""
    words = groupby(shown.state for shown in step.items or ())
    return tuple(ItemRun(state.value, len(list(run))) for state, run in words)


def _transitions(edges: Sequence[Edge]) -> tuple[Transition, ...]:
    total = sum(edge.weight for edge in edges)
    return tuple(
        Transition(edge.to, phrases.share(edge, tuple(edges)), edge.weight / total if edge.weight else None)
        for edge in edges
    )


def _body_of(rendered: Rendered) -> Json:
    """The value of a body; None where there is none."""
    try:
        return json.loads(rendered.response.body)
    except ValueError:
        return None


def _off(rendered: Rendered) -> str:
    """How a response breaks its contract on purpose."""
    return "" if rendered.breach is None else f"  off-contract at {rendered.breach.path}: {rendered.breach.rule}"
