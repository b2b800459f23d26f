"""What a task of a scenario notifies, if it has an address, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mock_server.api.timeline import Timeline, TimelineNotify
from mock_server.engine.notify import ONE_AT_THE_END, Sending, Signed
from mock_server.engine.pace import paced
from mock_server.engine.scenario import Scenario
from mock_server.scenarios.timeline import phrases
from mock_server.vendors.registry import Registry

MOST_PACED = 8
"""Steps that are named with how long they last without polls."""
_SIGNED: Mapping[Signed, str] = {"wrong": ", signed with another secret", "no": ", not signed", "right": ""}


def notify_of(scenario: Scenario, registry: Registry, pace: int) -> TimelineNotify | None:
    """The notifications of a scenario; None where none of its vendors notifies."""
    dialects = (registry.dialect(vendor, scenario.options) for vendor in scenario.vendors)
    vendors = tuple(dialect.name for dialect in dialects if dialect.terms is not None)
    if not vendors:
        return None
    notify = scenario.notify
    return TimelineNotify(
        vendors,
        tuple(sending_text(sending, scenario) for sending in notify.send),
        notify.status == "real",
        notify != ONE_AT_THE_END,
        tuple(_paced(scenario, pace)),
    )


def sending_text(sending: Sending, scenario: Scenario) -> str:
    """`2s after the end, with the body of succeeded`: one notification."""
    item = "" if sending.item is None else f" item {sending.item}"
    names = [step.name for step in scenario.steps]
    if sending.on is None:
        cause = f"the end of{item}" if item else "the end"
    else:
        cause = f"the start of {names[sending.on]}" + (f", about{item}" if item else "")
    when = f"at {cause}" if sending.after is None else f"{phrases.span(sending.after)} after {cause}"
    shows = "" if sending.shows is None else f", with the body of {names[sending.shows]}"
    return f"{when}{shows}{_SIGNED[sending.signed]}{'' if sending.retries else ', without retries'}"


def notify_lines(timeline: Timeline) -> Iterator[str]:
    """The notifications, one a line; nothing where none of the vendors notifies."""
    notify = timeline.notify
    if notify is None:
        return
    yield from notify.sends or ("none",)
    if notify.real:
        yield "polls see what became of it"


def _paced(scenario: Scenario, pace: int) -> Iterator[str]:
    """What ends by time too where nobody polls, in the order of the steps."""
    variant = paced(scenario, pace)
    steps = [step for step, written in zip(variant.steps, scenario.steps, strict=True) if step.lasts != written.lasts]
    for step in steps[:MOST_PACED]:
        assert step.lasts is not None
        yield f"{step.name} after {phrases.span(step.lasts)}"
    if len(steps) > MOST_PACED:
        yield f"{len(steps) - MOST_PACED} more"
    if scenario.items_count_polls:
        yield f"items as if polled every {phrases.length(pace)}"
