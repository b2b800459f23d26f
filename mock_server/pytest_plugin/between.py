"""What the fixture asks a server before and after each test.

A request takes as long as a poll, also one without a socket. So where the store is in this process, it is asked itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from mock_server.client import Client

if TYPE_CHECKING:
    from mock_server.store.store import Store

__tracebackhide__ = True
"""pytest shows the test's own line and the message, and no frame of this module."""


class Look(NamedTuple):
    """What a server holds. Two looks are equal if nothing was done between them; only time may have passed."""

    number: int
    """That of the newest exchange: those to come have higher numbers."""
    tasks: int
    mark: object


class Between:
    """Asks one server. `store` is what `InProcess.store` says, if the server may be in this process."""

    def __init__(self, client: Client, store: Callable[[], Store | None] = lambda: None) -> None:
        self._client = client
        self._store = store

    def look(self) -> Look:
        """What the server holds now."""
        store = self._store()
        if store is None:
            pulse = self._client.pulse()
            return Look(pulse.exchanges, pulse.tasks, pulse.mark)
        glance = store.glance()
        return Look(glance.exchanges, glance.tasks, glance)

    def may_have_unmatched(self, after: int) -> bool:
        """False: no request after this number met no task. True: the client's `unmatched` tells."""
        store = self._store()
        if store is None:
            return True
        for number, entry, _, _ in store.newest():
            if number <= after:
                return False
            if entry.note:
                return True
        return False

    def drop_all(self) -> None:
        """Forgets every task."""
        store = self._store()
        if store is None:
            self._client.drop()
            return
        from mock_server.store.store import Change

        for key, _ in store.scan():
            store.transact(key, lambda *_: Change(drop=True))
