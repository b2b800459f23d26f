"""Notifications: the attempts that were made, what is still owed, and one more on request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from heapq import nsmallest
from itertools import islice
from typing import NamedTuple

from mock_server.control.refused import Kind, Refused
from mock_server.control.requests import Requests
from mock_server.emulator.commit import Ledger
from mock_server.emulator.notifications import Notifications as Attempts
from mock_server.emulator.notifications import NotOwed
from mock_server.engine.ids import IdPattern
from mock_server.engine.outbox import Owed
from mock_server.engine.owing import noted
from mock_server.engine.run import Run
from mock_server.engine.task import Key
from mock_server.engine.timestamps import LATEST
from mock_server.journal.filter import Filter
from mock_server.journal.journal import Entry
from mock_server.types import Bound

OWED = Bound(
    "Owed notifications in one list", 1_000, "notifications", "The soonest are listed (`owed` of `notifications`)."
)
LOOK = Bound(
    "Tasks that one list of what is owed looks at",
    10_000,
    "tasks",
    "It looks at those that want to be woken soonest. The count is exact (`owed` of `pulse`).",
)


class OwedView(NamedTuple):
    """A notification that a task owes: `due` is when the next attempt is, after `attempts` of them."""

    key: Key
    url: str
    notice: int
    item: int | None
    attempts: int
    due: int


class Found(NamedTuple):
    """Some attempts, oldest first; how many there are in all; and what is owed, the soonest first."""

    attempts: tuple[Entry, ...]
    total: int
    owed: tuple[OwedView, ...]


class Notifications:
    """The notifications of one server."""

    def __init__(self, notifications: Attempts, ledger: Ledger, requests: Requests) -> None:
        self._notifications = notifications
        self._ledger = ledger
        self._requests = requests

    def query(self, wanted: Filter, most: int) -> Found:
        """The attempts that are meant, of too many the newest, and what tasks of this vendor and id owe.

        With an outcome only what is owed after an attempt that came to it: to `again`, for after another none follows.
        """
        page = self._requests.query(wanted, most, total=True)
        vendor, id = wanted.fields.get("vendor"), wanted.fields.get("id")
        outcome = wanted.fields.get("outcome")
        found: Iterable[OwedView] = self._owed(vendor, id) if outcome in (None, "again") else ()
        meant = (each for each in found if outcome is None or each.attempts)
        owed = nsmallest(OWED.value, meant, key=lambda each: (each.due, each.key, each.notice))
        return Found(page.entries, page.total or 0, tuple(owed))

    def send(self, key: Key) -> OwedView:
        """Makes a task owe, from now on, what it shows now, whatever its script says.

        Refused: there is no such task, it cannot owe that, or people made it owe too many already.
        """
        try:
            owed = self._notifications.owe(key)
        except NotOwed as error:
            raise Refused(Kind.NOT_FOUND if error.missing else Kind.CONFLICT, str(error)) from None
        run = self._ledger.read(key)
        return _view(key, "" if run is None else run.task.notify, owed)

    def owed_by(self, run: Run) -> Iterator[OwedView]:
        """What a task owes."""
        for owed in noted(run).box.owed:
            yield _view(run.key, run.task.notify, owed)

    def _owed(self, vendor: str | None, id: str | None) -> Iterator[OwedView]:
        pattern = None if id is None else IdPattern.parse(id)
        store = self._ledger.store
        keys: Iterable[Key] = dict.fromkeys([*store.under_way(), *(key for _, key in store.due(LATEST, LOOK.value))])
        if vendor is not None and pattern is not None and not pattern.is_prefix:
            keys = (Key(vendor, pattern.start),)
        for key in islice(keys, LOOK.value):
            if vendor in (None, key.vendor) and (pattern is None or pattern.matches(key.id)):
                run = self._ledger.read(key)
                if run is not None:
                    yield from self.owed_by(run)


def _view(key: Key, url: str, owed: Owed) -> OwedView:
    return OwedView(key, url, owed.number, owed.item, owed.attempts, owed.due)
