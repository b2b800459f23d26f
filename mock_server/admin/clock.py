"""The clock: read, set, frozen, moved and sped up."""

from __future__ import annotations

from mock_server.admin import views
from mock_server.admin.body import read_length
from mock_server.admin.route import Call, Result
from mock_server.control.server import Controls
from mock_server.engine.timestamps import moment_of
from mock_server.errors import InvalidInput, Problem
from mock_server.types import Json


def read_clock(controls: Controls, call: Call) -> Result:
    """Where the clock stands."""
    return Result(views.clock(controls.time.read()))


def change_clock(controls: Controls, call: Call) -> Result:
    """Makes the one change that the body names."""
    time, body = controls.time, call.body
    if "set" in body:
        view = time.set(_moment(body["set"]))
    elif "advance" in body:
        view = time.advance(read_length(body, "advance"))
    elif "speed" in body:
        view = time.at_speed(float(body["speed"]))
    else:
        view = time.freeze() if "freeze" in body else time.resume()
    return Result(views.clock(view))


def _moment(text: Json) -> int:
    try:
        return moment_of(text)
    except ValueError as error:
        raise InvalidInput([Problem("$.set", f"no such moment: {error}", "for example 2030-01-01T00:00:00Z")]) from None
