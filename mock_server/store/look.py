"""Bounded looks at the tasks of a store: where one stands, so that the next goes on from there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple, get_args

from mock_server.api.words import Order
from mock_server.engine.task import Key, Record

_NUMBER = 10**18
"""Above the number of every exchange and move."""


Part = Literal["born", "active", "rest"]
PARTS: tuple[Part, ...] = get_args(Part)


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
        name, number, move, vendor = text.split(".", 3)
        part = next((each for each in PARTS if each == name), None)
        if part is None:
            raise ValueError(f"{name!r} is no part of a look")
        return cls(part, int(number), int(move), vendor)


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
