"""An embedded server: inside this process, on its own port and in its own thread, until it is closed.

Where threads are not the system's (gevent or eventlet replaced them), a server that waits would hold up everything, so
it gets a process of its own.
"""

from __future__ import annotations

import _thread
import threading
from types import BuiltinFunctionType
from typing import NamedTuple, Protocol
from urllib.parse import urlsplit

from mock_server.assembly import assemble
from mock_server.server.in_process import InProcess
from mock_server.server.own_paths import OwnPaths
from mock_server.server.servers import HttpServers, servers_of
from mock_server.settings import Settings

_CLOSING = 10
"""Seconds to wait for a server to close, which promises to within two."""


class EmbeddedServer(Protocol):
    """A running server: vendors' paths at `url`, the admin API at `admin_url`."""

    @property
    def url(self) -> str:
        """Where the vendors' paths are."""

    @property
    def admin_url(self) -> str:
        """Where the admin API is."""

    @property
    def local(self) -> InProcess | None:
        """Answers for the admin API without a socket. None: the server is in another process."""

    def close(self) -> None:
        """Ends it, and waits until the responses in progress are out."""


class ThreadServer(NamedTuple):
    """A running server: vendors' paths at `url`, the admin API at `admin_url`."""

    url: str
    admin_url: str
    servers: HttpServers
    thread: threading.Thread
    local: InProcess

    @property
    def host(self) -> str:
        """Host and port of `url`, for clients that add the scheme themselves."""
        return urlsplit(self.url).netloc

    def close(self) -> None:
        """Ends it, and waits until the responses in progress are out."""
        self.servers.close()
        self.thread.join(timeout=_CLOSING)


def serve_embedded(settings: Settings) -> EmbeddedServer:
    """Starts a server with these settings. InvalidInput: a setting, a scenario file or the address is bad."""
    if not isinstance(_thread.start_new_thread, BuiltinFunctionType):
        from mock_server.server.child import serve_in_child

        return serve_in_child(settings)
    server = assemble(settings)
    own_paths = OwnPaths(server)
    servers = servers_of(server, own_paths)
    thread = threading.Thread(target=servers.run, name="mock-server", daemon=True)
    thread.start()
    return ThreadServer(servers.url, servers.admin_url, servers, thread, InProcess(own_paths, server))
