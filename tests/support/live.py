"""A server on a real socket, in this process, for clients that are not ours."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from flask import Flask

from mock_server.assembly import Server
from mock_server.journal.journal import Entry
from mock_server.server.app import create_app
from mock_server.server.servers import HttpServer
from mock_server.server.waitress import WaitressServer
from mock_server.server.wire.server import WireServer
from mock_server.settings import Settings
from tests.support.wire_kit import answers_of


class LiveServer(NamedTuple):
    """Where a live server is reached, and its parts, to look at what it saw."""

    url: str
    port: int
    parts: Server

    @property
    def host(self) -> str:
        """Host and port, as SDKs want them that add the scheme themselves."""
        return f"127.0.0.1:{self.port}"

    def requests(self, id: str) -> tuple[Entry, ...]:
        """The exchanges about one task id, oldest first."""
        entries, _ = self.parts.store.entries()
        return tuple(entry for entry in entries if entry.id == id)


@contextmanager
def serving_app(app: Flask, *, flask: bool = False) -> Iterator[LiveServer]:
    """An app on a free port, by the wire or, with `flask`, by the reference server, ended when the block ends."""
    parts: Server = app.extensions["mock_server"]
    host, stopping = "127.0.0.1", parts.stopping
    parts.spare.set()  # as `servers_of` does
    server: HttpServer = (
        WaitressServer(app, host, 0, stopping) if flask else WireServer(answers_of(parts), host, 0, stopping)
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield LiveServer(server.url, server.port, parts)
    finally:
        server.close()
        thread.join(timeout=10)
    assert not thread.is_alive(), "the server did not end"


@contextmanager
def serving(settings: Settings | None = None, real_clock: Callable[[], int] | None = None) -> Iterator[LiveServer]:
    """A server of these settings on a free port, ended when the block ends."""
    with serving_app(create_app(settings or Settings(), real_clock=real_clock)) as server:
        yield server
