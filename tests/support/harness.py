"""What tests of a running server share: its clock, status requests, its start, its journal.

Which world to take, from the innermost to the outermost:

| world | in | what it has | take it for |
|---|---|---|---|
| `World` | `emulators` | an emulator, its store and controls; scenarios as values, which no loader judged | rules |
| `bench` | `controls` | a whole server without HTTP; scenarios as text; every setting | controls, bundles |
| `admin_world` | `admin_kit` | the same behind its Flask app, in this process | the admin API, as clients meet it |
| `serving` | `live` | the same on a socket, by the wire server or by Flask | SDKs, the client, commands |
| `whole`, `echoing` | `wire_kit` | the wire server, with a server or a function behind it | HTTP byte for byte |

The first three run no thread but the one that notifies, which ends with the test, and their time stands still until
the test moves `now`.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlencode
from weakref import WeakKeyDictionary

from mock_server import paths
from mock_server.assembly import Server, assemble
from mock_server.http.message import Request, request_of
from mock_server.journal.journal import Entry
from mock_server.notify.postman import Postman
from mock_server.scenarios.file import FileLoader
from mock_server.scenarios.load import scenario_files
from mock_server.scenarios.report import Good
from mock_server.server.app import app_of
from mock_server.server.cors import with_cors
from mock_server.server.own_paths import OwnPaths
from mock_server.server.servers import HttpServer, fast_path_of
from mock_server.server.waitress import WaitressServer
from mock_server.server.wire.server import WireServer
from mock_server.server.wire.service import Answers
from mock_server.settings import Settings
from mock_server.vendors.contracts import Contracts
from mock_server.vendors.fixtures import Fixtures
from mock_server.vendors.registry import Registry

STATUS_PATHS = {
    "qiniu": ("/status/get/prefop", "id"),
    "wangsu": ("/fmgr/status", "persistentId"),
    "huawei": ("/v1.0/0123456789abcdef0123456789abcdef/asset/preheating", "task_id"),
}
"""By vendor, the path of a status request and the name of the parameter with the task's id."""
VENDORS = tuple(STATUS_PATHS)
PATIENCE = 20
"""Seconds that a test waits for a server before it fails."""


class Now:
    """The machine's clock as a test sets it, in milliseconds."""

    def __init__(self, ms: int = 1_700_000_000_000) -> None:
        self.ms = ms

    def __call__(self) -> int:
        return self.ms


def target_of(vendor: str, id: str) -> str:
    """The target of a status request."""
    path, name = STATUS_PATHS[vendor]
    return f"{path}?{urlencode({name: id})}"


def asking(vendor: str, id: str, method: str = "GET") -> Request:
    """A status request as the vendor's clients send it."""
    return request_of(method, target_of(vendor, id), (), b"")


class LoadedOnce:
    """The shipped scenarios, loaded once in a session: tests make hundreds of servers, and each would load them."""

    def scenarios(self, builtin: Path) -> Mapping[str, Good]:
        """Those of the folder as it was when the first server was made."""
        return _loaded(builtin)


@cache
def _loaded(builtin: Path) -> Mapping[str, Good]:
    files = FileLoader(Registry(), Contracts(), Fixtures([paths.data("fixtures")]))
    return {path.name: files.load(path) for path in scenario_files(builtin)}


def started(now: Callable[[], int], *, armed: Any = (), **settings: Any) -> Server:
    """The parts of a server with these settings and this clock, which watches no files."""
    settings_of_test = dataclasses.replace(Settings(no_reload=True), **settings)
    parts = assemble(settings_of_test, real_clock=now, armed=armed, shipped=LoadedOnce())
    _STARTED[parts.postman] = parts.stopping
    return parts


_STARTED: WeakKeyDictionary[Postman, threading.Event] = WeakKeyDictionary()
"""What ends each server of `started`, by who makes its attempts."""


@contextmanager
def ending_servers() -> Iterator[None]:
    """Ends the servers that `started` makes meanwhile: one that had somebody to notify has a thread."""
    before = set(_STARTED)
    try:
        yield
    finally:
        for postman, stopping in list(_STARTED.items()):
            if postman not in before:
                stopping.set()
                postman.close()


def listening(parts: Server, kind: Literal["wire", "flask"] = "wire") -> HttpServer:
    """A server of these parts, admin API included, on a free port of the loopback, whatever their settings are."""
    host, own_paths = "127.0.0.1", OwnPaths(parts)
    parts.spare.set()  # as `servers_of` does
    if kind == "flask":
        return WaitressServer(app_of(parts), host, 0, parts.stopping, refused=parts.refusals.add)
    vendors = with_cors(parts.emulator.answer, parts.settings.cors)
    answers = Answers(vendors, own_paths.takes, own_paths.answer, parts.refusals.add, fast_path_of(parts))
    return WireServer(answers, host, 0, parts.stopping)


@contextmanager
def running(server: HttpServer) -> Iterator[threading.Thread]:
    """Runs a server in a thread until the block ends. AssertionError: it does not end then."""
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield thread
    finally:
        server.close()
        thread.join(timeout=PATIENCE)
    assert not thread.is_alive(), "the server did not end"


def exchanges(parts: Server, id: str | None = None) -> tuple[Entry, ...]:
    """The journal's entries, oldest first; with an id, those of that task."""
    entries, _ = parts.store.entries()
    return tuple(entry for entry in entries if id in (None, entry.id))
