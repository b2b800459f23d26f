"""Scenarios in a hand: read as text, uploaded (checked exactly as files are), removed."""

from __future__ import annotations

from collections.abc import Sequence

from mock_server.control.refused import Kind, Refused
from mock_server.engine.scenario import Scenario
from mock_server.errors import Problem, did_you_mean, unknown_scenario
from mock_server.scenarios import Loaded, Loader
from mock_server.scenarios.catalogue import Catalogue
from mock_server.scenarios.library import Library


class Scenarios:
    """The scenarios of one server."""

    def __init__(self, catalogue: Catalogue, loader: Loader) -> None:
        self._catalogue = catalogue
        self._loader = loader

    def library(self) -> Library:
        """Those in force, with the problems of files that are bad."""
        return self._catalogue.library

    def read(self, name: str) -> Scenario:
        """One scenario; its `text` is what was written. Refused: there is none of this name."""
        scenarios = self._catalogue.library.scenarios
        if name not in scenarios:
            problem = unknown_scenario("", name, scenarios)
            raise Refused(Kind.NOT_FOUND, problem.what, [problem])
        return scenarios[name]

    def upload(self, name: str, text: str | bytes) -> Scenario:
        """Puts a scenario in force, over a file of the same name, until it is removed or the server is reset.

        InvalidInput: every problem of the text. Refused: another scenario claims one of its ids.
        """
        scenario = self._loader.load_text(text, name, f"{name}.yaml").scenario
        _refuse_clashes(scenario, self._catalogue.put(scenario))
        return scenario

    def check(self, name: str, text: str | bytes) -> Loaded:
        """What `upload` would put in force now; nothing changes. Raises what that would raise."""
        loaded = self._loader.load_text(text, name, f"{name}.yaml")
        _refuse_clashes(loaded.scenario, self._catalogue.clashes(loaded.scenario))
        return loaded

    def remove(self, name: str) -> None:
        """Takes an upload back. Refused: there is none of this name; a file is removed where it lies."""
        if not self._catalogue.remove(name):
            filed = name in self._catalogue.library.scenarios
            hint = "a file is removed where it lies" if filed else did_you_mean(name, self._catalogue.uploads)
            raise Refused(Kind.NOT_FOUND, f"no uploaded scenario is named {name!r}", hint=hint)


def _refuse_clashes(scenario: Scenario, problems: Sequence[Problem]) -> None:
    if problems:
        raise Refused(Kind.CONFLICT, f"{scenario.name} claims what another scenario has", problems)
