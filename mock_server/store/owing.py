"""How many notifications tasks owe, and of which tasks an attempt is under way."""

from __future__ import annotations

from collections.abc import Iterable

from mock_server.engine.outbox import owed_in, owing_in
from mock_server.engine.task import Key, Record


class Owing:
    """What tasks owe, all together. Whoever owns it guards it: no lock in here.

    A task that owes something wants to be woken for it, unless an attempt is under way. So only the latter are kept
    here, and a task that waits for its next attempt costs nothing.
    """

    __slots__ = ("total", "under_way")

    def __init__(self, records: Iterable[Record] = ()) -> None:
        self.total = sum(map(owed_in, records))
        self.under_way: dict[Key, None] = {}
        """The tasks of which an attempt is under way. Nobody but `put` and `forget` changes it."""

    def put(self, key: Key, before: Record | None, record: Record) -> None:
        """The record of a task from now on, in place of the one before."""
        owed, under_way = owing_in(record)
        self.total += owed - (0 if before is None else owed_in(before))
        if under_way:
            self.under_way[key] = None
        else:
            self._over(key)

    def forget(self, key: Key, record: Record) -> None:
        """There is no task of this record any more."""
        self.total -= owed_in(record)
        self._over(key)

    def _over(self, key: Key) -> None:
        self.under_way.pop(key, None)
        if not self.under_way:
            self.under_way.clear()  # frees the room of very many that were under way at once
