"""Questions about the shared journal: its exchanges, the moves beside them, and what is counted of both."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from mock_server.engine.task import Key
from mock_server.journal.entry import Entry
from mock_server.journal.journal import Counters, Kept
from mock_server.journal.moves import MOVES, Move
from mock_server.store.redis.codec import entry_of, field_of, key_of, move_of
from mock_server.store.redis.link import Link
from mock_server.store.redis.slices import SLICE, TRIES

GONE = 2
"""Flags an entry that was forgotten, and is there only to lead from the one after it to the one before it."""
_HEAD = 9
_AFTER = 6
_FIRST = 50
"""Entries that are looked at first, since most who look at the newest need no more."""

Read = tuple[tuple[Entry, ...], Counters, bytes]
"""Entries, the counters of that moment, and the name of the journal."""


class Logged(NamedTuple):
    """A value of the journal, taken apart."""

    before: int
    """The number of the one before it that names the same task, 0: there is none."""
    flags: int
    field: bytes
    data: bytes


def logged(value: bytes) -> Logged:
    """A value taken apart, as `common.lua` packed it."""
    length = int.from_bytes(value[7:_HEAD], "little")
    return Logged(int.from_bytes(value[:6], "little"), value[6], value[_HEAD : _HEAD + length], value[_HEAD + length :])


def value_of(before: int, flags: int, field: bytes, data: bytes) -> bytes:
    """The value that is taken apart so."""
    return before.to_bytes(6, "little") + bytes([flags]) + len(field).to_bytes(2, "little") + field + data


def move_data(after: int, data: bytes) -> bytes:
    """The bytes of a move with the number of the exchange before it."""
    return after.to_bytes(_AFTER, "little") + data


def entries_of(pairs: Sequence[bytes]) -> list[Entry]:
    """The entries of numbers and values in turn."""
    return [entry_of(logged(value).data, int(number)) for number, value in zip(pairs[::2], pairs[1::2], strict=True)]


def moves_of(pairs: Sequence[bytes]) -> list[Move]:
    """The moves of numbers and values in turn."""
    found = []
    for number, value in zip(pairs[::2], pairs[1::2], strict=True):
        _, _, field, data = logged(value)
        after = int.from_bytes(data[:_AFTER], "little")
        found.append(move_of(int(number), after, key_of(field), data[_AFTER:]))
    return found


def counters_of(c: Mapping[str, int], by_status: Any, seen: Any, crossed: Any) -> Counters:
    """The counters of hashes, the last three as Redis lists them."""
    statuses: dict[tuple[str | None, int], int] = {}
    for name, times in pairs_of(by_status).items():
        code, _, vendor = name.partition(" ")
        statuses[vendor or None, int(code)] = times
    edges: dict[tuple[str, int, int], int] = {}
    for name, times in pairs_of(crossed).items():
        version, origin, to = name.rsplit("\0", 2)
        edges[version, int(origin), int(to)] = times
    steps: dict[tuple[str, str], int] = {}
    for name, times in pairs_of(seen).items():
        version, _, step = name.partition("\0")
        steps[version, step] = times
    return Counters(
        c.get("e_made", 0),
        c.get("polls", 0),
        c.get("e_evicted", 0),
        statuses,
        c.get("e_forgotten", 0),
        c.get("e_evicted_to", 0),
        steps,
        edges,
        c.get("told", 0),
    )


def pairs_of(listed: Any) -> dict[str, int]:
    """A hash of numbers, as Redis lists it."""
    found = listed if isinstance(listed, dict) else dict(zip(listed[::2], listed[1::2], strict=True))
    return {name.decode(): int(times) for name, times in found.items()}


class Exchanges:
    """The shared journal. Any thread may call it."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def all(self, after: int, *, coverage: bool = True, kept: bool = True) -> Read:
        """The entries above a number if they are wanted, the counters, and the name of the journal."""
        upto = after if kept else -1
        for _ in range(TRIES):
            found = self._all(upto, coverage=coverage)
            if found is not None:
                return found
        found = self._all(upto, coverage=coverage, at_once=True)
        assert found is not None, "nothing comes between what is read at once"
        return found

    def _all(self, upto: int, *, coverage: bool, at_once: bool = False) -> Read | None:
        """As `all`, read in slices. None: it began anew meanwhile, or some were forgotten that were read before.

        `at_once`: by one script, which nothing comes between; Redis serves nobody else meanwhile.
        """
        pairs: list[bytes] = []
        begun: object = None
        while True:
            counted, *others, found, journal, upto = self._link.ask(
                "journal", "all", upto, int(coverage), SLICE, int(at_once)
            )
            c = pairs_of(counted)
            now = journal, c.get("e_forgotten", 0)
            if begun not in (None, now):
                return None
            begun = now
            pairs += found
            if upto < 0 or upto >= c.get("e_made", 0):
                break
        # Others may have been evicted since they were read.
        kept = tuple(each for each in entries_of(pairs) if each.number > c.get("e_floor", 0))
        return kept, counters_of(c, *others), journal

    def forget(self, which: Callable[[Entry], bool]) -> None:
        """Forgets a slice at a time, so that nobody waits for longer than one takes."""
        entries, _, journal = self.all(0, coverage=False)
        numbers = [entry.number for entry in entries if which(entry)]
        for start in range(0, len(numbers), SLICE):
            # What was forgotten already is not forgotten twice, so that it may be asked again.
            self._link.ask("journal", "forget", journal, *numbers[start : start + SLICE])

    def newest(self, before: int | None) -> Iterator[Kept]:
        """See `Store.newest`. Parts grow: who needs few entries waits for few."""
        number, size, journal = sys.maxsize if before is None else before, _FIRST, b""
        while number > 0:
            number = min(number, 10**15)
            journal, more, *found = self._link.ask("journal", "part", number, size, journal, "e")
            for each, value in zip(found[::2], found[1::2], strict=True):
                number = int(each)
                before_it, _, _, data = logged(value)
                yield number, entry_of(data), len(value), before_it
            if more != b"1" or not found:
                return
            size = min(2 * size, SLICE)

    def history(self, key: Key, most: int, before: int) -> tuple[Entry, ...]:
        """See `Store.history`."""
        return tuple(entries_of(self._link.ask("journal", "task", "e", "l", field_of(key), before, most)))

    def moves(self, key: Key) -> tuple[Move, ...]:
        """See `Store.moves`."""
        return tuple(moves_of(self._link.ask("journal", "task", "m", "ml", field_of(key), 0, MOVES.value)))

    def polls_before(self, numbers: Sequence[int]) -> Mapping[int, Entry]:
        """See `Store.polls_before`."""
        found: dict[int, Entry] = {}
        for start in range(0, len(numbers), _FIRST):
            rows = self._link.ask("journal", "polls", *numbers[start : start + _FIRST])
            for asked, _, value in zip(rows[::3], rows[1::3], rows[2::3], strict=True):
                found[int(asked)] = entry_of(logged(value).data)
        return found
