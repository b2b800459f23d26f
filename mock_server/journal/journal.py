"""The bounded record of exchanges, for people and assertions; it never decides what a task does."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from itertools import islice
from typing import NamedTuple, TypeVar

from mock_server.api.words import Verdict as Verdict
from mock_server.engine.cursor import Crossing
from mock_server.journal.entry import Entry as Entry
from mock_server.journal.moves import Moves, made_by
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

_MOST_BETWEEN = 20
"""Peeks behind which the poll before is still found."""
Kept = tuple[int, Entry, int, int]
"""An entry as it is kept: its number, the entry without it, the bytes that are its own, and the number of the entry
before it that names the same task (0: there is none)."""


def numbered(kept: Iterable[Kept]) -> tuple[Entry, ...]:
    """The entries, each with its number."""
    return tuple([entry._replace(number=number) for number, entry, _, _ in kept])


def _bound(counts: dict[K, int]) -> None:
    while len(counts) > COVERAGE.value:
        del counts[next(iter(counts))]


class ItemCounts(NamedTuple):
    """What is counted of items with steps of their own: the steps that a poll saw, by name, and their changes of step.

    `version` is the scenario's; steps are numbered as in `Scenario.scripts`, and a birth comes from `BIRTH`.
    """

    version: str
    seen: Collection[str] = ()
    crossed: Sequence[tuple[int, int]] = ()


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
    """Polls by the scenario's version and the step they saw; for items with steps of their own, by each of these."""
    crossed: Mapping[tuple[str, int, int], int] = {}
    """Changes of step by the scenario's version, origin and target; a birth comes from `BIRTH`."""
    told: int = 0
    """How many of the exchanges are attempts to deliver a notification. Their statuses are not in `by_status`."""


class Journal:
    """The newest exchanges, at most `entries` of them and `size` bytes. Whoever owns it guards it: no lock in here."""

    def __init__(self, entries: int = ENTRIES.value, size: int = SIZE.value) -> None:
        self._most, self._largest = entries, size
        self._last: defaultdict[str | None, dict[str, int]] = defaultdict(dict)
        """By vendor and id, the number of a task's newest entry: the end of the task's chain through `_kept`."""
        self.restore((), Counters())

    def restore(self, entries: Iterable[Entry], counters: Counters) -> None:
        """Takes over what another journal kept and counted, within this one's own bounds."""
        self._memory = Memory()
        self._kept = self._linked([(each.number, each, self._memory.add(each)) for each in entries])
        self._exchanges, self._polls, self._evicted = counters.exchanges, counters.polls, counters.evicted
        self._forgotten, self._evicted_to = counters.forgotten, counters.evicted_to
        self._told = counters.told
        # Not Counters, which take three times as long to count one.
        self._by_status = defaultdict(int, counters.by_status)
        self._seen = defaultdict(int, counters.seen)
        self._crossed = defaultdict(int, counters.crossed)
        self.moves = Moves()
        """The changes of step that no entry tells."""
        self._evict()

    def another(
        self, entries: Iterable[Entry] = (), counters: Counters | None = None, moves: Moves | None = None
    ) -> Journal:
        """A journal of the same bounds that goes on from these."""
        made = Journal(self._most, self._largest)
        made.restore(entries, counters or Counters())
        made.moves = moves or Moves()
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
        # Every exchange comes here: taken apart at once, which costs less than to ask for one field after the other.
        _, _, _, response, _, poll, vendor, id, scenario, step, _, _, crossed, _, _, _, _, _, _, told, _ = entry
        if told is None:
            self._by_status[vendor, response.status] += 1
        else:
            self._told += 1
        if poll:
            self._polls += 1
            if scenario is not None and step is not None:
                self._seen[scenario, step] += 1
                for origin, to, _ in crossed:
                    self._crossed[scenario, origin, to] += 1
                if len(self._seen) > COVERAGE.value or len(self._crossed) > COVERAGE.value:
                    _bound(self._seen)
                    _bound(self._crossed)
        before = 0
        if id is not None:
            last = self._last[vendor]
            before = last.get(id, 0)
            last[id] = self._exchanges
        self._kept.append((self._exchanges, entry, self._memory.add(entry), before))
        if len(self._kept) > self._most or self._memory.size > self._largest:
            self._evict()

    def note(self, crossed: Iterable[tuple[str, Crossing]]) -> None:
        """Counts changes of step that no entry tells."""
        for version, crossing in crossed:
            self._crossed[version, crossing.origin, crossing.to] += 1
        _bound(self._crossed)

    def keep(
        self, vendor: str, id: str, crossed: Sequence[tuple[str, Crossing]], *, by_hand: bool, born: int | None = None
    ) -> None:
        """Keeps what a change without an entry crossed. `by_hand`: a person made the last change of step.

        `born`: as in `Move`.
        """
        self.moves.add(vendor, id, self._exchanges, made_by(crossed, by_hand=by_hand), born)

    def note_items(self, counts: ItemCounts) -> None:
        """Counts what a poll saw of items with steps of their own, and what these crossed."""
        version, seen, crossed = counts
        for name in seen:
            self._seen[version, name] += 1
        for origin, to in crossed:
            self._crossed[version, origin, to] += 1
        if crossed:
            _bound(self._crossed)
        _bound(self._seen)

    def forget(self, numbers: Set[int]) -> None:
        """Lets go of the kept entries that have these numbers; what was counted stays counted."""
        gone = [each for each in self._kept if each[0] in numbers]
        self._kept = self._linked([each[:3] for each in self._kept if each[0] not in numbers])
        for _, entry, own, _ in gone:
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

    def of_task(self, vendor: str, id: str, most: int, before: int = 0) -> tuple[Entry, ...]:
        """The newest kept entries that name a task, newest first, each with its number; `before`: only older ones.

        It costs the same however many entries other tasks have, and however many of this task are newer than `before`
        if that is the number of an entry that names the task.
        """
        return numbered(islice(self._chain(vendor, id, before), most))

    def newest_of(self, vendor: str, id: str) -> int:
        """The number of the newest kept entry that names a task, 0 if there is none. It costs the same for all."""
        return self._last[vendor].get(id, 0) if vendor in self._last else 0

    def before(self, number: int) -> Iterator[Kept]:
        """The kept entries with a lower number, newest first."""
        return islice(reversed(self._kept), len(self._kept) - self._place(number), None)

    def part(self, before: int, most: int) -> Sequence[Kept]:
        """The kept entries with a number below `before`, newest first, at most `most` of them."""
        kept = self._kept
        end = self._place(before)
        start = max(0, end - most)
        skipped = len(kept) - end
        # Turned until they stand at the end: that moves blocks of places, where skipping would look at every entry.
        kept.rotate(skipped)
        found = list(islice(reversed(kept), end - start))
        kept.rotate(-skipped)
        return found

    def poll_before(self, number: int) -> Entry | None:
        """The poll of a task that is kept before the entry of this number; None too if much else came between."""
        kept = self._kept
        place = self._place(number)
        if place == len(kept) or kept[place][0] != number:
            return None
        before = kept[place][3]
        oldest = kept[0][0]
        for _ in range(_MOST_BETWEEN):
            if before < oldest:
                return None
            _, other, _, earlier = kept[self._place(before)]
            if other.poll:
                return other
            before = earlier
        return None

    def glance(self) -> tuple[int, int, int, int]:
        """How many exchanges there were, how many of them polls, and how many were evicted and forgotten."""
        return self._exchanges, self._polls, self._evicted, self._forgotten

    def counters(self, *, coverage: bool = True) -> Counters:
        """The exact counts, evicted entries included; `coverage`: with what polls saw and which edges were crossed."""
        return Counters(
            self._exchanges,
            self._polls,
            self._evicted,
            dict(self._by_status),
            self._forgotten,
            self._evicted_to,
            dict(self._seen) if coverage else {},
            dict(self._crossed) if coverage else {},
            self._told,
        )

    def _evict(self) -> None:
        while self._kept and (len(self._kept) > self._most or self._memory.size > self._largest):
            self._evicted_to, entry, weight, _ = self._kept.popleft()
            self._evicted += 1
            self._memory.remove(entry, weight)
            if entry.id is not None and self._last[entry.vendor].get(entry.id) == self._evicted_to:
                del self._last[entry.vendor][entry.id]

    def _linked(self, entries: Iterable[tuple[int, Entry, int]]) -> deque[Kept]:
        """These entries, each with the number of the one before it that names the same task."""
        newest: defaultdict[str | None, dict[str, int]] = defaultdict(dict)
        linked: list[Kept] = []
        # No call for each: nobody else may use the store meanwhile.
        for number, entry, own in entries:
            id, last = entry.id, newest[entry.vendor]
            linked += ((number, entry, own, last[id] if id in last else 0),)  # noqa: SIM401  # `get` is a call
            if id is not None:
                last[id] = number
        self._last = newest
        return deque(linked)

    def _chain(self, vendor: str, id: str, before: int) -> Iterator[Kept]:
        """The kept entries that name a task, newest first; `before`: only older ones, 0 for all."""
        kept = self._kept
        oldest = kept[0][0] if kept else 1
        number = self.newest_of(vendor, id)
        if before and number >= before:
            place = self._place(before)
            at = kept[place]  # the newest entry of the task stands there or later
            if at[0] == before and (at[1].vendor, at[1].id) == (vendor, id):
                number = at[3]
        while number >= oldest:
            each = kept[self._place(number)]
            if not before or number < before:
                yield each
            number = each[3]

    def _place(self, number: int) -> int:
        """The position of the first kept entry with this number or a higher one."""
        kept = self._kept
        # Numbers have no gaps but where somebody forgot entries, so that the first guess is nearly always right.
        guess = number - kept[0][0] if kept else 0
        if 0 <= guess < len(kept) and kept[guess][0] == number:
            return guess
        return bisect_left(kept, number, key=lambda each: each[0])
