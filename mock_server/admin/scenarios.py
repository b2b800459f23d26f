"""Scenarios: listed, read, uploaded and removed."""

from __future__ import annotations

from mock_server.admin import views
from mock_server.admin.route import Call, Result
from mock_server.api import values
from mock_server.control.server import Controls


def list_scenarios(controls: Controls, call: Call) -> Result:
    """Every scenario in force, and what is wrong with files that were not loaded."""
    library = controls.scenarios.library()
    found = sorted(library.scenarios.values(), key=lambda scenario: scenario.name)
    briefs = tuple(views.scenario_brief(controls, each) for each in found)
    return Result(values.Scenarios(briefs, views.problems(library.problems)))


def read_scenario(controls: Controls, call: Call) -> Result:
    """One scenario with its text, and for each vendor a target to try."""
    return Result(views.scenario_whole(controls, controls.scenarios.read(call.name)))


def upload_scenario(controls: Controls, call: Call) -> Result:
    """Puts a scenario in force, or only checks it."""
    do = controls.scenarios.check if call.query.get("dry") else controls.scenarios.upload
    return Result(views.scenario_whole(controls, do(call.name, call.raw)))


def remove_scenario(controls: Controls, call: Call) -> Result:
    """Removes an upload."""
    controls.scenarios.remove(call.name)
    return Result(values.Removed(call.name))
