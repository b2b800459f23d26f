"""Bounded looks at the tasks that are shared, in the order of their births and of their latest activity."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mock_server.engine.task import Key, Record
from mock_server.journal.journal import Kept
from mock_server.journal.moves import Move
from mock_server.store import activity
from mock_server.store.look import Look, Place, Row, row_of
from mock_server.store.redis.batch import HEAD
from mock_server.store.redis.codec import entry_of, field_of, key_of, record_of
from mock_server.store.redis.exchanges import logged, moves_of
from mock_server.store.redis.link import Link
from mock_server.store.redis.slices import births


def born_of(value: bytes) -> int:
    """The number of a task's birth among those of its vendor, from its value."""
    return int.from_bytes(value[:6], "little")


def ended_of(value: bytes) -> int:
    """The number of a task's end, from its value; 0: it has not ended."""
    return int.from_bytes(value[6:12], "little")


def number_of(id: bytes) -> int:
    """The number in the name of a stream's entry."""
    return int(id.partition(b"-")[0])


def every(values: Mapping[bytes, bytes], vendors: Sequence[bytes]) -> list[tuple[Key, Record, bytes]]:
    """All tasks of a hash, with their values: by vendor, in the order of their births."""
    places = {name.decode(): k for k, name in enumerate(vendors)}
    found = [(key_of(field), value) for field, value in values.items()]
    found.sort(key=lambda pair: (places.get(pair[0].vendor, len(places)), born_of(pair[1])))
    return [(key, record_of(value[HEAD:]), value) for key, value in found]


class Tasks:
    """The shared tasks, to look at. Any thread may call it."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def scan(self) -> Iterator[tuple[Key, Record]]:
        """See `Store.scan`."""
        slices = [(fields, self._values(fields)) for fields in births(self._link)]
        pairs = (pair for fields, values in slices for pair in zip(fields, values, strict=True))
        return ((key_of(field), record_of(value[HEAD:])) for field, value in pairs if value is not None)

    def look(self, place: Place, most: int, vendor: str | None) -> Look:
        """See `Store.look`."""
        if place.part == "active":
            return self._active(place, most, vendor)
        vendors = [each.decode() for each in self._link.read(("ZRANGE", "ns", 0, -1))[0]]
        vendors = [name for name in vendors if vendor in (None, name)]
        here = vendors.index(place.vendor) if place.vendor in vendors else 0
        if place.part == "rest":
            return self._rest(vendors[here:], place, most)
        rows: list[Row] = []
        for name in vendors[here:]:
            start = place.number if name == place.vendor else 0
            found = self._births(name, f"({start}-1", "+", most - len(rows))
            values = self._values([field_of(Key(name, id)) for _, id in found])
            for (number, id), value in zip(found, values, strict=True):
                if value is not None:
                    rows.append(row_of(name, id, record_of(value[HEAD:]), number))
            if len(found) and len(rows) >= most:
                return Look("born", tuple(rows), Place("born", found[-1][0], 0, name))
        return Look("born", tuple(rows), None)

    def _rest(self, vendors: Sequence[str], place: Place, most: int) -> Look:
        """Tasks of which the journal keeps nothing, last births first."""
        rows: list[Row] = []
        looked = 0
        for name in vendors:
            end = f"({place.number + 1}-0" if name == place.vendor else "+"
            found = self._births(name, end, "-", most - looked)
            fields = [field_of(Key(name, id)) for _, id in found]
            newest = self._newest(fields)
            for (number, id), value, *known in zip(found, self._values(fields), *newest, strict=True):
                if value is not None and not any(known):
                    rows.append(row_of(name, id, record_of(value[HEAD:]), number - 1))
            looked += len(found)
            if looked >= most and found:
                return Look("rest", tuple(rows), Place("rest", found[-1][0] - 1, 0, name))
        return Look("rest", tuple(rows), None)

    def _births(self, vendor: str, start: str, end: str, most: int) -> list[tuple[int, str]]:
        """The number and id of tasks of a vendor, from a place on: forwards up to `+`, or backwards down to `-`."""
        command = "XRANGE" if end == "+" else "XREVRANGE"
        answer: Any = self._link.read((command, f"b:{vendor}", start, end, "COUNT", most))[0]
        return [(number_of(id), fields[b"k"].decode("utf-8", "surrogatepass")) for id, fields in answer]

    def _values(self, fields: Sequence[bytes]) -> list[bytes | None]:
        return list(self._link.read(("HMGET", "t", *fields))[0]) if fields else []

    def _newest(self, fields: Sequence[bytes]) -> list[list[bytes | None]]:
        """The number of the newest exchange of each task, and of its newest move."""
        return self._link.read(("HMGET", "l", *fields), ("HMGET", "ml", *fields)) if fields else [[], []]

    def _active(self, place: Place, most: int, vendor: str | None) -> Look:
        """Tasks of which the journal keeps something."""
        # No more than that is walked.
        size = activity.WALK * most + 1
        _, _, *entries = self._link.ask("journal", "part", place.number, size, "", "e")
        _, _, *moves = self._link.ask("journal", "part", place.move, size, "", "m")
        listed = moves_of(moves)
        kept = [
            (int(number), entry_of(logged(value).data), 0, logged(value).before)
            for number, value in zip(entries[::2], entries[1::2], strict=True)
        ]
        fields = [logged(value).field for value in entries[1::2]] + [logged(value).field for value in moves[1::2]]
        fields = list(dict.fromkeys(field for field in fields if field))
        exchanges, newest_moves = self._newest(fields)
        known = {each.number: each for each in listed}
        numbers = [int(number) for number in newest_moves if number is not None]
        missing = [number for number in numbers if number not in known]
        if missing:
            values = self._link.read(("HMGET", "m", *missing))[0]
            there = [(n, value) for n, value in zip(missing, values, strict=True) if value is not None]
            pairs = [word for n, value in there for word in (b"%d" % n, value)]
            known |= {each.number: each for each in moves_of(pairs)}
        newest = {
            key_of(field): int(number) for field, number in zip(fields, exchanges, strict=True) if number is not None
        }
        by_key = {(each.vendor, each.id): each for number in numbers if (each := known.get(number)) is not None}
        window = _Window(kept, newest, _WindowMoves(listed, by_key))
        records: dict[str, dict[str, Record]] = {}
        for field, value in zip(fields, self._values(fields), strict=True):
            if value is not None:
                key = key_of(field)
                records.setdefault(key.vendor, {})[key.id] = record_of(value[HEAD:])
        return activity.active(window, records, place, most, vendor)


class _WindowMoves:
    """Some moves, newest first, and the newest of each task that they and some exchanges name."""

    def __init__(self, kept: Sequence[Move], newest: Mapping[tuple[str, str], Move]) -> None:
        self._kept = kept
        self._newest = newest

    def before(self, number: int) -> Iterator[Move]:
        """Those with a lower number, newest first."""
        return (each for each in self._kept if each.number < number)

    def newest(self, vendor: str, id: str) -> Move | None:
        """The newest move of a task."""
        return self._newest.get((vendor, id))


class _Window:
    """Some exchanges, newest first, as the journal has them."""

    def __init__(self, kept: Sequence[Kept], newest: Mapping[Key, int], moves: _WindowMoves) -> None:
        self._kept = kept
        self._newest = newest
        self.moves = moves

    def before(self, number: int) -> Iterator[Kept]:
        """Those with a lower number, newest first."""
        return (each for each in self._kept if each[0] < number)

    def newest_of(self, vendor: str, id: str) -> int:
        """The number of the newest exchange of a task, 0 if there is none."""
        return self._newest.get(Key(vendor, id), 0)
