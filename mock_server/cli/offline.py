"""The scenarios for commands that serve nobody: loaded once, and found by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from mock_server.assembly import Server, assemble
from mock_server.engine.scenario import Scenario
from mock_server.errors import InvalidInput, unknown_scenario
from mock_server.settings import Settings


def assemble_offline(settings: Settings, real_clock: Callable[[], int] | None = None) -> Server:
    """A server's parts for one command: files are read once, and only ids that scenarios claim are known."""
    return assemble(replace(settings, no_reload=True, default_scenario=None, speed=1.0), real_clock=real_clock)


def scenario_named(name: str, server: Server) -> Scenario:
    """The scenario of this name. InvalidInput: there is none; the hint is the closest name."""
    known = server.catalogue.library.scenarios
    if name not in known:
        raise InvalidInput([unknown_scenario("NAME", name, known)])
    return known[name]
