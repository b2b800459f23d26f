"""Scenarios: listed, read, shown over time, checked, uploaded and removed."""

from __future__ import annotations

from mock_server.admin.errors import problem_values
from mock_server.admin.route import Call, Result
from mock_server.api import scenarios as values
from mock_server.control.server import Controls

UNNAMED = "unnamed"
"""The name of a scenario that is checked without one."""


def list_scenarios(controls: Controls, call: Call) -> Result:
    """The scenarios in force that are asked for, and what is wrong with files that were not loaded."""
    from mock_server.control.scenario_view import brief_of, listed

    found = listed(controls.server, call.query.get("group"), call.query.get("find", ""))
    briefs = tuple(brief_of(controls.server, each) for each in found)
    return Result(values.Scenarios(briefs, problem_values(controls.scenarios.library().problems)))


def read_scenario(controls: Controls, call: Call) -> Result:
    """One scenario with its text, and for each vendor a target to try."""
    from mock_server.control.scenario_view import whole_of

    return Result(whole_of(controls.server, controls.scenarios.read(call.name)))


def read_timeline(controls: Controls, call: Call) -> Result:
    """One scenario step by step, and what each vendor shows there."""
    from mock_server.control.scenario_view import timeline

    scenario = controls.scenarios.read(call.name)
    return Result(timeline(controls.server, scenario, bodies=call.query.get("bodies", False)))


def check_scenario(controls: Controls, call: Call) -> Result:
    """Checks a scenario as an upload would be, and puts nothing in force."""
    from mock_server.control.scenario_view import checked_of

    return Result(checked_of(controls.server, controls.scenarios.check(call.query.get("name", UNNAMED), call.raw)))


def upload_scenario(controls: Controls, call: Call) -> Result:
    """Puts a scenario in force, or only checks it."""
    from mock_server.control.scenario_view import whole_of

    do = controls.scenarios
    scenario = do.check(call.name, call.raw).scenario if call.query.get("dry") else do.upload(call.name, call.raw)
    return Result(whole_of(controls.server, scenario))


def remove_scenario(controls: Controls, call: Call) -> Result:
    """Removes an upload."""
    controls.scenarios.remove(call.name)
    return Result(values.Removed(call.name))
