"""Chooses and opens the HTTP servers that the settings name, for the commands and for embedded servers."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import NamedTuple, Protocol

from mock_server.admin.prefix import PULSE, within
from mock_server.assembly import Server
from mock_server.emulator.fast_path import FastPath
from mock_server.errors import InvalidInput, Problem
from mock_server.http.message import Request, Response
from mock_server.server.cors import with_cors
from mock_server.server.own_paths import OwnPaths
from mock_server.settings import flag


class HttpServer(Protocol):
    """One kind of HTTP server, on one socket. It listens from the start, and answers while `run` runs."""

    url: str
    port: int

    def run(self) -> None:
        """Serves until `close`, then lets the responses in progress finish."""

    def close(self) -> None:
        """Asks `run` to end, within two seconds; safe from a signal handler and from any thread."""


class HttpServers(NamedTuple):
    """The HTTP servers of one mock server: the main one and, if the admin API has a port of its own, that one."""

    main: HttpServer
    admin: HttpServer | None = None
    ended: Callable[[], None] = lambda: None
    """Called once they have ended: waits for what ends with them."""

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
        admin = None if self.admin is None else threading.Thread(target=self.admin.run, name="admin-server")
        if admin is not None:
            admin.start()
        try:
            self.main.run()
        finally:
            self.close()
            if admin is not None:
                admin.join()
            self.ended()

    def close(self) -> None:
        """See `HttpServer.close`."""
        self.main.close()
        if self.admin is not None:
            self.admin.close()


def servers_of(server: Server, own_paths: OwnPaths | None = None) -> HttpServers:
    """The HTTP servers of a mock server's parts, listening. `own_paths` are those of the server, if it has some.

    InvalidInput: an address cannot be listened on, or the settings contradict one another.
    """
    settings = server.settings
    own_paths = own_paths or OwnPaths(server)
    server.spare.set()
    open_at = _wire(server, own_paths) if settings.server == "wire" else _waitress(server, own_paths)
    main = open_at(settings.port, False)
    if server.emulator.credentials is not None:
        server.emulator.credentials.listening(main.port)
    if settings.admin_port is None:
        server.postman.guard.spare(main.port, within)
        return HttpServers(main, ended=server.postman.close)
    try:
        admin = open_at(settings.admin_port, True)
        server.postman.guard.spare(admin.port, within)
        return HttpServers(main, admin, server.postman.close)
    except InvalidInput as error:
        main.close()
        main.run()  # ends at once, and closes the socket
        flags = {flag("port"): flag("admin_port")}
        problems = [each._replace(where=flags.get(each.where, each.where)) for each in error.problems]
        raise InvalidInput(problems) from None


OpenAt = Callable[[int, bool], HttpServer]
"""Opens an HTTP server at a port: the main one or, if the second argument is true, the admin API's."""


def _wire(server: Server, own_paths: OwnPaths) -> OpenAt:
    from mock_server.server.wire.server import WireServer, tls_of
    from mock_server.server.wire.service import Answers

    settings = server.settings
    tls = tls_of(settings.tls_cert, settings.tls_key)
    vendors = with_cors(server.emulator.answer, settings.cors)

    blocks = bool(server.outage.where)

    def is_slow(request: Request) -> bool:
        return own_paths.takes(request) and (blocks or not own_paths.is_quick(request))

    def quick(request: Request) -> Response:
        return own_paths.answer(request) if request.path == PULSE else vendors(request)

    main = Answers(quick, is_slow, own_paths.answer, server.refusals.add, fast_path_of(server), blocks)
    admin = Answers(
        own_paths.answer_admin,
        lambda request: blocks or not own_paths.is_quick(request),
        own_paths.answer_admin,
        server.refusals.add,
    )

    def open_at(port: int, is_admin: bool) -> WireServer:
        opened = WireServer(admin if is_admin else main, settings.host, port, server.stopping, tls=tls)
        server.forgets.append(opened.forget)
        return opened

    return open_at


def fast_path_of(server: Server) -> FastPath | None:
    """The fast path, for a server that owns its connections.

    None where it is not wanted, where responses are changed, and where the store is elsewhere: it must not wait.
    """
    settings = server.settings
    return None if settings.cors or settings.no_fast_path or server.outage.where else server.emulator.fast_path


def _waitress(server: Server, own_paths: OwnPaths) -> OpenAt:
    settings = server.settings
    if settings.tls_cert is not None or settings.tls_key is not None:
        raise InvalidInput([Problem("--tls-cert", "this server speaks no TLS", "serve with --server wire")])
    from mock_server.server.app import admin_only, app_of
    from mock_server.server.waitress import WaitressServer

    app = app_of(server, own_paths)
    return lambda port, is_admin: WaitressServer(
        admin_only(app) if is_admin else app, settings.host, port, server.stopping, refused=server.refusals.add
    )
