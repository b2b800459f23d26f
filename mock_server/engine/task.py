"""The record a store keeps of one task: a plain tuple of atoms, which the garbage collector can leave alone."""

from __future__ import annotations

import json
from typing import NamedTuple

from mock_server.engine.cursor import Cursor
from mock_server.engine.draws import Draws
from mock_server.engine.scenario import Item

Record = tuple[object, ...]
"""What a store holds. It is opaque there; `unpack` reads it."""


class Key(NamedTuple):
    """What identifies a task. All state is per key."""

    vendor: str
    id: str


class Task(NamedTuple):
    """One asynchronous job. The first four fields are written once, the rest at each poll: the six of its cursor, and
    what the faults with a rate keep. Code below counts on this order.

    `given` holds submitted items as JSON, `moments` one number per rate fault of the scenario.
    """

    scenario: str
    seed: int
    given: str
    notify: str
    born: int
    since: int
    step: int
    polls: int
    hops: int
    asked: int
    moments: tuple[int, ...]

    @property
    def cursor(self) -> Cursor:
        """The task's place."""
        return Cursor(*self[4:10])

    def at(self, cursor: Cursor, moments: tuple[int, ...]) -> Task:
        """This task at another place."""
        return Task(*self[:4], *cursor, moments)

    def draws(self, id: str) -> Draws:
        """The draws of this task, given its id."""
        return Draws(self.seed, id)

    def items(self) -> tuple[Item, ...]:
        """The items it was submitted with; none if it was born by a poll."""
        return tuple(Item(fields) for fields in json.loads(self.given)) if self.given else ()

    def pack(self) -> Record:
        """The record to store: an exact and flat tuple, since the collector untracks only those at first sight."""
        return (*self[:10], *self.moments)

    def pack_at(self, cursor: Cursor, moments: tuple[int, ...]) -> Record:
        """The record of this task at another place."""
        return (*self[:4], *cursor, *moments)


def new_task(version: str, seed: int, cursor: Cursor, rates: int, given: str = "", notify: str = "") -> Task:
    """A task at its start; `rates` says how many moments it keeps."""
    return Task(version, seed, given, notify, *cursor, (0,) * rates)


def unpack(record: Record) -> Task:
    """The task of a record."""
    return Task(*record[:10], record[10:])  # type: ignore[arg-type, call-arg]  # opaque where it is stored
