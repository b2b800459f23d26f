"""From the text of one file to its scenario: read, judged by the schema, compiled, and checked body by body.

Apart from `load`, since all this is imported only where there is a text to load: the shipped scenarios of a wheel are
compiled already.
"""

from __future__ import annotations

from pathlib import Path

from mock_server import paths
from mock_server.errors import InvalidInput
from mock_server.scenarios.check.check import check
from mock_server.scenarios.compile.items import FixtureLookup, Lists
from mock_server.scenarios.compile.part import Part
from mock_server.scenarios.compile.scenario import File, scenario_of
from mock_server.scenarios.language.schema import scenario_schema
from mock_server.scenarios.report import Good, Loaded
from mock_server.scenarios.source import LARGEST, read
from mock_server.schema.validator import Validator
from mock_server.vendors.contracts import Contracts
from mock_server.vendors.fixtures import Fixtures
from mock_server.vendors.registry import Registry
from mock_server.vendors.render import Renderer


class FileLoader:
    """Loads single files for the vendors of one registry."""

    def __init__(self, registry: Registry, contracts: Contracts, fixtures: Fixtures) -> None:
        self._registry = registry
        self._renderer = Renderer(registry, contracts, fixtures)
        self._fixtures = fixtures
        self._validator = Validator(scenario_schema(registry))

    def load(self, path: Path, beside: Fixtures | None = None) -> Good:
        """The scenario of a file; `beside` are the lists in its folder. OSError: it cannot be read.

        InvalidInput: every problem of it, but not whether others claim the same.
        """
        file = File(paths.read_start(path, LARGEST + 1), path.stem, str(path))
        return self._load(path, file, FixtureLookup(self._fixtures, beside))

    def load_text(self, text: str | bytes, name: str, where: str, lists: Lists | None = None) -> Loaded:
        """The scenario of a text, as `load`. `lists` hide, vendor by vendor, the lists that a file may name."""
        return self._load(Path(where), File(text, name, where), FixtureLookup(self._fixtures, lists=lists)).loaded

    def _load(self, path: Path, file: File, lookup: FixtureLookup) -> Good:
        """The scenario, with places of its `ids` and `submits`. Each stage runs once the one before found nothing."""
        source = read(file.text, file.where)
        problems = self._validator.problems(source)
        if problems:
            raise InvalidInput(problems)
        root = Part.root_of(source)
        scenario = scenario_of(root, file, self._registry, lookup)
        if scenario is None:
            raise InvalidInput(root.problems.listed())
        checked = check(root, scenario, self._renderer)
        if root.problems:
            raise InvalidInput(root.problems.listed())
        places = {claim: source.at(("ids", k)) for k, claim in enumerate(scenario.claims)}
        submits = tuple(source.at(("submits", k)) for k in range(len(scenario.submits)))
        return Good(path, Loaded(scenario, *checked), places, submits)
