"""Saved runs, for commands: a bundle read without a server."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mock_server.assembly import Server, assemble
from mock_server.cli.offline import is_path
from mock_server.errors import InvalidInput, Problem
from mock_server.paths import why_no_file
from mock_server.settings import settings_of
from mock_server.types import Json

if TYPE_CHECKING:
    from mock_server.api.exchange import Exchange
    from mock_server.client import Client

UNBOUNDED: Mapping[str, str] = {"journal_entries": "10000000", "journal_bytes": str(2**40), "max_tasks": "1000000000"}
"""Settings with which all of a bundle is kept, whatever server it came from."""
_AT_ONCE = 1_000
"""Exchanges of a run that are read at once."""


def read_bundle(file: Path) -> Json:
    """The value in a bundle's file. InvalidInput: it cannot be read, or is nothing like a bundle."""
    why = why_no_file(file)
    if why is not None:
        raise InvalidInput([Problem(str(file), f"cannot be read: {why}")])
    hint = "a bundle is what `mock-server bundle save` writes"
    try:
        bundle = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidInput([Problem(str(file), f"cannot be read: {error.strerror}")]) from None
    except (ValueError, RecursionError) as error:
        raise InvalidInput([Problem(str(file), f"is not JSON: {error}", hint)]) from None
    if not isinstance(bundle, dict) or "format" not in bundle:
        raise InvalidInput([Problem(str(file), "is no bundle: expected a mapping that has `format`", hint)])
    return bundle


def client_of_bundle(file: Path) -> Client:
    """A client of the run that a file holds, without a server. InvalidInput: every problem of the file."""
    from mock_server.control.bundle import load, settings_in

    bundle = read_bundle(file)
    try:
        words = settings_in(bundle)
        # Nothing is polled here; a default scenario that is in the bundle alone would not be found.
        words.pop("default_scenario", None)
        server = quiet(assemble(settings_of({**words, **UNBOUNDED, "no_builtin": "true", "no_reload": "true"}, {})))
        load(server, {**bundle, "settings": {**bundle["settings"], "default_scenario": None}})
    except InvalidInput as error:
        # A command may read two files.
        raise InvalidInput([each._replace(where=f"{file}: {each.where}") for each in error.problems]) from None
    return client_within(server)


def quiet(server: Server) -> Server:
    """A server that makes no attempts to notify: whoever only looks at a run must send nothing of what it owes."""
    server.stopping.set()
    return server


def client_within(server: Server) -> Client:
    """A client of the admin API of a server that listens nowhere."""
    from mock_server.admin.admin import Admin
    from mock_server.client import Client
    from mock_server.http.message import request_of

    admin = Admin(server)

    def local(method: str, target: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        response = admin.answer(request_of(method, target, tuple(headers.items()), body))
        return response.status, response.body

    return Client.within(local)


def exchanges_of(client: Client, **where: Any) -> tuple[Exchange, ...]:
    """All exchanges of a run that a filter selects, attempts to notify included, however many, oldest first."""
    found = [*_all_of(client, **where), *_all_of(client, **where, told=True)]
    return tuple(sorted(found, key=lambda each: each.number))


def _all_of(client: Client, **where: Any) -> list[Exchange]:
    found: list[Exchange] = []
    while True:
        older = client.requests(limit=_AT_ONCE, **where)
        found[:0] = older
        if len(older) < _AT_ONCE:
            return found
        where["before"] = older[0].number


def is_bundle(name: str) -> bool:
    """Whether a name is that of a saved run, and not that of a scenario or of a scenario's file."""
    return Path(name).suffix not in (".yaml", ".yml") and (is_path(name) or Path(name).exists())
