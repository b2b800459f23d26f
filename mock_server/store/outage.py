"""Whether the store is reached, and since when it is not: what health, metrics and the log say of it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from mock_server.store.store import Away

log = logging.getLogger("mock_server")


class Outage:
    """What one server knows of its store being away. Any thread may call it. It changes nothing of the store."""

    def __init__(self, real: Callable[[], int], where: str = "", check: Callable[[], object] = lambda: None) -> None:
        """`real` is the machine's time in milliseconds; `where` is the store's address without secrets.

        `check` raises Away where nothing can be committed.
        """
        self.check = check
        self._real = real
        self.where = where
        """Empty for a store that is part of this process, which is never away."""
        self._lock = threading.Lock()
        self.since: int | None = None
        """When the store was first missed; None while it answers."""
        self.why = ""
        """What failed last, without secrets."""
        self.count = 0
        """How many requests the store was missed by."""

    def missed(self, error: Away) -> None:
        """Someone needed the store and it was away. The first of them is told of in the log."""
        with self._lock:
            self.count += 1
            self.why = str(error)
            first, self.since = self.since is None, self.since or self._real()
        if first:
            log.error("the store at %s is away: %s", self.where, error)

    def look(self) -> None:
        """Asks the store itself, so that its return is noticed though nobody polls."""
        try:
            self.check()
        except Away as error:
            self.missed(error)
        else:
            self.met()

    def met(self) -> None:
        """The store answered. Where `since` is None this need not be called."""
        with self._lock:
            since, self.since = self.since, None
        if since is not None:
            log.warning("the store is back after %.1f s", (self._real() - since) / 1000)
