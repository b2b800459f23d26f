"""Which doors serve: the one place that chooses, for the commands and for servers inside another process."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from mock_server.admin.door import admin_door
from mock_server.assembly import Server
from mock_server.errors import InvalidInput, Problem
from mock_server.exchange import Reply, Request
from mock_server.own_replies import own_reply
from mock_server.settings import Settings, flag


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


def door_of(app: Callable[..., Any], server: Server) -> Doors:
    """The doors that a server's settings name, listening. `app` is the server's Flask app.

    InvalidInput: an address cannot be listened on, or the settings do not go together.
    """
    settings = server.settings
    server.spare.set()
    main = _door(app, server.emulator.answer, settings, settings.port, server.stopping)
    if settings.admin_port is None:
        return Doors(main)
    try:
        return Doors(main, _door(admin_door(app), _nothing_else, settings, settings.admin_port, server.stopping))
    except InvalidInput as error:
        main.close()
        main.run()  # which ends at once, and leaves no socket behind
        named = {flag("port"): flag("admin_port")}
        told = [each._replace(where=named.get(each.where, each.where)) for each in error.problems]
        raise InvalidInput(told) from None


def _nothing_else(_: Request) -> Reply:
    return own_reply(404, "path", "only the admin API is served at this port")


def _door(
    app: Callable[..., Any],
    answer: Callable[[Request], Reply],
    settings: Settings,
    port: int,
    stopping: threading.Event,
) -> Door:
    if settings.door == "wire":
        from mock_server.wire.server import WireDoor, tls_of

        tls = tls_of(settings.tls_cert, settings.tls_key)
        return WireDoor(app, answer, settings.host, port, stopping, tls=tls)
    if settings.tls_cert is not None or settings.tls_key is not None:
        raise InvalidInput([Problem("--tls-cert", "this door speaks no TLS", "serve with --door wire")])
    from mock_server.flask_door import FlaskDoor

    return FlaskDoor(app, settings.host, port, stopping)
