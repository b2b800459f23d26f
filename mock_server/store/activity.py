"""Tasks by their latest activity, found from what the journal keeps, so that a poll pays nothing for it.

A task stands where its newest exchange or move does, whichever came later. Tasks of which the journal keeps neither
come after all others, last births first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from types import MappingProxyType
from typing import Protocol

from mock_server.engine.task import Record
from mock_server.journal.journal import Entry, Journal, Kept
from mock_server.journal.moves import Move
from mock_server.store.look import Look, Place, Row, row_of

WALK = 4
"""How many exchanges and moves are walked for each task that may be found: few tasks may be polled often."""


class RecentMoves(Protocol):
    """The moves that are kept, of which these are asked."""

    def before(self, number: int) -> Iterator[Move]:
        """Those with a lower number, newest first."""

    def newest(self, vendor: str, id: str) -> Move | None:
        """The newest move of a task."""


class Recent(Protocol):
    """A journal, of which these are asked."""

    @property
    def moves(self) -> RecentMoves:
        """The moves beside it."""

    def before(self, number: int) -> Iterator[Kept]:
        """The kept entries with a lower number, newest first."""

    def newest_of(self, vendor: str, id: str) -> int:
        """The number of the newest kept entry that names a task, 0 if there is none."""


Records = Mapping[str, dict[str, Record]]
_NONE: Mapping[str, Record] = MappingProxyType({})


def active(journal: Recent, records: Records, place: Place, most: int, vendor: str | None) -> Look:
    """Tasks of which the journal keeps something, from a place on. Whoever calls it guards both."""
    rows: list[Row] = []
    number, move = place.number, place.move
    for walked, (owner, id, number, move) in enumerate(_newest(journal, place), 1):  # used after the loop
        record = None if owner is None or vendor not in (None, owner) else records.get(owner, _NONE).get(id)
        if record is not None and owner is not None:
            rows.append(row_of(owner, id, record, number, move))
        if len(rows) == most or walked == WALK * most:
            return Look("active", tuple(rows), Place("active", number, move))
    return Look("active", tuple(rows), Place("rest"))


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
        for id, record in islice(newest_first, len(tasks) - left, len(tasks) - left + most - looked):
            looked, left = looked + 1, left - 1
            if not journal.newest_of(name, id) and journal.moves.newest(name, id) is None:
                rows.append(row_of(name, id, record, left))
        if looked == most:
            return Look("rest", tuple(rows), Place("rest", left, 0, name))
    return Look("rest", tuple(rows), None)


_Happened = tuple[str | None, str, int, int]
"""The vendor and the id of a task to which nothing newer happened (vendor None: there is no such task), and the numbers
of the place after it."""


def _newest(journal: Recent, place: Place) -> Iterator[_Happened]:
    """What happened before a place, newest first."""
    entries, moves = journal.before(place.number), journal.moves.before(place.move)
    kept, move = next(entries, None), next(moves, None)
    number, made = place.number, place.move
    while kept is not None or move is not None:
        if move is not None and (kept is None or move.after >= kept[0]):
            made = move.number
            yield move.vendor if _is_latest(journal, move) else None, move.id, number, made
            move = next(moves, None)
        elif kept is not None:
            number, entry, _, _ = kept
            latest = _polled(journal, number, entry)
            yield entry.vendor if latest else None, entry.id or "", number, made
            kept = next(entries, None)


def _polled(journal: Recent, number: int, entry: Entry) -> bool:
    """Whether an exchange is the latest activity of a task."""
    vendor, id = entry.vendor, entry.id
    if vendor is None or id is None or journal.newest_of(vendor, id) != number:
        return False
    move = journal.moves.newest(vendor, id)
    return move is None or move.after < number


def _is_latest(journal: Recent, move: Move) -> bool:
    """Whether a move is the latest activity of its task."""
    vendor, id = move.vendor, move.id
    return journal.moves.newest(vendor, id) is move and journal.newest_of(vendor, id) <= move.after
