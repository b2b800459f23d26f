"""A server inside this process: on a port of its own, in a thread of its own, until it is closed."""

from __future__ import annotations

import threading
from typing import NamedTuple

from mock_server.assembly import assemble
from mock_server.server.servers import HttpServers, servers_of
from mock_server.settings import Settings

_PATIENCE = 10
"""Seconds a server may take to close; it promises two."""


class EmbeddedServer(NamedTuple):
    """A server that answers vendors' paths at `url`, and its admin API at `admin_url`."""

    url: str
    admin_url: str
    server: HttpServers
    thread: threading.Thread

    def close(self) -> None:
        """Ends it, responses under way included."""
        self.server.close()
        self.thread.join(timeout=_PATIENCE)


def serve_embedded(settings: Settings) -> EmbeddedServer:
    """A server of these settings. InvalidInput: a setting, a scenario file or the address is bad."""
    server = servers_of(assemble(settings))
    thread = threading.Thread(target=server.run, name="mock-server", daemon=True)
    thread.start()
    return EmbeddedServer(server.url, server.admin_url, server, thread)
