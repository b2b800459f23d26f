"""Decisions that are committed together. What was read once is decided on in order, task by task.

Several decisions on one task are a group: each sees what the one before it left, and all are committed, or none.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

from mock_server.engine.outbox import owing_in
from mock_server.engine.task import Key, Record, given_size
from mock_server.faults.armed import ArmedFaults
from mock_server.journal.entry import Entry
from mock_server.journal.moves import Move, made_by
from mock_server.store.redis.codec import entry_bytes, field_of, move_bytes, packed, record_of
from mock_server.store.redis.shared import FAULT, RULE, Reading
from mock_server.store.store import DROPPED, Change, Control, Decide

HEAD = 18
"""Bytes before the record in the value of a task, as `common.lua` packs them."""


class Operation:
    """One decision that somebody waits for: `change` or `error` is there once it is over."""

    __slots__ = ("change", "decide", "error", "field", "key", "tries", "wake")

    def __init__(self, key: Key | None, decide: Decide, wake: Callable[[], object]) -> None:
        self.key = key
        self.field = b"" if key is None else field_of(key)
        self.decide = decide
        self.wake = wake
        """Called when it is over, or when whoever waits for it is to commit the next batch. False: nobody waits."""
        self.change: Change | None = None
        self.error: BaseException | None = None
        self.tries = 0

    @property
    def is_over(self) -> bool:
        """Whether there is a result."""
        return self.change is not None or self.error is not None


class Made(NamedTuple):
    """An operation and what was decided; `error` is what its decision raised on what the group is to become."""

    operation: Operation
    change: Change
    error: Exception | None = None


class Group:
    """What is to become of one task, or what touches none."""

    __slots__ = ("drop", "dropped", "expected", "field", "last", "made", "record")

    def __init__(self, field: bytes, expected: bytes | None, *, dropped: bool) -> None:
        self.field = field
        self.expected = expected
        self.dropped = dropped
        self.record: Record | None = None if expected is None else record_of(expected[HEAD:])
        if expected is None and dropped:
            self.record = DROPPED
        self.made: list[Made] = []
        self.last: Change | None = None
        """The last change that stores a record."""
        self.drop = False

    def take(self, operation: Operation, change: Change, error: Exception | None = None) -> None:
        """One more decision on this task."""
        self.made.append(Made(operation, change, error))
        if operation.key is None:
            return
        if change.drop:
            self.record, self.last, self.drop = None, None, True
        elif change.record is not None:
            self.record, self.last = change.record, change


class Batch:
    """Decisions on what was read, and what they ask the store to do."""

    def __init__(self, reading: Reading, fields: dict[bytes, int]) -> None:
        """`fields` are the positions of the tasks that were read."""
        self._reading = reading
        self._fields = fields
        self._groups: dict[bytes, Group] = {}
        self._others: list[Group] = []
        self.control = reading.control
        """The control after what was decided so far."""

    @property
    def groups(self) -> list[Group]:
        """Those that change something, in the order in which they are committed."""
        return [*(group for group in self._groups.values() if group.made), *self._others]

    def decide(self, operation: Operation) -> None:
        """Decides one operation. What its decision raises is its result."""
        group = self._group(operation)
        record = group.record if operation.key is not None else None
        try:
            change, error = operation.decide(record, self.control), None
        except Exception as raised:  # it is that of whoever asked, who gets it
            change, error = _NOTHING, raised
        if change == _NOTHING and not group.made:
            operation.change, operation.error = (None, error) if error else (change, None)
            return
        if change.spent:
            if self.control.armed is self._reading.control.armed:  # faults count in place, and others know this one
                self.control = self.control._replace(armed=_copied(self.control.armed))
            self.control = self.control.spend(change.spent)
        if change.rule:
            self.control = self.control._replace(rules=self.control.rules.used(change.rule))
        if change.unmatched:
            self.control = self.control._replace(unmatched=self.control.unmatched + 1)
        # What it saw of the others is there only if they are committed, and so is its result.
        group.take(operation, change, error)
        if operation.key is None:
            self._others.append(group)

    def _group(self, operation: Operation) -> Group:
        if operation.key is None:
            return Group(b"", None, dropped=False)
        field = operation.field
        if field not in self._groups:
            place = self._fields[field]
            self._groups[field] = Group(field, self._reading.values[place], dropped=place in self._reading.gone)
        return self._groups[field]


_NOTHING = Change()


def _copied(armed: ArmedFaults) -> ArmedFaults:
    return ArmedFaults(armed, armed.last, {each.number: armed.struck(each.number) for each in armed})


class Words:
    """The words of a commit: a structure of numbers and texts, and the byte strings that it refers to by position."""

    def __init__(self, base: Control) -> None:
        self._base = base
        self.blobs: list[bytes] = []

    def _blob(self, data: bytes) -> int:
        """The position of one more byte string, as the script counts."""
        self.blobs.append(data)
        return len(self.blobs) + 1

    def group(self, group: Group) -> dict[str, Any]:
        """What a group asks for."""
        field = self._blob(group.field) if group.field else 0
        last = group.last
        record = None if last is None else last.record
        owed, trying = (0, False) if record is None else owing_in(record)
        told: dict[str, Any] = {
            "field": field,
            "expected": self._blob(group.expected) if group.expected is not None else 0,
            "dropped": group.dropped,
            "drop": group.drop,
            "record": 0 if record is None else self._blob(packed(record)),
            "ended": last is not None and last.ended,
            "wake": "" if last is None or last.wake is None else str(last.wake),
            "given": 0 if record is None else given_size(record),
            "owed": owed,
            "trying": trying,
            "claims": self._claims(group),
        }
        return told | self._journal(group, field)

    def _claims(self, group: Group) -> list[tuple[str, int, int]]:
        """What a group uses up: the name, how often, and how often the control lets it since its text (-1: always)."""
        uses: dict[str, int] = {}
        for _, change, _ in group.made:
            for name in [
                *(f"{FAULT}{number}" for number in change.spent),
                *([f"{RULE}{change.rule}"] if change.rule else []),
            ]:
                uses[name] = uses.get(name, 0) + 1
        return [(name, times, self._limit(name)) for name, times in uses.items()]

    def _limit(self, name: str) -> int:
        number = int(name[1:])
        if name.startswith(FAULT):
            fault = next((each for each in self._base.armed if each.number == number), None)
            return 0 if fault is None else -1 if fault.times is None else fault.times
        rule = next((each for each in self._base.rules.rules if each.number == number), None)
        return 0 if rule is None else -1 if rule.times is None else rule.times - rule.played

    def _journal(self, group: Group, field: int) -> dict[str, Any]:
        tally = Tally()
        entries: list[tuple[int, int, int]] = []
        moves: list[tuple[int, int]] = []
        for operation, change, _ in group.made:
            tally.change(change)
            entry = change.entry
            if entry is not None:
                own = 0
                if entry.id is not None:
                    name = field_of(Key(entry.vendor or "", entry.id))
                    own = field if name == group.field else self._blob(name)
                entries.append((own, int(entry.poll), self._blob(entry_bytes(entry))))
            elif change.crossed and operation.key is not None:
                for version, crossing, by in made_by(change.crossed, by_hand=change.by_hand):
                    move = Move(0, 0, *operation.key, version, crossing, by, change.born)
                    moves.append((self._blob(move_bytes(move)), len(entries)))
        told = tally.words()
        told["moves"] = [(blob, len(entries) - before) for blob, before in moves]
        told["entries"] = entries
        return told


class Tally:
    """What is counted of some changes."""

    def __init__(self) -> None:
        self._changes = 0
        self._counts: dict[str, int] = {}
        self._by_status: dict[str, int] = {}
        self._seen: dict[str, int] = {}
        self._crossed: dict[str, int] = {}

    def change(self, change: Change) -> None:
        """One more change."""
        self._changes += bool(change.spent) + bool(change.rule)
        _add(self._counts, "unmatched", int(change.unmatched))
        if change.entry is not None:
            self._entry(change.entry)
        for version, crossing in change.crossed:
            _add(self._crossed, edge(version, crossing.origin, crossing.to), 1)
        if change.items is not None:
            version, seen, crossed = change.items
            for name in seen:
                _add(self._seen, f"{version}\0{name}", 1)
            for origin, to in crossed:
                _add(self._crossed, edge(version, origin, to), 1)

    def _entry(self, entry: Entry) -> None:
        if entry.told is None:
            _add(self._by_status, status(entry.vendor, entry.response.status), 1)
        else:
            _add(self._counts, "told", 1)
        if entry.poll:
            _add(self._counts, "polls", 1)
            if entry.scenario is not None and entry.step is not None:
                _add(self._seen, f"{entry.scenario}\0{entry.step}", 1)
                for origin, to, _ in entry.crossed:
                    _add(self._crossed, edge(entry.scenario, origin, to), 1)

    def words(self) -> dict[str, Any]:
        """As the script reads them: name, times, name, times."""
        parts = (
            ("counts", self._counts),
            ("by_status", self._by_status),
            ("seen", self._seen),
            ("crossed", self._crossed),
        )
        flat = {name: [word for pair in counts.items() for word in pair] for name, counts in parts}
        return {"changes": self._changes, **flat}


def edge(version: str, origin: int, to: int) -> str:
    """The name of a change of step among the counters."""
    return f"{version}\0{origin}\0{to}"


def status(vendor: str | None, code: int) -> str:
    """The name of a vendor's status among the counters."""
    return f"{code}" if vendor is None else f"{code} {vendor}"


def _add(counts: dict[str, int], name: str, times: int) -> None:
    if times:
        counts[name] = counts.get(name, 0) + times


def encoded(words: dict[str, Any]) -> bytes:
    """The structure as the script reads it."""
    return msgspec.msgpack.encode(words)
