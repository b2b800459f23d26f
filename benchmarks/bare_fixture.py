"""The limit of a fixture that serves from a thread: the bare server in one. `pytest -p benchmarks.bare_fixture`."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest
import uvloop

from benchmarks.bare import Bare, response_of


class BareServer:
    """A server in a thread of this process. It answers every request with the body that `respond` named."""

    def __init__(self) -> None:
        self._response = response_of(b"")
        self._loop = uvloop.new_event_loop()
        listener = socket.create_server(("127.0.0.1", 0))
        self.host = f"127.0.0.1:{listener.getsockname()[1]}"
        self._loop.run_until_complete(self._loop.create_server(lambda: Bare(self._response), sock=listener))
        threading.Thread(target=self._loop.run_forever, daemon=True).start()

    def respond(self, body: str) -> None:
        """What it answers on connections to come."""
        self._response = response_of(body.encode())

    def close(self) -> None:
        """Ends it."""
        self._loop.call_soon_threadsafe(self._loop.stop)


@pytest.fixture(scope="session")
def _bare() -> Iterator[BareServer]:
    server = BareServer()
    yield server
    server.close()


@pytest.fixture
def bare(_bare: BareServer) -> BareServer:
    """The server."""
    return _bare
