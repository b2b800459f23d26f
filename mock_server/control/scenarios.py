"""Scenarios in a hand: read as text, uploaded (checked exactly as files are), removed."""

from __future__ import annotations

from collections.abc import Sequence

from mock_server.control.refused import Kind, Refused
from mock_server.engine.scenario import Scenario
from mock_server.errors import Problem, did_you_mean, unknown_scenario
from mock_server.scenarios import Loaded, Loader
from mock_server.scenarios.catalogue.catalogue import Catalogue
from mock_server.scenarios.library import Library
from mock_server.types import Bound

UPLOADS = Bound(
    "Memory of uploaded scenarios",
    32 << 20,
    "bytes",
    "Another one is refused until some are removed. The text counts four times, and each item of each vendor once.",
)
_SCENARIO, _TEXT, _ITEM = 8_000, 4, 200
"""Bytes of memory that a scenario takes besides its text and items, for each character, and for each item."""


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

        InvalidInput: every problem of the text. Refused: another scenario claims one of its ids, or there is no room.
        """
        scenario = self._with_room(self._loaded(name, text)).scenario
        _refuse_clashes(scenario, self._catalogue.put(scenario))
        return scenario

    def check(self, name: str, text: str | bytes) -> Loaded:
        """What `upload` would put in force now; nothing changes. Raises what that would raise."""
        loaded = self._with_room(self._loaded(name, text))
        _refuse_clashes(loaded.scenario, self._catalogue.clashes(loaded.scenario))
        return loaded

    def remove(self, name: str) -> None:
        """Takes an upload back. Refused: there is none of this name; a file is removed where it lies."""
        if not self._catalogue.remove(name):
            filed = name in self._catalogue.library.scenarios
            hint = "a file is removed where it lies" if filed else did_you_mean(name, self._catalogue.uploads)
            raise Refused(Kind.NOT_FOUND, f"no uploaded scenario is named {name!r}", hint=hint)

    def _loaded(self, name: str, text: str | bytes) -> Loaded:
        return self._loader.load_text(text, name, f"{name}.yaml")

    def _with_room(self, loaded: Loaded) -> Loaded:
        """What was loaded, if the uploads have room for it."""
        scenario = loaded.scenario
        others = [each for name, each in self._catalogue.uploads.items() if name != scenario.name]
        if sum(map(_size_of, others)) + _size_of(scenario) > UPLOADS.value:
            what = f"the uploaded scenarios would take more than {UPLOADS.value} bytes of memory"
            raise Refused(Kind.CONFLICT, what, hint="remove some, or give the server a folder of scenarios")
        return loaded


def _size_of(scenario: Scenario) -> int:
    return _SCENARIO + _TEXT * len(scenario.text) + _ITEM * sum(map(len, scenario.items.values()))


def _refuse_clashes(scenario: Scenario, problems: Sequence[Problem]) -> None:
    if problems:
        raise Refused(Kind.CONFLICT, f"{scenario.name} claims what another scenario has", problems)
