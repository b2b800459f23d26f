"""Every notification that a file writes, rendered once before anyone is notified and held against its contract.

A file without `notify` sends one when the work ends, which is checked only then: else no unusual status could be
scripted by who wants no notification.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from mock_server.engine.notify import Sending
from mock_server.engine.run import sample
from mock_server.engine.scenario import ItemStep, Scenario, Shown, State, is_end
from mock_server.engine.walk import Walked
from mock_server.scenarios.check.bodies import BodyCheck
from mock_server.scenarios.compile.part import Part

Rows = Sequence[tuple[Shown, ...]]


def check_step_notices(root: Part, scenario: Scenario, bodies: BodyCheck) -> None:
    """Checks the body of each step that a notification shows, once, where there is nothing wrong with the steps."""
    known: set[int] = set()
    if root.problems:
        return
    for part, sending in _sendings(root, scenario):
        for k in _shown_by(sending, scenario):
            if k not in known:
                known.add(k)
                for dialect in bodies.dialects:
                    if dialect.terms is not None:
                        bodies.check_notice(sample(scenario, dialect.name, k), part)


def check_item_notices(root: Part, scenario: Scenario, bodies: BodyCheck, rows: Mapping[str, Rows]) -> None:
    """Checks what notifications show of items with steps of their own; `rows` is by vendor what they may show."""
    for part, _ in _sendings(root, scenario)[:1]:
        for dialect in bodies.dialects:
            for row in rows[dialect.name] if dialect.terms is not None else ():
                places = tuple(ItemStep("", shown.state, reason=shown.reason) for shown in row)
                run = sample(scenario, dialect.name)
                bodies.check_notice(run._replace(walked=Walked(places)), part)


def _sendings(root: Part, scenario: Scenario) -> list[tuple[Part, Sending]]:
    """The notifications, each with where the file writes it."""
    notify = root.child("notify")
    if "send" not in notify:
        return [(notify, sending) for sending in scenario.notify.send] if notify.value is not None else []
    return list(zip(notify.child("send").elements(), scenario.notify.send, strict=True))


def _shown_by(sending: Sending, scenario: Scenario) -> Iterator[int]:
    """The steps whose bodies a notification may have: that which it names, or those at which the work may first end."""
    named = sending.on if sending.shows is None else sending.shows
    if named is not None:
        yield named
        return
    seen, ahead = {0}, [0]
    while ahead:
        k = ahead.pop()
        state = scenario.steps[k].state
        if state is None or not is_end(state):
            new = {edge.to for edge in scenario.steps[k].edges} - seen
            seen |= new
            ahead += new
        elif state is not State.NOTIFY_FAILED:
            yield k
