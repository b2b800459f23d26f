"""Bounded looks at the tasks of a store: where one stands, so that the next goes on from there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, NamedTuple, get_args

from mock_server.api.words import Order
from mock_server.engine.task import Key, Record

_NUMBER = 10**18
"""Above the number of every exchange and move."""


Part = Literal["born", "active", "rest"]
PARTS: tuple[Part, ...] = get_args(Part)
_WHOLE = "(0|[1-9][0-9]{0,18})"
"""A whole number as `str` writes it."""
_TEXT = re.compile(rf"([a-z]+)\.{_WHOLE}\.{_WHOLE}\.(.*)", re.DOTALL)


class Place(NamedTuple):
    """Where a look stands: all tasks before this place were looked at.

    In the part `born`, and in `rest`, which is in the opposite order, `number` tasks of `vendor` have been born before
    the place; "" stands for the first vendor, or all tasks. In `active` the place lies after what the exchange of that
    number and the move of the number `move` did.
    """

    part: Part = "born"
    number: int = 0
    move: int = 0
    vendor: str = ""

    def __str__(self) -> str:
        return f"{self.part}.{self.number}.{self.move}.{self.vendor}"

    @property
    def order(self) -> Order:
        """The order that it is a place in."""
        return "born" if self.part == "born" else "activity"

    @classmethod
    def parse(cls, text: str) -> Place:
        """The place of a text that `str` made. ValueError: it is none."""
        found = _TEXT.fullmatch(text)
        part = next((each for each in PARTS if found is not None and each == found[1]), None)
        if found is None or part is None:
            raise ValueError(f"{text!r} is no place of a look")
        number, move = int(found[2]), int(found[3])
        if max(number, move) > _NUMBER:
            raise ValueError(f"{text!r} is beyond every place")
        return cls(part, number, move, found[4])


FIRST: Mapping[Order, Place] = {"born": Place(), "activity": Place("active", _NUMBER, _NUMBER)}
"""Where a look in each order begins."""


class Row(NamedTuple):
    """One task that was looked at; `number` and `move` are those of the place after it."""

    key: Key
    record: Record
    number: int
    move: int


def row_of(vendor: str, id: str, record: Record, number: int, move: int = 0) -> Row:
    """A row. A look makes many: past the constructors of NamedTuples, which take twice as long."""
    return tuple.__new__(Row, (tuple.__new__(Key, (vendor, id)), record, number, move))


class Look(NamedTuple):
    """Some tasks in order, and where the next look goes on; None: there are no more. `part` is where the rows are."""

    part: Part
    rows: tuple[Row, ...]
    next: Place | None

    def after(self, row: Row) -> Place:
        """The place after one of the rows."""
        return Place(self.part, row.number, row.move, "" if self.part == "active" else row.key.vendor)


class Glance(NamedTuple):
    """What a store can tell of itself without counting anything: it costs the same however much is stored."""

    tasks: int
    ended: int
    """Those of them that are known to have ended."""
    exchanges: int
    polls: int
    evicted: int
    forgotten: int
    moves: int
    """Changes of step that no exchange tells, all that were made."""
    changes: int
    """How often the control changed."""
    owed: int = 0
    """Notifications that tasks owe."""
    size: int = 0
    """About how many bytes of memory the kept exchanges hold."""
