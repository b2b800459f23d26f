"""The clock: read, set, frozen, moved and sped up."""

from __future__ import annotations

from mock_server.admin import views
from mock_server.admin.check import read_length
from mock_server.admin.route import Answer, Asked
from mock_server.control.server import Controls
from mock_server.engine.timestamps import moment_of
from mock_server.errors import InvalidInput, Problem
from mock_server.types import Json


def read(controls: Controls, asked: Asked) -> Answer:
    """Where the clock stands."""
    return Answer(views.clock(controls.time.read()))


def change(controls: Controls, asked: Asked) -> Answer:
    """Does the one thing that the body says."""
    time, body = controls.time, asked.body
    if "set" in body:
        view = time.set(_moment(body["set"]))
    elif "advance" in body:
        view = time.advance(read_length(body, "advance"))
    elif "speed" in body:
        view = time.at_speed(float(body["speed"]))
    else:
        view = time.freeze() if "freeze" in body else time.resume()
    return Answer(views.clock(view))


def _moment(text: Json) -> int:
    try:
        return moment_of(text)
    except ValueError as error:
        raise InvalidInput([Problem("$.set", f"no such moment: {error}", "for example 2030-01-01T00:00:00Z")]) from None
