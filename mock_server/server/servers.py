"""Which doors serve: the one place that chooses, for the commands and for servers inside another process."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import NamedTuple, Protocol

from mock_server.assembly import Server
from mock_server.errors import InvalidInput, Problem
from mock_server.server.own_paths import Front
from mock_server.settings import flag


class Door(Protocol):
    """A listening socket with a server behind it. It listens from the start, and answers while `run` runs."""

    url: str
    port: int

    def run(self) -> None:
        """Serves until `close`, then lets the replies under way finish."""

    def close(self) -> None:
        """Asks `run` to end, within two seconds; safe from a signal handler and from any thread."""


class Doors(NamedTuple):
    """A server's doors as one: the vendors' and, where it has a port of its own, the admin API's."""

    main: Door
    admin: Door | None = None

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
        """See `Door.run`."""
        if self.admin is None:
            return self.main.run()
        beside = threading.Thread(target=self.admin.run, name="admin-door")
        beside.start()
        try:
            self.main.run()
        finally:
            self.close()
            beside.join()

    def close(self) -> None:
        """See `Door.close`."""
        self.main.close()
        if self.admin is not None:
            self.admin.close()


def door_of(server: Server) -> Doors:
    """The doors that a server's settings name, listening.

    InvalidInput: an address cannot be listened on, or the settings do not go together.
    """
    settings = server.settings
    server.spare.set()
    make = _wire(server) if settings.door == "wire" else _flask(server)
    main = make(settings.port, False)
    if settings.admin_port is None:
        return Doors(main)
    try:
        return Doors(main, make(settings.admin_port, True))
    except InvalidInput as error:
        main.close()
        main.run()  # which ends at once, and leaves no socket behind
        named = {flag("port"): flag("admin_port")}
        told = [each._replace(where=named.get(each.where, each.where)) for each in error.problems]
        raise InvalidInput(told) from None


Make = Callable[[int, bool], Door]
"""Makes a door at a port: the main one or, if told so, the admin API's."""


def _wire(server: Server) -> Make:
    from mock_server.server.wire.server import WireDoor, tls_of
    from mock_server.server.wire.service import Answers

    settings, front = server.settings, Front(server)
    tls = tls_of(settings.tls_cert, settings.tls_key)
    quick = server.emulator.answer
    main = Answers(quick, front.takes, front.answer)
    admin = Answers(front.answer_admin, lambda _: True, front.answer_admin)
    return lambda port, own: WireDoor(admin if own else main, settings.host, port, server.stopping, tls=tls)


def _flask(server: Server) -> Make:
    settings = server.settings
    if settings.tls_cert is not None or settings.tls_key is not None:
        raise InvalidInput([Problem("--tls-cert", "this door speaks no TLS", "serve with --door wire")])
    from mock_server.server.app import admin_door, app_of
    from mock_server.server.waitress import FlaskDoor

    app = app_of(server)
    return lambda port, own: FlaskDoor(admin_door(app) if own else app, settings.host, port, server.stopping)
