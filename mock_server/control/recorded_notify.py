"""The notifications of a task, as a scenario that is made of it has them."""

from __future__ import annotations

from mock_server.engine.durations import span_text as span
from mock_server.engine.notify import ONE_AT_THE_END, Sending
from mock_server.engine.scenario import Scenario
from mock_server.types import Json
from mock_server.vendors.dialect import Dialect


def notify_of(scenario: Scenario, dialect: Dialect, lost: list[str]) -> Json | None:
    """What the scenario of a task says of its notifications; None where it says nothing, or nothing can be kept.

    The steps that are made of a task have names of their own, so no notification can name one.
    """
    notify = scenario.notify
    if notify == ONE_AT_THE_END or dialect.terms is None:
        return None
    kept = [sending for sending in notify.send if sending.on is None and sending.shows is None]
    if len(kept) < len(notify.send):
        lost.append(f"{len(notify.send) - len(kept)} of {len(notify.send)} notifications, which name steps")
    status = {"status": notify.status} if notify.status != "script" else {}
    # One of a single item is sent by no other vendor.
    return {**status, "send": [_entry(each) for each in kept if each.item is None or dialect.may_tell_items]}


def _entry(sending: Sending) -> Json:
    found: dict[str, Json] = {}
    if sending.after is not None:
        found["after"] = span(sending.after)
    if sending.item is not None:
        found["item"] = sending.item
    if sending.signed != "right":
        found["signed"] = sending.signed
    return found if sending.retries else {**found, "retries": False}
