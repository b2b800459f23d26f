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
from mock_server.engine.walk import Counted, Start
from mock_server.types import Bound, Json

Record = tuple[object, ...]
"""What a store holds. It is opaque there; `unpack` reads it."""


class Key(NamedTuple):
    """What identifies a task. All state is per key."""

    vendor: str
    id: str


class Reason(NamedTuple):
    """Why a task failed, as a person said it. `item`: of this item alone, None: of every item that failed."""

    text: str
    item: int | None = None


class Manual(NamedTuple):
    """What people set of a task besides its step: where its items start, by position, and why it failed."""

    starts: Mapping[int, Start] = {}
    reason: Reason | None = None


MOST_SET = Bound(
    "What people set of one task: moved items, and why they failed",
    64 << 10,
    "bytes",
    "409: the move is refused. A bundle with more is not loaded.",
)
UNTOUCHED = Manual()
"""Nobody set anything."""


class Task(NamedTuple):
    """One asynchronous job. The fields up to `notify` are written once, the rest as the task moves.

    Code below counts on the order: five fields, the six of the cursor, then (in a record) the buckets one by one, and
    at the end, for the few tasks that need them, `walked` and `manual`.

    `given` holds what it was created with, as the text of a JSON object (`{"items": [...], "facts": {...}, "page":
    "...", "signer": "..."}`: the fields of each item, what was said of the whole job, the web page that submitted it,
    and the access key by which that was signed), "" for
    nothing. `notify` is the address to notify, `outbox` the text of what is still owed to it; "" for neither. `buckets`
    holds one number for each fault of the scenario that has a rate (see `faults.choose`). `walked` is up to which
    moment after the birth the changes of step of its items are counted, below 0 where the items have no steps. `manual`
    is the text of what people set (see `Manual`), "" for nothing.
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
    walked: int = -1
    manual: str = ""

    @property
    def cursor(self) -> Cursor:
        """The task's place."""
        return tuple.__new__(Cursor, self[5:11])

    def at(self, cursor: Cursor, buckets: tuple[int, ...]) -> Task:
        """This task at another place."""
        return Task(*self[:5], *cursor, buckets, *self[12:])

    def by_hand(self, manual: Manual) -> Task:
        """This task with what people set in place of what they had set before."""
        return self._replace(manual=_text_of(manual))

    def set_by_hand(self) -> Manual:
        """What people set of it."""
        return _manual_of(self.manual) if self.manual else UNTOUCHED

    @property
    def counted(self) -> Counted:
        """Up to where the changes of step of its items are counted."""
        return Counted(self.polls, max(0, self.walked))

    def draws(self, id: str) -> Draws:
        """The draws of this task, whose id is `id`."""
        return Draws(self.seed, id)

    def items(self) -> tuple[Item, ...]:
        """The items it was created with; none if it was born by a poll."""
        return tuple(Item(fields) for fields in json.loads(self.given)["items"]) if self.given else ()

    def facts(self) -> Mapping[str, Json]:
        """What was submitted of the job as a whole; nothing if it was not submitted."""
        facts: Mapping[str, Json] = json.loads(self.given).get("facts", {}) if self.given else {}
        return facts

    def page(self) -> str:
        """The web page that submitted it, "" if none did: a task of a page notifies nobody."""
        return str(json.loads(self.given).get("page", "")) if self.given else ""

    def signer(self) -> str:
        """The access key by which its submit was signed, if the server knew it; "" for none."""
        return str(json.loads(self.given).get("signer", "")) if self.given else ""

    def pack(self) -> Record:
        """The record to store: an exact and flat tuple, since the collector untracks only those at first sight."""
        return (*self[:11], *self.buckets, *self._more())

    def pack_at(self, cursor: Cursor, buckets: tuple[int, ...], walked: int | None = None) -> Record:
        """The record of this task at another place, its items counted up to `walked`; None: as far as they were."""
        if self.walked < 0 and not self.manual and walked is None:
            return (*self[:5], *cursor, *buckets)
        return (*self[:5], *cursor, *buckets, *self._more(walked))

    def _more(self, walked: int | None = None) -> Record:
        """The end of a record, which is text just where there is such an end."""
        counted = self.walked if walked is None else walked
        return (counted, self.manual) if counted >= 0 or self.manual else ()


def _text_of(manual: Manual) -> str:
    """`{"items": [[item, step, since, polls, hops, n]], "reasons": [...], "reason": [text, item]}`, what is empty left
    out: `n` is the position of the item's reason, or None."""
    reasons = list(dict.fromkeys(start.reason for start in manual.starts.values() if start.reason is not None))
    numbers: dict[str | None, int | None] = {text: n for n, text in enumerate(reasons)}
    items = [[k, *start[:4], numbers.get(start.reason)] for k, start in sorted(manual.starts.items())]
    found = {"items": items, "reasons": reasons, "reason": manual.reason}
    present = {name: value for name, value in found.items() if value}
    return manual_text(present) if present else ""


def manual_text(value: Json) -> str:
    """What a task keeps of what people set, from the JSON value of that text."""
    return json.dumps(value, separators=(",", ":"))


def _manual_of(text: str) -> Manual:
    found = json.loads(text)
    reasons = found.get("reasons", ())
    starts = {
        k: Start(step, since, polls, hops, None if n is None else reasons[n])
        for k, step, since, polls, hops, n in found.get("items", ())
    }
    return Manual(starts, Reason(*found["reason"]) if "reason" in found else None)


def given_size(record: Record) -> int:
    """Bytes of what the task of a record was created with; 0 for what no task packed."""
    given = record[2] if len(record) > 2 else ""
    return len(given) if isinstance(given, str) else 0


def given_text(
    items: Sequence[Mapping[str, Json]], facts: Mapping[str, Json] | None = None, page: str = "", signer: str = ""
) -> str:
    """What a task keeps of its submit: its items and facts, and from which web page and by which key it came."""
    found = {"facts": dict(facts or {}), "page": page, "signer": signer}
    more = {name: value for name, value in found.items() if value}
    return json.dumps({"items": list(items), **more}) if items or more else ""


def new_task(
    scenario: Scenario, seed: int, cursor: Cursor, *, given: str = "", notify: str = "", outbox: str = ""
) -> Task:
    """A task at its start."""
    buckets = (0,) * len(scenario.rates)
    return Task(scenario.version, seed, given, notify, outbox, *cursor, buckets, 0 if scenario.by_items else -1)


def outbox_text(record: Record) -> str:
    """The text of a record's outbox; "" for nothing, and for what no task packed."""
    text = record[4] if len(record) > 4 else ""
    return text if isinstance(text, str) else ""


def version_of(record: Record) -> str:
    """The version of its scenario that the task of a record plays."""
    return str(record[0])


def has_address(record: Record) -> bool:
    """Whether the task of a record has an address to notify."""
    return bool(record[3])


class Polled(NamedTuple):
    """What one more poll makes of a record if it counts and ends nothing: its counts then, and the record."""

    polls: int
    asked: int
    record: Record


def polled(record: Record) -> Polled:
    """A record after one more poll in the same step."""
    scenario, seed, given, notify, outbox, born, since, step, polls, hops, asked, *more = record
    polls, asked = polls + 1, asked + 1  # type: ignore[operator]  # a record is opaque but in this module
    after = (scenario, seed, given, notify, outbox, born, since, step, polls, hops, asked, *more)
    # Past the constructor of a NamedTuple, which is one more call.
    return tuple.__new__(Polled, (polls, asked, after))


def unpack(record: Record) -> Task:
    """The task of a record."""
    # Every poll does this: past the constructor of a NamedTuple, which is one more call.
    if record[-1].__class__ is str:
        return tuple.__new__(Task, (*record[:11], record[11:-2], *record[-2:]))
    return tuple.__new__(Task, (*record[:11], record[11:], -1, ""))


def place_of(record: Record) -> tuple[int, int]:
    """The step that the task of a record was left in, and the virtual time at which it entered that."""
    step, since = record[7], record[6]
    assert isinstance(step, int)
    assert isinstance(since, int)
    return step, since
