"""The store that several servers share, on one Redis."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress

from mock_server.engine.machine_clock import monotonic_ns
from mock_server.engine.task import Key, Record
from mock_server.journal.journal import COVERAGE, ENTRIES, SIZE, Counters, Entry, Kept
from mock_server.journal.moves import MOVES, Move
from mock_server.store import memory
from mock_server.store.look import Glance, Look, Place
from mock_server.store.redis.batch import HEAD
from mock_server.store.redis.codec import field_of, key_of, record_of
from mock_server.store.redis.committer import Committer, Limits
from mock_server.store.redis.exchanges import Exchanges, pairs_of
from mock_server.store.redis.link import Link
from mock_server.store.redis.primary import Primary
from mock_server.store.redis.shared import Shared
from mock_server.store.redis.signals import Signals
from mock_server.store.redis.tasks import Tasks, ended_of
from mock_server.store.redis.whole import read_whole, wakes_of, write_staged
from mock_server.store.store import DROPPED, Away, Change, Control, Decide, Full, Whole

_TENTH = 10**8
"""Nanoseconds after which whoever waits looks again where nobody tells of news."""
_LOOKED_AT = 1_000
"""Ended tasks that are looked at for one that was created with items."""


class RedisStore:
    """Keeps at most `max_tasks` tasks, over all servers that share it. Bounds are those of the server that commits.

    Every verb may raise Away. One namespace is one store: those of two do not see each other.
    """

    def __init__(
        self,
        primary: Primary,
        control: Control,
        *,
        max_tasks: int = memory.TASKS.value,
        entries: int = ENTRIES.value,
        size: int = SIZE.value,
    ) -> None:
        """`control` is what an empty store begins with. Nothing is asked of Redis yet."""
        self._link = Link(primary)
        self._shared = Shared(self._link, control)
        self._bounds = max_tasks, entries, size
        self._committer = Committer(self._link, self._shared, self._limits, lambda: self.stir())
        self._exchanges = Exchanges(self._link)
        self._tasks = Tasks(self._link)
        self._latest = 0
        self._signals: Signals | None = None
        self.stir: Callable[[], None] = _nobody
        """See `Store.stir`."""

    def listen(self, stopping: threading.Event) -> None:
        """Stirs from now on when another server changes something too, until `stopping` is set. It starts a thread."""
        self._signals = Signals(self._link, self._heard, stopping)
        self._signals.start()

    def _heard(self) -> None:
        """Stirs if there is something to notify, or an attempt that somebody else may have left."""
        with suppress(Away):
            woken, under_way = self._link.read(("ZCARD", "w"), ("ZCARD", "u"))
            if woken or under_way:
                self.stir()

    def _limits(self) -> Limits:
        tasks, entries, size = self._bounds
        dropped, given = memory.DROPPED_IDS.value, memory.GIVEN.value
        return Limits(tasks, given, _LOOKED_AT, dropped, entries, size, MOVES.value, COVERAGE.value)

    def real(self) -> int:
        """The real time of Redis in milliseconds, which all servers share. In a decision it is that of what it sees."""
        reading = self._committer.reading
        if reading is not None:
            return reading.now
        now, then = self._shared.clock
        if not now:
            now, then = self._shared.read().now, monotonic_ns()
        self._latest = max(self._latest, now + (monotonic_ns() - then) // 1_000_000)
        return self._latest

    @property
    def generation(self) -> int:
        """See `Store.generation`."""
        reading = self._committer.reading
        return (self._shared.read() if reading is None else reading).generation

    def transact(self, key: Key | None, decide: Decide) -> Change:
        """See `Store.transact`."""
        if self._signals is not None:
            self._signals.start()
        return self._committer.transact(key, decide)

    def read(self, key: Key) -> Record | None:
        """See `Store.read`."""
        field = field_of(key)
        value, gone = self._link.read(("HGET", "t", field), ("ZSCORE", "x", field))
        return record_of(value[HEAD:]) if value is not None else None if gone is None else DROPPED

    def scan(self) -> Iterator[tuple[Key, Record]]:
        """See `Store.scan`."""
        return self._tasks.scan()

    def look(self, place: Place, most: int, vendor: str | None = None) -> Look:
        """See `Store.look`."""
        return self._tasks.look(place, most, vendor)

    def is_ended(self, key: Key) -> bool:
        """See `Store.is_ended`."""
        value = self._link.read(("HGET", "t", field_of(key)))[0]
        return value is not None and ended_of(value) > 0

    def glance(self) -> Glance:
        """See `Store.glance`."""
        counted, changes = self._link.read(("HGETALL", "c"), ("HGET", "k", "changes"))
        c = pairs_of(counted)
        names = ("tasks", "ended", "e_made", "polls", "e_evicted", "e_forgotten", "m_made")
        tasks, ended, made, polls, evicted, forgotten, moves = (c.get(name, 0) for name in names)
        owed, size = c.get("owed", 0), c.get("e_size", 0)
        return Glance(tasks, ended, made, polls, evicted, forgotten, moves, int(changes or 0), owed, size)

    def history(self, key: Key, most: int, before: int = 0) -> tuple[Entry, ...]:
        """See `Store.history`."""
        return self._exchanges.history(key, most, before)

    def moves(self, key: Key) -> tuple[Move, ...]:
        """See `Store.moves`."""
        return self._exchanges.moves(key)

    def counts(self) -> Mapping[str, int]:
        """See `Store.counts`."""
        return {vendor: tasks for vendor, tasks in pairs_of(self._link.read(("HGETALL", "n"))[0]).items() if tasks}

    def control(self, change: Callable[[Control], Control] | None = None) -> Control:
        """See `Store.control`."""
        while True:
            reading = self._shared.read()
            if change is None:
                return reading.control
            with self._committer.deciding(reading):
                after = change(reading.control)
            if after is reading.control or self._shared.write(reading, after, changed=after != reading.control):
                break
        if after.clock != reading.control.clock:
            self._stir()
        return after

    def entries(
        self, after: int = 0, forget: Callable[[Entry], bool] | None = None
    ) -> tuple[tuple[Entry, ...], Counters]:
        """See `Store.entries`."""
        if forget is not None:
            self._exchanges.forget(forget)
        entries, counters, _ = self._exchanges.all(after)
        return entries, counters

    def news(self) -> object:
        """See `Store.news`."""
        return monotonic_ns() // _TENTH if self._signals is None else self._signals.news()

    def newest(self, before: int | None = None) -> Iterator[Kept]:
        """See `Store.newest`."""
        return self._exchanges.newest(before)

    def polls_before(self, numbers: Sequence[int]) -> Mapping[int, Entry]:
        """See `Store.polls_before`."""
        return self._exchanges.polls_before(numbers)

    def counters(self, *, coverage: bool = True) -> Counters:
        """See `Store.counters`."""
        return self._exchanges.all(0, coverage=coverage, kept=False)[1]

    def due(self, to: int, most: int | None = None) -> tuple[tuple[int, Key], ...]:
        """See `Store.due`."""
        offset = self._shared.read().control.offset
        limit = ("LIMIT", 0, -1 if most is None else most)
        return wakes_of(self._link.read(("ZRANGEBYSCORE", "w", "-inf", to + offset, "WITHSCORES", *limit))[0], offset)

    def next_due(self) -> int | None:
        """See `Store.next_due`."""
        found = self.due(2**53, 1)
        return found[0][0] if found else None

    def under_way(self) -> tuple[Key, ...]:
        """See `Store.under_way`."""
        return tuple(map(key_of, self._link.read(("ZRANGE", "u", 0, -1))[0]))

    def is_settled(self, to: int) -> bool:
        """See `Store.is_settled`."""
        soonest = ("ZRANGEBYSCORE", "w", "-inf", to + self._shared.read().control.offset, "LIMIT", 0, 1)
        under_way, due = self._link.read(("ZCARD", "u"), soonest)
        return not under_way and not due

    def reset(self, scopes: Collection[str], fresh: Control) -> None:
        """See `Store.reset`. It takes the same time however much is stored."""
        while True:
            reading = self._shared.read()
            if self._shared.write(reading, reading.control.reset(scopes, fresh), scopes):
                break
        self._stir()

    def export(self) -> Whole:
        """See `Store.export`."""
        self._shared.read()  # an empty store begins
        return read_whole(self._link)

    def replace(self, whole: Whole) -> None:
        """See `Store.replace`."""
        limits = self._limits()
        if len(whole.tasks) > limits.tasks:
            raise Full("there is no room for so many tasks")
        reading = self._shared.read()
        held = whole._replace(dropped=whole.dropped[-limits.dropped :])
        staged = write_staged(self._link, held, limits, reading.now)
        while not self._shared.write(reading, whole.control, staged=staged):
            reading = self._shared.read()
        self._stir()

    def _stir(self) -> None:
        """Stirs if any task wants to be woken: else there is nothing to do, whatever the clock shows."""
        if self._link.read(("ZCARD", "w"))[0]:
            self.stir()


def _nobody() -> None:
    """Nobody waits for anything."""
