"""Scenarios: listed, read, uploaded and removed."""

from __future__ import annotations

from mock_server.admin import views
from mock_server.admin.route import Answer, Asked
from mock_server.control.server import Controls
from mock_server.engine.scenario import Scenario
from mock_server.types import Json


def look(controls: Controls, asked: Asked) -> Answer:
    """Every scenario in force, and what is wrong with files that were not taken in."""
    library = controls.scenarios.library()
    found = sorted(library.scenarios.values(), key=lambda scenario: scenario.name)
    listed = [views.scenario(each, uploaded=_uploaded(controls, each)) for each in found]
    return Answer({"scenarios": listed, "problems": views.problems(library.problems)})


def read(controls: Controls, asked: Asked) -> Answer:
    """One scenario with its text, and for each vendor a target to try."""
    return Answer(_whole(controls, controls.scenarios.read(asked.name)))


def upload(controls: Controls, asked: Asked) -> Answer:
    """Puts a scenario in force."""
    return Answer(_whole(controls, controls.scenarios.upload(asked.name, asked.raw)))


def remove(controls: Controls, asked: Asked) -> Answer:
    """Takes an upload back."""
    controls.scenarios.remove(asked.name)
    return Answer({"removed": asked.name})


def _whole(controls: Controls, scenario: Scenario) -> Json:
    registry = controls.server.registry
    return {
        **views.scenario(scenario, uploaded=_uploaded(controls, scenario)),
        "text": scenario.text,
        "examples": {vendor: registry.dialect(vendor).example(scenario.name) for vendor in scenario.vendors},
    }


def _uploaded(controls: Controls, scenario: Scenario) -> bool:
    return scenario.name in controls.server.catalogue.uploads
