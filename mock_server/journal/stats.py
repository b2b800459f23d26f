"""What one process counts of its exchanges, in plain numbers, for whoever wants to watch it.

It is not the journal: it belongs to the process, so a reset of the server's state leaves it alone, and rates computed
from it stay right.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping
from typing import NamedTuple

from mock_server.api.words import Outcome
from mock_server.journal.journal import Entry, Verdict

BOUNDS = tuple(round(ms * 1_000_000) for ms in (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 1_000))
"""The upper ends of the slots that times are counted in, in nanoseconds; a last slot has none."""


class Kind(NamedTuple):
    """Exchanges that are counted together."""

    vendor: str | None
    state: str | None
    """The neutral word of what the vendor would have said, None where that was an error or nobody's task."""
    status: int
    verdict: Verdict
    poll: bool


class Counts(NamedTuple):
    """What was counted at one moment."""

    exchanges: Mapping[Kind, int]
    faults: Mapping[tuple[str | None, str], int]
    """Faults that were applied, by vendor and name."""
    slots: tuple[int, ...]
    """Answers by the time they took, one number for each of BOUNDS and one for what took longer."""
    total: int
    """The nanoseconds that all answers took."""
    attempts: Mapping[tuple[str, Outcome], int] = {}
    """Attempts to deliver notifications, by vendor and outcome. They are no exchanges here."""


class Stats:
    """Counts exactly, from any number of threads. One exchange costs it well under a microsecond."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # Not a Counter, which takes three times as long to count one.
        self._exchanges: defaultdict[tuple[str | None, str | None, int, Verdict, bool], int] = defaultdict(int)
        self._faults: defaultdict[tuple[str | None, str], int] = defaultdict(int)
        self._slots = [0] * (len(BOUNDS) + 1)
        self._total = 0
        self._attempts: defaultdict[tuple[str, Outcome], int] = defaultdict(int)

    def count(self, entry: Entry, nanoseconds: int) -> None:
        """Counts an exchange that was committed, and the time its answer took."""
        # A plain tuple: making the named one would cost more than all the rest.
        kind = (entry.vendor, entry.state, entry.response.status, entry.verdict, entry.poll)
        slot = bisect_left(BOUNDS, nanoseconds)
        with self._lock:
            self._exchanges[kind] += 1
            self._slots[slot] += 1
            self._total += nanoseconds
            for name in entry.faults:
                self._faults[entry.vendor, name] += 1

    def count_attempt(self, vendor: str, outcome: Outcome) -> None:
        """Counts an attempt to deliver a notification that was committed."""
        with self._lock:
            self._attempts[vendor, outcome] += 1

    def counts(self) -> Counts:
        """What was counted so far."""
        with self._lock:
            exchanges, faults = list(self._exchanges.items()), dict(self._faults)
            slots, total, attempts = tuple(self._slots), self._total, dict(self._attempts)
        return Counts({Kind(*kind): count for kind, count in exchanges}, faults, slots, total, attempts)
