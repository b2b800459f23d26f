"""The bounded record of exchanges, for people and assertions; it never decides what a task does."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from mock_server.api.exchange import Verdict as Verdict
from mock_server.engine.cursor import Crossing
from mock_server.journal.entry import Entry as Entry
from mock_server.journal.weight import Memory
from mock_server.types import Bound

ENTRIES = Bound(
    "Exchanges in the journal",
    10_000,
    "exchanges",
    "The oldest one is evicted. Counts stay exact; a question that may need an evicted one is refused, not guessed.",
    "journal_entries",
)
SIZE = Bound(
    "Memory of the journal",
    64 << 20,
    "bytes",
    "The oldest exchanges are evicted. An exchange that is larger alone is counted and not kept. What several "
    "exchanges share, such as the body of a task that stands still, is counted once.",
    "journal_bytes",
)


class Counters(NamedTuple):
    """What stays exact however much was evicted.

    Every exchange is kept, was `evicted` to make room, or was `forgotten` because somebody asked for it.
    """

    exchanges: int = 0
    polls: int = 0
    evicted: int = 0
    by_status: Mapping[tuple[str | None, int], int] = {}
    """Responses by vendor and status."""
    forgotten: int = 0
    evicted_to: int = 0
    """The number of the newest entry that was evicted: all older ones are gone too."""
    seen: Mapping[tuple[str, str], int] = {}
    """Polls by the scenario's version and the step they saw."""
    crossed: Mapping[tuple[str, int, int], int] = {}
    """Changes of step by the scenario's version, origin and target; a birth comes from `BIRTH`."""


class Journal:
    """The newest exchanges, at most `entries` of them and `size` bytes. Whoever owns it guards it: no lock in here."""

    def __init__(self, entries: int = ENTRIES.value, size: int = SIZE.value) -> None:
        self._most, self._largest = entries, size
        self.restore((), Counters())

    def restore(self, entries: Iterable[Entry], counters: Counters) -> None:
        """Takes over what another journal kept and counted, within this one's own bounds."""
        self._memory = Memory()
        self._kept = deque((entry.number, entry, self._memory.add(entry)) for entry in entries)
        self._exchanges, self._polls, self._evicted = counters.exchanges, counters.polls, counters.evicted
        self._forgotten, self._evicted_to = counters.forgotten, counters.evicted_to
        # Not Counters, which take three times as long to count one.
        self._by_status = defaultdict(int, counters.by_status)
        self._seen = defaultdict(int, counters.seen)
        self._crossed = defaultdict(int, counters.crossed)
        self._evict()

    @property
    def size(self) -> int:
        """About how many bytes of memory the kept entries hold."""
        return self._memory.size

    def reset(self, *, entries: bool, coverage: bool) -> None:
        """Starts anew: the entries and all that is counted of them, the coverage, or both."""
        counters = self.counters()
        if coverage:
            counters = counters._replace(seen={}, crossed={})
        if entries:
            counters = Counters(seen=counters.seen, crossed=counters.crossed)
        if entries or coverage:
            self.restore(() if entries else self.entries(), counters)

    def append(self, entry: Entry) -> None:
        """Takes an entry in, and drops the oldest ones beyond the bounds."""
        self._exchanges += 1
        self._by_status[entry.vendor, entry.response.status] += 1
        if entry.poll:
            self._polls += 1
            if entry.scenario is not None and entry.step is not None:
                self._seen[entry.scenario, entry.step] += 1
                for crossing in entry.crossed:
                    self._crossed[entry.scenario, crossing.origin, crossing.to] += 1
        self._kept.append((self._exchanges, entry, self._memory.add(entry)))
        if len(self._kept) > self._most or self._memory.size > self._largest:
            self._evict()

    def note(self, crossed: Iterable[tuple[str, Crossing]]) -> None:
        """Counts changes of step that no entry tells."""
        for version, crossing in crossed:
            self._crossed[version, crossing.origin, crossing.to] += 1

    def forget(self, which: Callable[[Entry], bool]) -> None:
        """Lets go of the kept entries that are meant; what was counted stays counted."""
        kept = deque[tuple[int, Entry, int]]()
        for each in self._kept:
            if which(each[1]._replace(number=each[0])):
                self._memory.remove(each[1], each[2])
            else:
                kept.append(each)
        self._forgotten += len(self._kept) - len(kept)
        self._kept = kept

    def entries(self, after: int = 0) -> tuple[Entry, ...]:
        """What is kept of the entries numbered above `after`, oldest first, each with its number."""
        found: list[Entry] = []
        for number, entry, _ in reversed(self._kept):
            if number <= after:
                break
            found.append(entry._replace(number=number))
        return tuple(reversed(found))

    def counters(self) -> Counters:
        """The exact counts, evicted entries included."""
        return Counters(
            self._exchanges,
            self._polls,
            self._evicted,
            dict(self._by_status),
            self._forgotten,
            self._evicted_to,
            dict(self._seen),
            dict(self._crossed),
        )

    def _evict(self) -> None:
        while self._kept and (len(self._kept) > self._most or self._memory.size > self._largest):
            self._evicted_to, entry, weight = self._kept.popleft()
            self._evicted += 1
            self._memory.remove(entry, weight)
