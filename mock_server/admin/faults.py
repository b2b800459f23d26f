"""Faults in force: seen, armed and disarmed."""

from __future__ import annotations

from mock_server.admin import views
from mock_server.admin.check import Given, read_length
from mock_server.admin.route import Answer, Asked
from mock_server.control.server import Controls
from mock_server.errors import InvalidInput
from mock_server.scenarios.compile.faults import effect_of
from mock_server.scenarios.compile.part import Part


def look(controls: Controls, asked: Asked) -> Answer:
    """The faults that may still strike, in the order they strike in."""
    return Answer({"faults": [views.armed(fault) for fault in controls.faults.list()]})


def arm(controls: Controls, asked: Asked) -> Answer:
    """Arms one more."""
    body = asked.body
    part = Part.root_of(Given(body))
    effect = effect_of(part)
    if part.problems:
        raise InvalidInput(part.problems)
    lasts = read_length(body, "for") if "for" in body else None
    return Answer(views.armed(controls.faults.arm(effect, views.aim(body, lasts))), 201)


def disarm(controls: Controls, asked: Asked) -> Answer:
    """Disarms those that are meant; without a word, all."""
    query = asked.query
    number = controls.faults.disarm(query.get("number"), query.get("vendor"), query.get("id"))
    return Answer({"disarmed": number})
