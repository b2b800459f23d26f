"""For commands that serve nobody: the scenarios, loaded once and found by name, and a run that was saved."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mock_server.assembly import Server, assemble
from mock_server.engine.scenario import Scenario
from mock_server.errors import InvalidInput, Problem, unknown_scenario
from mock_server.paths import why_no_file
from mock_server.settings import Settings, settings_of
from mock_server.types import Json

if TYPE_CHECKING:
    from mock_server.client import Client

_NO_BOUND: Mapping[str, str] = {"journal_entries": "10000000", "journal_bytes": str(2**40), "max_tasks": "1000000000"}
"""Settings with which all of a bundle is kept, whatever server it came from."""


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
