"""A server on a real socket, in this process, for clients that are not ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from flask import Flask

from mock_server.assembly import Server, assemble
from mock_server.journal.journal import Entry
from mock_server.settings import Settings
from tests.support.harness import exchanges, listening, running


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
        return exchanges(self.parts, id)


@contextmanager
def serving_app(app: Flask, *, flask: bool = False) -> Iterator[LiveServer]:
    """An app on a free port, by the wire or, with `flask`, by the reference server, ended when the block ends."""
    with serving_parts(app.extensions["mock_server"], flask=flask) as server:
        yield server


@contextmanager
def serving_parts(parts: Server, *, flask: bool = False) -> Iterator[LiveServer]:
    """The same of a server's parts."""
    server = listening(parts, "flask" if flask else "wire")
    with running(server):
        yield LiveServer(server.url, server.port, parts)


@contextmanager
def serving(settings: Settings | None = None, real_clock: Callable[[], int] | None = None) -> Iterator[LiveServer]:
    """A server of these settings on a free port, ended when the block ends."""
    with serving_parts(assemble(settings or Settings(), real_clock=real_clock)) as server:
        yield server
