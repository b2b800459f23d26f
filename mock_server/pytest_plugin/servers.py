"""The servers of one run of tests, or of one worker: one for each set of settings, or a running one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import TYPE_CHECKING, NamedTuple

import pytest

from mock_server.client import Client
from mock_server.client.local import client_of
from mock_server.errors import InvalidInput
from mock_server.pytest_plugin.between import Between
from mock_server.pytest_plugin.marks import default_settings
from mock_server.settings import Settings, flag, setting_json

if TYPE_CHECKING:
    from mock_server.server.embedded import EmbeddedServer

__tracebackhide__ = True
"""pytest shows the test's own line and the message, and no frame of this module."""


class Place(NamedTuple):
    """A server to test with: its vendors' paths are at `url`. `shared`: others use it too."""

    client: Client
    url: str
    shared: bool
    between: Between


class RunningServer(NamedTuple):
    """A running server, and what its client needs. `admin_url` None: the admin API is at `url` too.

    `keep_failed`: what failed tests created there stays.
    """

    url: str
    admin_url: str | None = None
    token: str | None = None
    ca: str | None = None
    keep_failed: bool = False

    def place(self) -> Place:
        """That server. UsageError: the URL or the file is not usable."""
        try:
            client = Client(self.admin_url or self.url, self.token, ca=self.ca)
            return Place(client, self.url.rstrip("/"), True, Between(client))
        except InvalidInput as error:
            raise pytest.UsageError(str(error)) from None


class Servers:
    """Starts a server when the first test needs it, and keeps it for the others."""

    def __init__(self, found: RunningServer | None) -> None:
        self._shared = None if found is None else found.place()
        self.keep_failed = found is not None and found.keep_failed
        """Whether what failed tests created stays on the server."""
        self.kept: dict[str, Callable[[], None]] = {}
        """By the tests' tokens, what removes that: it goes if a test runs again."""
        self._own: list[EmbeddedServer] = []
        self._places: dict[Settings | None, Place] = {}

    def at(self, settings: Settings | None) -> Place:
        """The server for a test with these settings. UsageError: it cannot start, or the running one has others."""
        if self._shared is not None:
            self._check_settings(self._shared.client, settings)
            return self._shared
        if settings not in self._places:
            usual = default_settings()
            place = self._start(settings or usual)
            self._places |= {settings: place} if settings not in (None, usual) else {None: place, usual: place}
        return self._places[settings]

    def close(self) -> None:
        """Stops those that were started."""
        for server in self._own:
            server.close()

    def _start(self, settings: Settings) -> Place:
        from mock_server.server.embedded import serve_embedded  # a run with a shared server does not wait for this

        try:
            server = serve_embedded(settings)
        except InvalidInput as error:
            raise pytest.UsageError(str(error)) from None
        self._own.append(server)
        client, local = client_of(server, settings), server.local
        between = Between(client) if local is None else Between(client, local.store)
        return Place(client, server.url, False, between)

    def _check_settings(self, client: Client, settings: Settings | None) -> None:
        if settings is None:
            return
        theirs, usual = client.version().settings, default_settings()
        for each in fields(Settings):
            wanted = getattr(settings, each.name)
            if wanted != getattr(usual, each.name) and theirs.get(each.name) != setting_json(wanted):
                found = theirs.get(each.name)
                what = f"the test wants {flag(each.name)} {setting_json(wanted)}, and {client.url} has {found}"
                raise pytest.UsageError(f"{what}: start that server so, or run the test without --mock-server-url")
