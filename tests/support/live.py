"""A server on a real socket, in this process, for clients that are not ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from flask import Flask

from mock_server.assembly import Server, assemble
from mock_server.journal.journal import Entry
from mock_server.settings import Settings
from tests.support.harness import LoadedOnce, exchanges, listening, running


class LiveServer(NamedTuple):
    """The address of a running server, and its parts."""

    url: str
    port: int
    parts: Server

    @property
    def host(self) -> str:
        """Host and port, as SDKs want them that add the scheme themselves."""
        return f"127.0.0.1:{self.port}"

    def requests(self, id: str) -> tuple[Entry, ...]:
        """The exchanges about one task id, oldest first."""
        return exchanges(self.parts, id)


@contextmanager
def serving_app(app: Flask, *, flask: bool = False) -> Iterator[LiveServer]:
    """Serves an app on a free port until the block ends, by the wire server or, with `flask`, by waitress."""
    with serving_parts(app.extensions["mock_server"], flask=flask) as server:
        yield server


@contextmanager
def serving_parts(parts: Server, *, flask: bool = False) -> Iterator[LiveServer]:
    """Serves a server's parts, likewise."""
    server = listening(parts, "flask" if flask else "wire")
    with running(server):
        yield LiveServer(server.url, server.port, parts)


@contextmanager
def serving(settings: Settings | None = None, real_clock: Callable[[], int] | None = None) -> Iterator[LiveServer]:
    """Serves on a free port with these settings until the block ends."""
    with serving_parts(assemble(settings or Settings(), real_clock=real_clock, shipped=LoadedOnce())) as server:
        yield server
