"""A server in the caller's own process, for tests of any framework, notebooks and scripts: `mock_server.serve()`."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from mock_server.client import Client
from mock_server.errors import InvalidInput
from mock_server.settings import Settings, settings_by_name

if TYPE_CHECKING:
    from mock_server.server.embedded import EmbeddedServer

__tracebackhide__ = True
"""pytest shows the test's own line and the message, and no frame of this module."""

_DEFAULTS: Mapping[str, Any] = {"port": 0}
"""A free port, so that nothing that runs already is in the way."""


class LocalServer:
    """A running server. As a context manager it closes itself; closing it again does nothing."""

    def __init__(self, server: EmbeddedServer, client: Client) -> None:
        self.url: str = server.url
        """The address to point an SDK at."""
        self.client: Client = client
        """The client of the admin API, for everything on the server."""
        self._server = server

    @property
    def host(self) -> str:
        """Host and port, for clients that add the scheme themselves."""
        return urlsplit(self.url).netloc

    def close(self) -> None:
        """Ends it, and waits until the responses in progress are out."""
        self._server.close()

    def __enter__(self) -> Self:
        """The server itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes it."""
        self.close()


def serve(**settings: Any) -> LocalServer:
    """Starts a server in a thread of this process, on a free port of 127.0.0.1 unless told otherwise.

    `settings` are named like the flags of `mock-server serve`: `scenarios="my-scenarios"`, `profile="live"`, `seed=7`.
    Variables of the environment do not count. InvalidInput: a setting, a scenario file or the address is bad.
    """
    from mock_server.server.embedded import serve_embedded

    try:
        found = settings_by_name({**_DEFAULTS, **settings})
        server = serve_embedded(found)
    except InvalidInput as error:
        raise InvalidInput(error.problems) from None  # from here: where it was found says nothing to the caller
    return LocalServer(server, client_of(server, found))


def client_of(server: EmbeddedServer, settings: Settings) -> Client:
    """A client of the server's admin API, which needs no socket where the server is in this process."""
    url, token, ca = server.admin_url, settings.admin_token, settings.tls_cert
    return Client(url, token, ca=ca) if server.local is None else Client.within(server.local, url, token, ca=ca)
