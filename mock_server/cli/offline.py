"""For commands that serve nobody: scenarios by name, in a file or on a running server, and a saved run."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mock_server import paths
from mock_server.assembly import Server, assemble
from mock_server.engine.scenario import Scenario
from mock_server.errors import InvalidInput, Problem, unknown_scenario
from mock_server.paths import why_no_file
from mock_server.scenarios import Loader
from mock_server.settings import Settings, settings_by_name, settings_of
from mock_server.types import Json
from mock_server.vendors.contracts import Contracts
from mock_server.vendors.fixtures import Fixtures
from mock_server.vendors.registry import registry_of
from mock_server.vendors.render import Renderer

if TYPE_CHECKING:
    from mock_server.client import Client

_NO_BOUND: Mapping[str, str] = {"journal_entries": "10000000", "journal_bytes": str(2**40), "max_tasks": "1000000000"}
"""Settings with which all of a bundle is kept, whatever server it came from."""


_DECIDING = ("seed", "profile", "option")
"""The settings of a server that decide how its tasks go."""


class Source(NamedTuple):
    """A scenario, and what its tasks are played with."""

    scenario: Scenario
    renderer: Renderer
    seed: int


def source_of(name: str, settings: Settings, client: Client | None) -> Source:
    """The scenario NAME of a running server; or else in the file at this path, or of this name.

    InvalidInput: there is none, or every problem of the file.
    """
    if client is not None:
        return _source_at(client, name)
    if not is_path(name):
        server = assemble_offline(settings)
        return Source(scenario_named(name, server), server.renderer, settings.seed)
    loader, renderer = _parts_of(settings)
    report = loader.load((Path(name),), None)
    if report.problems:
        raise InvalidInput(report.problems)
    if len(report.scenarios) != 1 or Path(name).is_dir():
        what = f"{name} is a folder" if report.scenarios else f"{name} has no scenario"
        raise InvalidInput([Problem("NAME", what, "name one file of it")])
    return Source(report.scenarios[0], renderer, settings.seed)


def is_path(name: str) -> bool:
    """Whether a name is that of a file: the names of scenarios have neither a slash nor a dot."""
    return any(letter in name for letter in "/\\.")


def _source_at(client: Client, name: str) -> Source:
    whole = client.scenario(name)
    known = client.version().settings
    settings = settings_by_name({key: known[key] for key in _DECIDING if key != "option"})
    settings = replace(settings, option=tuple((vendor, knob, word) for vendor, knob, word in known["option"]))
    loader, renderer = _parts_of(settings)
    loaded = loader.load_text(whole.text, whole.name, whole.source, whole.lists)
    return Source(loaded.scenario, renderer, settings.seed)


def _parts_of(settings: Settings) -> tuple[Loader, Renderer]:
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


def read_bundle(file: Path) -> Json:
    """The value in a bundle's file. InvalidInput: it cannot be read, or is not JSON."""
    why = why_no_file(file)
    if why is not None:
        raise InvalidInput([Problem(str(file), f"cannot be read: {why}")])
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidInput([Problem(str(file), f"cannot be read: {error.strerror}")]) from None
    except (ValueError, RecursionError) as error:
        hint = "a bundle is what `mock-server bundle save` writes"
        raise InvalidInput([Problem(str(file), f"is not JSON: {error}", hint)]) from None


def client_of_bundle(file: Path) -> Client:
    """A client of the run that a file holds, without a server. InvalidInput: every problem of the file."""
    from mock_server.admin.admin import Admin
    from mock_server.client import Client
    from mock_server.control.bundle import load, settings_in
    from mock_server.http.message import request_of

    bundle = read_bundle(file)
    words = settings_in(bundle)
    # Nothing is polled here; a default scenario that is in the bundle alone would not be found.
    words.pop("default_scenario", None)
    server = assemble(settings_of({**words, **_NO_BOUND, "no_builtin": "true", "no_reload": "true"}, {}))
    load(server, {**bundle, "settings": {**bundle["settings"], "default_scenario": None}})
    admin = Admin(server)

    def local(method: str, target: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        response = admin.answer(request_of(method, target, tuple(headers.items()), body))
        return response.status, response.body

    return Client.within(local)
