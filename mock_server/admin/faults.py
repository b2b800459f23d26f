"""Armed faults: listed, armed and disarmed."""

from __future__ import annotations

from mock_server.admin import views
from mock_server.admin.body import RequestValue, read_length
from mock_server.admin.route import Call, Result
from mock_server.api import values
from mock_server.control.server import Controls
from mock_server.engine import durations
from mock_server.errors import InvalidInput
from mock_server.scenarios.compile.faults import effect_of
from mock_server.scenarios.compile.part import Part


def list_faults(controls: Controls, call: Call) -> Result:
    """The faults that can still apply, in the order they apply in."""
    armed = controls.faults.in_force()
    return Result(values.Faults(tuple(views.armed(fault, armed.struck(fault.number)) for fault in armed)))


def arm_fault(controls: Controls, call: Call) -> Result:
    """Arms one more fault; with `dry`, only says what that would do."""
    body = call.body
    part = Part.root_of(RequestValue(body))
    effect = effect_of(part)
    if part.problems:
        raise InvalidInput(part.problems.listed())
    lasts = read_length(body, "for") if "for" in body else None
    daily = part.child("at").read(lambda at: durations.daily(at, body["for"]))
    if part.problems:
        raise InvalidInput(part.problems.listed())
    aim = views.aim(body, lasts, daily)
    if call.query.get("dry"):
        fault, targets = controls.faults.targets(effect, aim)
        return Result(views.armed(fault, 0, targets))
    return Result(views.armed(controls.faults.arm(effect, aim), 0), 201)


def disarm_faults(controls: Controls, call: Call) -> Result:
    """Disarms the faults that the query selects; without one, all."""
    query = call.query
    number = controls.faults.disarm(query.get("number"), query.get("vendor"), query.get("id"))
    return Result(values.Disarmed(number))
