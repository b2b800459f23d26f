"""A scenario's timeline as a value: tracks of stretches, each with what every vendor shows there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

from mock_server.engine.cursor import step_items
from mock_server.engine.draws import Draws
from mock_server.engine.run import sample
from mock_server.engine.scenario import Edge, Fault, Item, ItemStep, Scenario, Shown, Step
from mock_server.scenarios.timeline import phrases
from mock_server.vendors.render import Rendered, Renderer


class VendorResponse(NamedTuple):
    """What one vendor shows, in short. `ours`: no document of the vendor has these words."""

    vendor: str
    text: str
    ours: bool = False


class Transition(NamedTuple):
    """A transition to another stretch of the track: its position, and how likely it is, in words."""

    to: int
    share: str = ""


class Stretch(NamedTuple):
    """One step: its name, what it shows, how long it holds, where it leads, and what the vendors respond meanwhile."""

    name: str
    shows: str
    stay: str
    transitions: tuple[Transition, ...]
    responses: tuple[VendorResponse, ...]


class Track(NamedTuple):
    """Stretches in order. `title` names the items that go through them; empty, it is the whole task."""

    title: str
    stretches: tuple[Stretch, ...]


class TimelineFault(NamedTuple):
    """A scripted fault in words, and what the vendors respond if it is an error."""

    when: str
    does: str
    responses: tuple[VendorResponse, ...]


class Timeline(NamedTuple):
    """A scenario for people."""

    name: str
    about: str
    source: str
    vendors: tuple[str, ...]
    tracks: tuple[Track, ...]
    faults: tuple[TimelineFault, ...]
    expires: str


def timeline_of(scenario: Scenario, renderer: Renderer) -> Timeline:
    """The timeline of a scenario that has been checked."""
    builder = _Builder(scenario, renderer)
    return Timeline(
        scenario.name,
        scenario.about,
        scenario.source,
        scenario.vendors,
        tuple(builder.item_tracks()) if scenario.by_items else (builder.whole(),),
        tuple(builder.fault(fault) for fault in scenario.faults),
        "" if scenario.expires is None else phrases.length(scenario.expires),
    )


class _Builder:
    """Builds a timeline; every word of a vendor comes from a response that was rendered."""

    def __init__(self, scenario: Scenario, renderer: Renderer) -> None:
        self._scenario = scenario
        self._renderer = renderer
        self._draws = Draws(0, scenario.name)

    def whole(self) -> Track:
        """The only track of a scenario whose steps are the task's."""
        return Track("", tuple(self._step(k, step) for k, step in enumerate(self._scenario.steps)))

    def item_tracks(self) -> Iterator[Track]:
        """A track for each run of items with the same steps, showing one of them alone."""
        items = self._scenario.items[self._scenario.vendors[0]]
        start = 0
        for steps, run in groupby(items, key=lambda item: item.steps):
            end = start + len(list(run))
            title = f"item {end}" if end == start + 1 else f"items {start + 1}..{end}"
            yield Track(title, tuple(self._item_step(step, start) for step in steps))
            start = end

    def fault(self, fault: Fault) -> TimelineFault:
        """A scripted fault."""
        error = fault.effect.error
        responses = () if error is None else self._errors(Step("fault", error=error))
        return TimelineFault(phrases.condition(fault.when), phrases.effect(fault.effect), responses)

    def _step(self, k: int, step: Step) -> Stretch:
        responses = self._errors(step) if step.error is not None else self._states(k, step)
        shows = f"error {step.error}" if step.error is not None else str(step.state)
        stay = phrases.stay(step.state, step.polls, step.lasts, step.edges, step.hold)
        return Stretch(step.name, shows, stay, _transitions(step.edges), responses)

    def _item_step(self, step: ItemStep, position: int) -> Stretch:
        responses = []
        for vendor in self._scenario.vendors:
            item = self._scenario.items_of(vendor)[position]
            responses.append(VendorResponse(vendor, self._shown(vendor, 0, (item,), (Shown(step.state, step.reason),))))
        stay = phrases.stay(step.state, step.polls, step.lasts, step.edges, hold=False)
        return Stretch(step.name, str(step.state), stay, _transitions(step.edges), tuple(responses))

    def _states(self, k: int, step: Step) -> tuple[VendorResponse, ...]:
        found = []
        for vendor in self._scenario.vendors:
            items = self._scenario.items_of(vendor)
            found.append(VendorResponse(vendor, self._shown(vendor, k, items, step_items(step, len(items)))))
        return tuple(found)

    def _shown(self, vendor: str, k: int, items: tuple[Item, ...], shown: tuple[Shown, ...]) -> str:
        scenario = self._scenario
        rendered = self._renderer.shown(sample(scenario, vendor, k, items), shown)
        body = json.loads(rendered.response.body)
        text = self._renderer.registry.dialect(vendor, scenario.options).glance(body if isinstance(body, dict) else {})
        status = "" if rendered.response.status == 200 else f"{rendered.response.status} "
        return f"{status}{text}{_off(rendered)}"

    def _errors(self, step: Step) -> tuple[VendorResponse, ...]:
        assert step.error is not None
        found = []
        for vendor in self._scenario.vendors:
            options = self._scenario.options
            row, _ = self._renderer.registry.dialect(vendor, options).error(step.error)
            rendered = self._renderer.error(vendor, step.error, self._draws, 1, options=options, adjust=step.adjust)
            response = rendered.response
            text = f"{response.status} {response.reason} {response.body.decode()}{_off(rendered)}"
            found.append(VendorResponse(vendor, text, row.ours))
        return tuple(found)


def _transitions(edges: tuple[Edge, ...]) -> tuple[Transition, ...]:
    return tuple(Transition(edge.to, phrases.share(edge, edges)) for edge in edges)


def _off(rendered: Rendered) -> str:
    """How a response breaks its contract on purpose."""
    return "" if rendered.breach is None else f"  off-contract at {rendered.breach.path}: {rendered.breach.rule}"
