"""The credentials of requests, as one server checks them: with its keys, by the machine's clock."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from mock_server.http.message import Request
from mock_server.vendors.credentials import Keys, note_of
from mock_server.vendors.dialect import Dialect, Route


class Wrong(NamedTuple):
    """Credentials that are refused: the vendor's error, the access key that it names, and a note on what differs."""

    error: str
    key: str | None
    note: str


class Credentials:
    """Checks the credentials of one server's requests. `real` is the machine's time in milliseconds since 1970.

    It is not the virtual clock, which a test may move: SDKs date their signatures by the machine's.
    """

    def __init__(self, keys: Keys, real: Callable[[], int]) -> None:
        self._keys = keys
        self._real = real

    def listening(self, port: int) -> None:
        """Tells at which port the server listens: clients may have signed it without sending it."""
        if port not in self._keys.ports:
            ports = (*self._keys.ports, port)
            self._keys = Keys(self._keys.secrets, self._keys.token, ports)

    def wrong(self, dialect: Dialect, route: Route, request: Request) -> Wrong | None:
        """Why a request by a route is refused; None: it needs no credentials, or has the right ones."""
        if not dialect.is_signed(route):
            return None
        denied = dialect.judge(request, self._keys, self._real())
        return None if denied is None else Wrong(denied.error, denied.key, note_of(denied, self._keys))

    def hidden(self, request: Request) -> Request:
        """A request as it may be recorded: its headers hold no secret."""
        return self._keys.hide_headers(request)
