"""The servers of one run of tests, or of a worker: one for each distinct settings, or the one that runs already."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, NamedTuple

import pytest

from mock_server.client import Client
from mock_server.errors import InvalidInput
from mock_server.pytest_plugin.marks import default_settings
from mock_server.settings import Settings, flag, setting_json

if TYPE_CHECKING:
    from mock_server.server.embedded import EmbeddedServer


class Place(NamedTuple):
    """A server that answers: its vendors' paths at `url`. `shared`: others use it too."""

    client: Client
    url: str
    shared: bool


class Found(NamedTuple):
    """Where a server is that runs already, and what its client needs; `admin_url` None: the API is at `url` too."""

    url: str
    admin_url: str | None = None
    token: str | None = None
    ca: str | None = None

    def place(self) -> Place:
        """That server. UsageError: it cannot be one."""
        try:
            return Place(Client(self.admin_url or self.url, self.token, ca=self.ca), self.url.rstrip("/"), True)
        except InvalidInput as error:
            raise pytest.UsageError(str(error)) from None


class Servers:
    """Starts a server when the first test wants it, and keeps it for the others."""

    def __init__(self, found: Found | None) -> None:
        self._shared = None if found is None else found.place()
        self._own: dict[Settings, EmbeddedServer] = {}

    def at(self, settings: Settings | None) -> Place:
        """The server for a test that wants these settings. UsageError: the one that runs already has others."""
        if self._shared is not None:
            self._check_settings(self._shared.client, settings)
            return self._shared
        settings = settings or default_settings()
        if settings not in self._own:
            from mock_server.server.embedded import (
                serve_embedded,  # a run on a shared server does not wait for a framework
            )

            self._own[settings] = serve_embedded(settings)
        here = self._own[settings]
        return Place(Client(here.admin_url, settings.admin_token), here.url, False)

    def close(self) -> None:
        """Ends those that were started."""
        for server in self._own.values():
            server.close()

    def _check_settings(self, client: Client, settings: Settings | None) -> None:
        if settings is None:
            return
        there, usual = client.version().settings, default_settings()
        for each in fields(Settings):
            wanted = getattr(settings, each.name)
            if wanted != getattr(usual, each.name) and there.get(each.name) != setting_json(wanted):
                theirs = f"{client.url} has {there.get(each.name)}"
                what = f"the test wants {flag(each.name)} {setting_json(wanted)}, and {theirs}"
                raise pytest.UsageError(f"{what}: start that server so, or run the test without --mock-server-url")
