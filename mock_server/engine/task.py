"""The record a store keeps of one task: a plain tuple of atoms, which the garbage collector can leave alone.

Only this module knows where a field stands in a record. Everybody else goes through `Task` or `Run`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from mock_server.engine.cursor import Cursor
from mock_server.engine.draws import Draws
from mock_server.engine.scenario import Item, Scenario
from mock_server.types import Json

Record = tuple[object, ...]
"""What a store holds. It is opaque there; `unpack` reads it."""


class Key(NamedTuple):
    """What identifies a task. All state is per key."""

    vendor: str
    id: str


class Task(NamedTuple):
    """One asynchronous job. The fields up to `notify` are written once, the rest as the task moves.

    Code below counts on the order: five fields, the six of the cursor, then (in a record) the buckets one by one.

    `given` holds what it was created with, as the text of a JSON object (`{"items": [...]}`), "" for nothing. `notify`
    is the address to notify, `outbox` the text of what is still owed to it; "" for neither. `buckets` holds one number
    for each fault of the scenario that has a rate (see `faults.choose`).
    """

    scenario: str
    seed: int
    given: str
    notify: str
    outbox: str
    born: int
    since: int
    step: int
    polls: int
    hops: int
    asked: int
    buckets: tuple[int, ...]

    @property
    def cursor(self) -> Cursor:
        """The task's place."""
        return tuple.__new__(Cursor, self[5:11])

    def at(self, cursor: Cursor, buckets: tuple[int, ...]) -> Task:
        """This task at another place."""
        return Task(*self[:5], *cursor, buckets)

    def draws(self, id: str) -> Draws:
        """The draws of this task, whose id is `id`."""
        return Draws(self.seed, id)

    def items(self) -> tuple[Item, ...]:
        """The items it was created with; none if it was born by a poll."""
        return tuple(Item(fields) for fields in json.loads(self.given)["items"]) if self.given else ()

    def pack(self) -> Record:
        """The record to store: an exact and flat tuple, since the collector untracks only those at first sight."""
        return (*self[:11], *self.buckets)

    def pack_at(self, cursor: Cursor, buckets: tuple[int, ...]) -> Record:
        """The record of this task at another place."""
        return (*self[:5], *cursor, *buckets)


def given_text(items: Sequence[Mapping[str, Json]]) -> str:
    """What a task keeps of the items it is created with."""
    return json.dumps({"items": list(items)}) if items else ""


def new_task(scenario: Scenario, seed: int, cursor: Cursor, *, given: str = "", notify: str = "") -> Task:
    """A task at its start."""
    return Task(scenario.version, seed, given, notify, "", *cursor, (0,) * len(scenario.rates))


def version_of(record: Record) -> str:
    """The version of its scenario that the task of a record plays."""
    return str(record[0])


def unpack(record: Record) -> Task:
    """The task of a record."""
    # Every poll does this: past the constructor of a NamedTuple, which is one more call.
    return tuple.__new__(Task, (*record[:11], record[11:]))


def place_of(record: Record) -> tuple[int, int]:
    """The step that the task of a record was left in, and the virtual time at which it entered that."""
    step, since = record[7], record[6]
    assert isinstance(step, int)
    assert isinstance(since, int)
    return step, since
