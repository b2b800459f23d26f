"""A server inside this process: on a port of its own, in a thread of its own, until it is closed."""

from __future__ import annotations

import threading
from typing import NamedTuple

from mock_server.assembly import assemble
from mock_server.server.servers import Doors, door_of
from mock_server.settings import Settings

_PATIENCE = 10
"""Seconds a door may take to close; it promises two."""


class ServerHere(NamedTuple):
    """A server that answers vendors' paths at `url`, and its admin API at `admin_url`."""

    url: str
    admin_url: str
    door: Doors
    thread: threading.Thread

    def close(self) -> None:
        """Ends it, replies under way included."""
        self.door.close()
        self.thread.join(timeout=_PATIENCE)


def serve_here(settings: Settings) -> ServerHere:
    """A server of these settings. InvalidInput: a setting, a scenario file or the address is bad."""
    door = door_of(assemble(settings))
    thread = threading.Thread(target=door.run, name="mock-server", daemon=True)
    thread.start()
    return ServerHere(door.url, door.admin_url, door, thread)
