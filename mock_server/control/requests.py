"""The journal in a hand: looked through, questioned, waited on, forgotten."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

from mock_server.control.refused import Kind, Refused
from mock_server.emulator import near_miss
from mock_server.engine import machine_clock
from mock_server.errors import Problem, nearest
from mock_server.journal.filter import Filter, may_be_lost
from mock_server.journal.gaps import Gap, gap_between
from mock_server.journal.journal import Counters, Entry
from mock_server.journal.verify import Answer, Question, judge
from mock_server.scenarios.library import Library
from mock_server.store.store import Store
from mock_server.types import Bound
from mock_server.vendors.registry import Registry

MOST_WAIT = 60_000
"""Milliseconds of the longest wait."""
BOUNDS = (
    Bound("Time of a wait for requests", MOST_WAIT // 1000, "seconds", "422: a longer one is refused."),
    Bound("Waits for requests at once", 8, "waits", "The wait ends at once and says `retry`; the client asks again."),
)
_TICK = 0.02
_HINT = "ask about what is kept, say `after`, or raise --journal-entries"


class Page(NamedTuple):
    """Some entries, oldest first, and the counters of the whole journal, without coverage.

    `total` are all that were meant, None where nobody asked for that.
    """

    entries: tuple[Entry, ...]
    total: int | None
    counters: Counters


class Miss(NamedTuple):
    """A request that met nothing, what it came closest to (None: nothing is near), and what differs."""

    entry: Entry
    nearest: str | None
    differs: str


class WaitResult(NamedTuple):
    """How a wait ended. `retry`: too many wait already, so it did not wait at all; ask again."""

    met: bool
    seen: int
    retry: bool = False


class Requests:
    """The exchanges of one server.

    At most `slots` waits hold a thread at once, and none while `spare`, if it is given, is not set. `stopping` ends
    them; `monotonic` counts seconds.
    """

    def __init__(
        self,
        store: Store,
        library: Callable[[], Library],
        registry: Registry,
        stopping: threading.Event,
        *,
        slots: int = 8,
        spare: threading.Event | None = None,
        monotonic: Callable[[], float] = machine_clock.monotonic,
    ) -> None:
        self._store = store
        self._library = library
        self._registry = registry
        self._stopping = stopping
        self._slots = threading.BoundedSemaphore(slots)
        self._spare = spare
        self._monotonic = monotonic

    def query(self, wanted: Filter | None = None, most: int = 1_000, *, total: bool = False) -> Page:
        """The entries that are meant; of too many, the newest.

        It looks at the newest first and at no more than it needs, but for a `total`, which takes them all.
        """
        wanted = wanted or Filter()
        counters = self._store.counters(coverage=False)
        found: list[Entry] = []
        count = 0
        # None that came after the counters: they belong together.
        ends = [counters.exchanges + 1, *([] if wanted.before is None else [wanted.before])]
        fits, after = wanted.unnumbered(), wanted.after
        for number, entry, _, _ in self._store.newest(min(ends)):
            if number <= after or (count >= most and not total):
                break
            if fits(entry):
                count += 1
                if count <= most:
                    found.append(entry._replace(number=number))
        return Page(tuple(found[::-1]), count if total else None, counters)

    def one(self, number: int) -> Entry:
        """The exchange of this number. Refused: none is kept."""
        for found, entry, _, _ in islice(self._store.newest(number + 1), 1):
            if found == number:
                return entry._replace(number=number)
        counters = self._store.counters(coverage=False)
        if not 0 < number <= counters.exchanges:
            what = f"there is no exchange {number}, only {counters.exchanges} so far"
        elif number <= counters.evicted_to:
            what = f"exchange {number} was evicted; the oldest that may be kept is {counters.evicted_to + 1}"
        else:
            what = f"exchange {number} was forgotten"
        raise Refused(Kind.NOT_FOUND, what)

    def gaps(self, entries: Sequence[Entry]) -> Mapping[int, Gap]:
        """How long after the poll before of its task each of these came, by number, where that is kept."""
        polls = {entry.number: entry for entry in entries if entry.poll and entry.asked > 1}
        before = self._store.polls_before(tuple(polls))
        gaps = {number: gap_between(entry, polls[number]) for number, entry in before.items()}
        return {number: gap for number, gap in gaps.items() if gap is not None}

    def unmatched(self, wanted: Filter | None = None, most: int = 1_000) -> tuple[Miss, ...]:
        """The requests that met no task and no path, each with its near miss."""
        page = self.query((wanted or Filter()).unmatched(), most)
        return tuple(map(self.miss, page.entries))

    def verify(self, question: Question) -> Answer:
        """The exchanges that were meant, where all that was asked holds.

        Refused: it does not hold (with what is wrong and the entries at fault), or too much was evicted to tell.
        """
        answer = self._answer(question)
        if answer.verdict == "evicted":
            raise self._evicted()
        if answer.verdict == "unmet":
            raise Refused(Kind.UNMET, "the exchanges are not as expected", answer.problems, entries=answer.entries)
        return answer

    def wait(
        self, wanted: Filter, count: int, timeout: int = 10_000, *, gone: Callable[[], bool] = lambda: False
    ) -> WaitResult:
        """Waits until `count` exchanges that are meant are in the journal, at most `timeout` real milliseconds.

        It ends at once when the server is to end, when whoever waits is `gone`, and when no thread can be spared for
        it. Refused: the time is up, and
        too much was evicted before to tell.
        """
        if not 0 <= timeout <= MOST_WAIT:
            problem = Problem("$.timeout", f"expected at most {MOST_WAIT // 1000}s", "wait again")
            raise Refused(Kind.INVALID, "nobody waits so long", [problem])
        tally, news = _Tally(self._store, wanted), self._store.news()
        if tally.count() >= count:
            return WaitResult(True, tally.seen)
        if (self._spare is not None and not self._spare.is_set()) or not self._slots.acquire(blocking=False):
            return WaitResult(False, tally.seen, retry=True)
        try:
            until = self._monotonic() + timeout / 1000
            while tally.seen < count and self._monotonic() < until and not self._stopping.wait(_TICK) and not gone():
                before, news = news, self._store.news()
                if news != before:
                    tally.count()
        finally:
            self._slots.release()
        if tally.seen < count and may_be_lost(wanted, *self._store.entries()):
            raise self._evicted()
        return WaitResult(tally.seen >= count, tally.seen)

    def forget(self, wanted: Filter | None = None) -> int:
        """Forgets the entries that are meant; how many. What was counted stays counted."""
        forgotten: list[int] = []
        wanted = wanted or Filter()

        def meant(entry: Entry) -> bool:
            fits = wanted.fits(entry)
            forgotten.extend([entry.number] if fits else [])
            return fits

        self._store.entries(forget=meant)
        return len(forgotten)

    def _answer(self, question: Question) -> Answer:
        after = question.where.after
        if after:  # as tests ask: however many exchanges came before, it takes no longer
            answer = judge(question, *self._store.entries(after))
            if answer.verdict == "met":
                return answer
        # What is amiss is said in view of all that is kept.
        return judge(question, *self._store.entries())

    def _evicted(self) -> Refused:
        evicted = self._store.counters().evicted
        return Refused(Kind.EVICTED, f"{evicted} exchanges were evicted, perhaps some of these", hint=_HINT)

    def miss(self, entry: Entry) -> Miss:
        """What a request that met nothing came closest to."""
        library = self._library()
        if entry.vendor is not None and entry.id is not None:
            return _missed_id(entry, library, entry.vendor, entry.id)
        dialects = [dialect for dialect in self._registry.dialects() if entry.vendor in (None, dialect.name)]
        routes = [route for dialect in dialects for route in dialect.routes]
        path = entry.request.path
        unserved = any(known.path == path for dialect in dialects for known in dialect.unserved)
        if unserved or any(route.match(path) is not None for route in routes):  # the latter: the server was full
            return Miss(entry, None, entry.note)
        close = nearest(path[:200], [route.path for route in routes])
        if close is None:
            return Miss(entry, None, f"the path {path[:200]}, which is like none that is served")
        return Miss(entry, close, f"the path: {path[:200]} is not {close}{_first_difference(path, close)}")


def _missed_id(entry: Entry, library: Library, vendor: str, id: str) -> Miss:
    name = id.partition(".")[0]
    if name in library.scenarios:
        vendors = library.scenarios[name].vendors
        if vendor not in vendors:
            return Miss(entry, name, f"the vendor: {name} does not serve {vendor}, only {', '.join(vendors)}")
        return Miss(entry, name, f"the time: {name} serves {vendor} now and did not then, or the task was dropped")
    close = near_miss.nearest_claim(library, vendor, id)
    if close is None:
        return Miss(entry, None, "the id, which is like none that a scenario claims")
    return Miss(entry, close, f'the id: "{name[:100]}" is not "{close}"{_first_difference(name, close)}')


def _first_difference(found: str, wanted: str) -> str:
    """Where two words part, for the eye."""
    k = next((k for k, (a, b) in enumerate(zip(found, wanted, strict=False)) if a != b), min(len(found), len(wanted)))
    return f", they part at character {k + 1}"


class _Tally:
    """Counts what is meant, entry by entry as they come."""

    def __init__(self, store: Store, wanted: Filter) -> None:
        self._store = store
        self._wanted = wanted
        self._last = wanted.after
        self.seen = 0

    def count(self) -> int:
        """How many there are now, those included that were evicted since the count began."""
        entries, counters = self._store.entries(self._last)
        if counters.exchanges < self._last:  # the journal was reset: its numbers begin anew
            self._last, self.seen = 0, 0
            entries, counters = self._store.entries()
        self.seen += sum(map(self._wanted.fits, entries))
        self._last = max(self._last, counters.exchanges)
        return self.seen
