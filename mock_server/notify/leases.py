"""Attempts that a server of several had under way when it died: another one takes them over.

An attempt has a lease: the time it may take, and some more. Each server measures leases by its own clock, from when it
first saw the attempt, so that no two clocks need agree. What is taken over may have been sent already, so a receiver
gets at most those notifications twice that were under way.
"""

from __future__ import annotations

import logging
from collections.abc import Collection

from mock_server.emulator.commit import Ledger
from mock_server.emulator.notifications import Notifications
from mock_server.engine.outbox import outbox_of
from mock_server.engine.task import Key, outbox_text

log = logging.getLogger("mock_server.notify")

EXTRA = 5.0
"""Seconds that a lease lasts beyond the time of an attempt."""


class Leases:
    """What one server knows of the attempts of the others. One thread calls it."""

    def __init__(self, ledger: Ledger, notifications: Notifications, attempt: float) -> None:
        """`attempt` is the most seconds that an attempt takes."""
        self._ledger = ledger
        self._notifications = notifications
        self._length = attempt + EXTRA
        self._since: dict[tuple[Key, str], float] = {}

    def look(self, now: float, own: Collection[Key]) -> int:
        """Makes the attempts due again whose lease is over; how many. `own` are tasks whose attempts are made here."""
        store = self._ledger.store
        seen: dict[tuple[Key, str], float] = {}
        over = 0
        for key in store.under_way():
            record = None if key in own else store.read(key)
            for each in outbox_of(outbox_text(record)).owed if record else ():
                if not each.token:
                    continue
                since = self._since.get((key, each.token), now)
                if now - since < self._length:
                    seen[key, each.token] = since
                elif self._notifications.release(key, each.token):
                    over += 1
                    log.warning("an attempt to notify of %s %s was left by another server: it is made again", *key)
        self._since = seen
        return over
