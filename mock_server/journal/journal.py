"""The bounded record of exchanges, for people and assertions; it never decides what a task does."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence, Set
from typing import NamedTuple, TypeVar

from mock_server.api.exchange import Verdict as Verdict
from mock_server.engine.cursor import Crossing
from mock_server.journal.entry import Entry as Entry
from mock_server.journal.weight import Memory
from mock_server.types import Bound

K = TypeVar("K")

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


COVERAGE = Bound(
    "Steps and edges of scenario versions that coverage counts",
    50_000,
    "of each",
    "Those that were met first are forgotten, which in a long run are those of versions long replaced.",
)

Kept = tuple[int, Entry, int]
"""An entry as it is kept: its number, the entry without it, and the bytes that are its own."""


def numbered(kept: Iterable[Kept]) -> tuple[Entry, ...]:
    """The entries, each with its number."""
    return tuple([entry._replace(number=number) for number, entry, _ in kept])


def _bound(counts: dict[K, int]) -> None:
    while len(counts) > COVERAGE.value:
        del counts[next(iter(counts))]


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
        self._kept: deque[Kept] = deque((entry.number, entry, self._memory.add(entry)) for entry in entries)
        self._exchanges, self._polls, self._evicted = counters.exchanges, counters.polls, counters.evicted
        self._forgotten, self._evicted_to = counters.forgotten, counters.evicted_to
        # Not Counters, which take three times as long to count one.
        self._by_status = defaultdict(int, counters.by_status)
        self._seen = defaultdict(int, counters.seen)
        self._crossed = defaultdict(int, counters.crossed)
        self._evict()

    def another(self, entries: Iterable[Entry] = (), counters: Counters | None = None) -> Journal:
        """A journal of the same bounds that goes on from these."""
        made = Journal(self._most, self._largest)
        made.restore(entries, counters or Counters())
        return made

    @property
    def size(self) -> int:
        """About how many bytes of memory the kept entries hold."""
        return self._memory.size

    def emptied(self) -> Journal:
        """A journal that starts anew: without the entries and all that is counted of them, but with the coverage."""
        return self.another(counters=Counters(seen=self._seen, crossed=self._crossed))

    def forget_coverage(self) -> None:
        """Starts counting anew what polls saw and which edges were crossed."""
        self._seen, self._crossed = defaultdict(int), defaultdict(int)

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
                _bound(self._seen)
                _bound(self._crossed)
        self._kept.append((self._exchanges, entry, self._memory.add(entry)))
        if len(self._kept) > self._most or self._memory.size > self._largest:
            self._evict()

    def note(self, crossed: Iterable[tuple[str, Crossing]]) -> None:
        """Counts changes of step that no entry tells."""
        for version, crossing in crossed:
            self._crossed[version, crossing.origin, crossing.to] += 1
        _bound(self._crossed)

    def forget(self, numbers: Set[int]) -> None:
        """Lets go of the kept entries that have these numbers; what was counted stays counted."""
        gone = [each for each in self._kept if each[0] in numbers]
        self._kept = deque([each for each in self._kept if each[0] not in numbers])
        for _, entry, own in gone:
            self._memory.remove(entry, own)
        self._forgotten += len(gone)

    def kept(self, after: int = 0) -> Sequence[Kept]:
        """What is kept of the entries numbered above `after`, oldest first. It takes no longer than copying them."""
        if not after:
            return tuple(self._kept)
        found: list[Kept] = []
        for each in reversed(self._kept):
            if each[0] <= after:
                break
            found.append(each)
        return found[::-1]

    def entries(self, after: int = 0) -> tuple[Entry, ...]:
        """The same, each with its number."""
        return numbered(self.kept(after))

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
