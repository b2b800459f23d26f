"""For commands that serve nobody: scenarios by name, in a file or on a running server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mock_server import paths
from mock_server.assembly import Server, assemble
from mock_server.engine.durations import length
from mock_server.engine.scenario import Scenario
from mock_server.errors import InvalidInput, Problem, unknown_scenario
from mock_server.scenarios import Loader
from mock_server.settings import Settings, settings_by_name
from mock_server.vendors.contracts import Contracts
from mock_server.vendors.fixtures import Fixtures
from mock_server.vendors.registry import registry_of
from mock_server.vendors.render import Renderer

if TYPE_CHECKING:
    from mock_server.client import Client

_DECIDING = ("seed", "profile", "option", "pace")
"""The settings of a server that decide how its tasks go."""


class Source(NamedTuple):
    """A scenario, and what its tasks are played with."""

    scenario: Scenario
    renderer: Renderer
    seed: int
    pace: int


def source_of(name: str, settings: Settings, client: Client | None) -> Source:
    """The scenario NAME of a running server; or else in the file at this path, or of this name.

    InvalidInput: there is none, or every problem of the file.
    """
    if client is not None:
        return _source_at(client, name)
    if not is_path(name):
        server = assemble_offline(settings)
        return Source(scenario_named(name, server), server.renderer, settings.seed, length(settings.pace))
    loader, renderer = parts_of(settings)
    report = loader.load((Path(name),), None)
    if report.problems:
        raise InvalidInput(report.problems)
    if len(report.scenarios) != 1 or Path(name).is_dir():
        what = f"{name} is a folder" if report.scenarios else f"{name} has no scenario"
        raise InvalidInput([Problem("NAME", what, "name one file of it")])
    return Source(report.scenarios[0], renderer, settings.seed, length(settings.pace))


def is_path(name: str) -> bool:
    """Whether a name is that of a file: the names of scenarios have neither a slash nor a dot."""
    return any(letter in name for letter in "/\\.")


def _source_at(client: Client, name: str) -> Source:
    whole = client.scenario(name)
    known = client.version().settings
    settings = settings_by_name({key: known[key] for key in _DECIDING if key != "option" and key in known})
    settings = replace(settings, option=tuple((vendor, knob, word) for vendor, knob, word in known["option"]))
    loader, renderer = parts_of(settings)
    loaded = loader.load_text(whole.text, whole.name, whole.source, whole.lists)
    return Source(loaded.scenario, renderer, settings.seed, length(settings.pace))


def parts_of(settings: Settings) -> tuple[Loader, Renderer]:
    """What loads the text of a scenario and renders its responses, under these settings."""
    registry, contracts, fixtures = registry_of(settings), Contracts(), Fixtures([paths.data("fixtures")])
    return Loader(registry, contracts, fixtures), Renderer(registry, contracts, fixtures)


def assemble_offline(settings: Settings, real_clock: Callable[[], int] | None = None) -> Server:
    """A server's parts for one command: files are read once, and only ids that scenarios claim are known."""
    return assemble(replace(settings, no_reload=True, default_scenario=None, speed=1.0), real_clock=real_clock)


def scenario_named(name: str, server: Server) -> Scenario:
    """The scenario of this name. InvalidInput: there is none; the hint is the closest name."""
    known = server.catalogue.library.scenarios
    if name not in known:
        raise InvalidInput([unknown_scenario("NAME", name, known)])
    return known[name]
