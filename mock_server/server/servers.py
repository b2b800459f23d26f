"""Which servers serve: the one place that chooses, for the commands and for servers inside another process."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import NamedTuple, Protocol

from mock_server.assembly import Server
from mock_server.errors import InvalidInput, Problem
from mock_server.server.own_paths import OwnPaths
from mock_server.settings import flag


class HttpServer(Protocol):
    """A listening socket with a server behind it. It listens from the start, and answers while `run` runs."""

    url: str
    port: int

    def run(self) -> None:
        """Serves until `close`, then lets the responses under way finish."""

    def close(self) -> None:
        """Asks `run` to end, within two seconds; safe from a signal handler and from any thread."""


class HttpServers(NamedTuple):
    """A server's servers as one: the vendors' and, where it has a port of its own, the admin API's."""

    main: HttpServer
    admin: HttpServer | None = None

    @property
    def url(self) -> str:
        """Where the vendors' paths are."""
        return self.main.url

    @property
    def admin_url(self) -> str:
        """Where the admin API is."""
        return (self.admin or self.main).url

    @property
    def port(self) -> int:
        """The port of the vendors' paths."""
        return self.main.port

    def run(self) -> None:
        """See `HttpServer.run`."""
        if self.admin is None:
            return self.main.run()
        beside = threading.Thread(target=self.admin.run, name="admin-server")
        beside.start()
        try:
            self.main.run()
        finally:
            self.close()
            beside.join()

    def close(self) -> None:
        """See `HttpServer.close`."""
        self.main.close()
        if self.admin is not None:
            self.admin.close()


def servers_of(server: Server) -> HttpServers:
    """The servers that a server's settings name, listening.

    InvalidInput: an address cannot be listened on, or the settings do not go together.
    """
    settings = server.settings
    server.spare.set()
    make = _wire(server) if settings.server == "wire" else _flask(server)
    main = make(settings.port, False)
    if settings.admin_port is None:
        return HttpServers(main)
    try:
        return HttpServers(main, make(settings.admin_port, True))
    except InvalidInput as error:
        main.close()
        main.run()  # which ends at once, and leaves no socket behind
        named = {flag("port"): flag("admin_port")}
        told = [each._replace(where=named.get(each.where, each.where)) for each in error.problems]
        raise InvalidInput(told) from None


Make = Callable[[int, bool], HttpServer]
"""Makes a server at a port: the main one or, if told so, the admin API's."""


def _wire(server: Server) -> Make:
    from mock_server.server.wire.server import WireServer, tls_of
    from mock_server.server.wire.service import Answers

    settings, own_paths = server.settings, OwnPaths(server)
    tls = tls_of(settings.tls_cert, settings.tls_key)
    quick = server.emulator.answer
    main = Answers(quick, own_paths.takes, own_paths.answer)
    admin = Answers(own_paths.answer_admin, lambda _: True, own_paths.answer_admin)
    return lambda port, own: WireServer(admin if own else main, settings.host, port, server.stopping, tls=tls)


def _flask(server: Server) -> Make:
    settings = server.settings
    if settings.tls_cert is not None or settings.tls_key is not None:
        raise InvalidInput([Problem("--tls-cert", "this server speaks no TLS", "serve with --server wire")])
    from mock_server.server.app import admin_only, app_of
    from mock_server.server.waitress import WaitressServer

    app = app_of(server)
    return lambda port, own: WaitressServer(admin_only(app) if own else app, settings.host, port, server.stopping)
