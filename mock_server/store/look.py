"""Bounded looks at the tasks of a store: where one stands, so that the next goes on from there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple, get_args

from mock_server.engine.task import Key, Record

Order = Literal["born", "activity"]
"""The orders in which tasks are looked at: first births first, vendor by vendor; or latest exchange or move first."""
ORDERS: tuple[Order, ...] = get_args(Order)

_NUMBER = 10**18
"""Above the number of every exchange and move."""


class Place(NamedTuple):
    """Where a look stands: all tasks before this place were looked at.

    In the part `born`, and in `rest`, which is in the opposite order, `number` tasks of `vendor` have been born before
    the place; "" stands for the first vendor, or all tasks. In `active` the place lies after what the exchange of that
    number and the move of the number `move` did.
    """

    part: Literal["born", "active", "rest"] = "born"
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
        part, number, move, vendor = text.split(".", 3)
        if part not in ("born", "active", "rest"):
            raise ValueError(f"{part!r} is no part of a look")
        return cls(part, int(number), int(move), vendor)  # type: ignore[arg-type]  # it is one of the three words


FIRST: Mapping[Order, Place] = {"born": Place(), "activity": Place("active", _NUMBER, _NUMBER)}
"""Where a look in each order begins."""


class Row(NamedTuple):
    """One task that was looked at, and the place after it."""

    key: Key
    record: Record
    after: Place


class Look(NamedTuple):
    """Some tasks in order, and where the next look goes on; None: there are no more."""

    rows: tuple[Row, ...]
    next: Place | None


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
