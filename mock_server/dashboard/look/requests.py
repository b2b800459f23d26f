"""The exchanges, newest first, with equal polls of a task in one line; and one of them whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from types import MappingProxyType
from typing import NamedTuple

from mock_server.api.questions import ExchangeFilter
from mock_server.control.refused import Refused
from mock_server.dashboard.look.exchange import ExchangeLook, exchange_look, label_of
from mock_server.dashboard.visit import Visit
from mock_server.engine.ids import IdPattern
from mock_server.journal.entry import Told
from mock_server.journal.filter import Filter
from mock_server.journal.journal import Entry
from mock_server.journal.saw import Saw, saw_of

ROWS = 25
MOST_ROWS = 500
LOOKED = 2_000
"""Exchanges that one page looks at."""
ONLY: Mapping[str, Callable[[Entry], bool]] = MappingProxyType(
    {
        "unmatched": lambda entry: bool(entry.note) and entry.told is None,
        "faulted": lambda entry: bool(entry.faults),
        "off": lambda entry: entry.verdict in ("off-contract", "broken"),
        "told": lambda entry: entry.told is not None,
    }
)
"""What the tabs show alone."""


class Row(NamedTuple):
    """One exchange, or equal polls in a row: `first` is the number of the oldest poll, None if it is one.

    `told` says what an attempt to deliver a notification was; None of all else.
    """

    number: int
    address: str
    at: int
    saw: Saw
    vendor: str | None
    id: str
    label: str
    first: int | None
    poll: bool
    faulted: bool
    off: bool
    crossed: bool
    chosen: bool
    told: Told | None


class Listed(NamedTuple):
    """What the page shows. `gone` says why the chosen exchange cannot be shown."""

    rows: tuple[Row, ...]
    only: str
    tabs: tuple[str, ...]
    find: str
    vendor: str
    vendors: tuple[str, ...]
    chosen: bool
    exchange: ExchangeLook | None
    gone: str
    more: str
    older: str
    back: str


def look(visit: Visit) -> Listed:
    """The page at this address."""
    only = visit.get("only") or ""
    limit = visit.whole("rows", 1, MOST_ROWS) or ROWS
    number = visit.whole("n", 1)
    merged, left = _merged(_wanted(visit, only), limit)
    newest = merged[0][0] if merged else None
    gone = ""
    entry = newest
    if number is not None:
        try:
            entry = visit.controls.requests.one(number)
        except Refused as refused:
            entry, gone = None, refused.message
    shows_exchange = not visit.parts or "requests-exchange" in visit.parts
    rows = tuple(_row(visit, group, number) for group in merged)
    older = "" if left is None else visit.here(before=left, rows=None, n=None)
    can_grow = left is not None and len(rows) == limit and limit + ROWS <= MOST_ROWS
    return Listed(
        rows,
        only if only in ONLY else "",
        tuple(ONLY),
        visit.get("id") or "",
        visit.get("vendor") or "",
        visit.controls.server.registry.names,
        number is not None,
        None if entry is None or not shows_exchange else exchange_look(visit, entry),
        gone,
        visit.here(rows=limit + ROWS) if can_grow else "",
        "" if can_grow else older,
        visit.here(n=None, tab=None),
    )


def _wanted(visit: Visit, only: str) -> Iterator[Entry | int]:
    """The wanted entries, newest first, and in the end the number before which others may be."""
    fields: ExchangeFilter = {}
    if visit.get("vendor"):
        fields["vendor"] = visit.query["vendor"]
    if visit.get("id"):
        start = IdPattern.parse(visit.query["id"]).start
        fields["id"] = str(IdPattern(start, is_prefix=True))
    if visit.get("saw"):
        fields["saw"] = visit.query["saw"]
    if visit.get("step"):
        fields["step"] = visit.query["step"]
    status = visit.whole("status", 100, 999)
    if status is not None:
        fields["status"] = status
    told: ExchangeFilter = {**fields, "told": True}
    also = ONLY.get(only)
    # A filter selects requests or attempts to notify, never both: the page shows what happened, so it has both.
    requests, attempts = Filter(**fields).unnumbered(), Filter(**told).unnumbered()
    last = looked = 0
    for last, entry, _, _ in islice(visit.controls.server.store.newest(visit.whole("before", 1)), LOOKED):
        looked += 1
        fits = requests if entry.told is None else attempts
        if fits(entry) and (also is None or also(entry)):
            yield entry._replace(number=last)
    yield last if looked == LOOKED else 0


def _merged(entries: Iterator[Entry | int], limit: int) -> tuple[list[list[Entry]], int | None]:
    """Groups of equal polls, at most `limit`, and the number before which others may be; None: there are none."""
    groups: list[list[Entry]] = []
    for entry in entries:
        if isinstance(entry, int):
            return groups, entry if entry > 1 else None
        if groups and _equal(groups[-1][-1], entry):
            groups[-1].append(entry)
        elif len(groups) == limit:
            return groups, groups[-1][-1].number
        else:
            groups.append([entry])
    return groups, None


def _equal(newer: Entry, older: Entry) -> bool:
    plain = not (newer.faults or older.faults or newer.crossed or older.crossed or newer.note)
    same = (newer.vendor, newer.id, newer.poll, newer.verdict) == (older.vendor, older.id, older.poll, older.verdict)
    return plain and same and newer.poll and newer.asked == older.asked + 1 and saw_of(newer) == saw_of(older)


def _row(visit: Visit, group: list[Entry], number: int | None) -> Row:
    entry = group[0]
    return Row(
        entry.number,
        visit.here(n=entry.number, tab=None),
        entry.virtual,
        saw_of(entry),
        entry.vendor,
        entry.id if entry.id is not None else entry.request.path,
        label_of(entry),
        group[-1].asked if len(group) > 1 else None,
        entry.poll,
        bool(entry.faults),
        entry.verdict in ("off-contract", "broken"),
        bool(entry.crossed),
        number is not None and group[-1].number <= number <= entry.number,
        entry.told,
    )
