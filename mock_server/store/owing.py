"""Which tasks owe notifications, and how many."""

from __future__ import annotations

from collections.abc import Iterable

from mock_server.engine.outbox import owed_in
from mock_server.engine.task import Key, Record


class Owing:
    """The tasks that owe notifications. Whoever owns it guards it: no lock in here."""

    __slots__ = ("by_key", "total")

    def __init__(self, tasks: Iterable[tuple[Key, Record]] = ()) -> None:
        self.by_key: dict[Key, int] = {}
        """How many each of these tasks owes: all that owe any. Nobody but `set` changes it."""
        self.total = 0
        for key, record in tasks:
            self.set(key, record)

    def set(self, key: Key, record: Record) -> None:
        """What a task owes from now on, by its record."""
        before, owed = self.by_key.get(key, 0), owed_in(record)
        if owed:
            self.by_key[key] = owed
        elif before:
            del self.by_key[key]
        self.total += owed - before

    def forget(self, key: Key) -> None:
        """There is no such task any more."""
        self.total -= self.by_key.pop(key, 0)

    def let_go(self) -> None:
        """Frees all of it, bit by bit, so that other threads run meanwhile."""
        while self.by_key:
            self.by_key.popitem()
