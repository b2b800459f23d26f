"""Tasks by their latest activity, found from what the journal keeps, so that a poll pays nothing for it.

A task stands where its newest exchange or move does, whichever came later. Tasks of which the journal keeps neither
come after all others, last births first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice

from mock_server.engine.task import Key, Record
from mock_server.journal.journal import Journal, Kept
from mock_server.journal.moves import Move
from mock_server.store.look import Look, Place, Row

_WALK = 4
"""How many exchanges and moves are walked for each task that may be found: few tasks may be polled often."""

Records = Mapping[str, dict[str, Record]]


def active(journal: Journal, records: Records, place: Place, most: int, vendor: str | None) -> Look:
    """Tasks of which the journal keeps something, from a place on. Whoever calls it guards both."""
    rows: list[Row] = []
    here = place
    for walked, (key, here) in enumerate(_newest(journal, place), 1):
        record = None if key is None or vendor not in (None, key.vendor) else _record(records, key)
        if key is not None and record is not None:
            rows.append(Row(key, record, here))
        if len(rows) == most or walked == _WALK * most:
            return Look(tuple(rows), here)
    return Look(tuple(rows), Place("rest"))


def rest(journal: Journal, records: Records, place: Place, most: int, vendor: str | None) -> Look:
    """Tasks of which the journal keeps nothing, from a place on. Whoever calls it guards both."""
    vendors = [name for name in records if vendor in (None, name)]
    here = vendors.index(place.vendor) if place.vendor in vendors else 0
    rows: list[Row] = []
    looked = 0
    for name in vendors[here:]:
        tasks = records[name]
        left = min(place.number, len(tasks)) if name == place.vendor else len(tasks)
        newest_first = reversed(tasks.items())
        for k, (id, record) in enumerate(islice(newest_first, len(tasks) - left, len(tasks) - left + most - looked), 1):
            looked += 1
            if not journal.newest_of(name, id) and journal.moves.newest(name, id) is None:
                rows.append(Row(Key(name, id), record, Place("rest", left - k, 0, name)))
        if looked == most:
            return Look(tuple(rows), Place("rest", left - k, 0, name))
    return Look(tuple(rows), None)


def _newest(journal: Journal, place: Place) -> Iterator[tuple[Key | None, Place]]:
    """What happened before a place, newest first: the place after it, and the task if nothing newer happened to it."""
    entries, moves = journal.before(place.number), journal.moves.before(place.move)
    kept, move = next(entries, None), next(moves, None)
    number, made = place.number, place.move
    while kept is not None or move is not None:
        if move is not None and (kept is None or move.after >= kept[0]):
            made = move.number
            yield _moved(journal, move), Place("active", number, made)
            move = next(moves, None)
        elif kept is not None:
            number = kept[0]
            yield _polled(journal, kept), Place("active", number, made)
            kept = next(entries, None)


def _polled(journal: Journal, kept: Kept) -> Key | None:
    """The task of an exchange, if this is its latest activity."""
    number, entry, _, _ = kept
    if entry.vendor is None or entry.id is None or journal.newest_of(entry.vendor, entry.id) != number:
        return None
    move = journal.moves.newest(entry.vendor, entry.id)
    return Key(entry.vendor, entry.id) if move is None or move.after < number else None


def _moved(journal: Journal, move: Move) -> Key | None:
    """The task of a move, if this is its latest activity."""
    if journal.moves.newest(move.vendor, move.id) is not move or journal.newest_of(move.vendor, move.id) > move.after:
        return None
    return Key(move.vendor, move.id)


def _record(records: Records, key: Key) -> Record | None:
    return records.get(key.vendor, {}).get(key.id)
