"""All that a shared store holds: read at one moment, and put in place of what is there at one moment.

What is put there is first written under other names, which nobody looks at, and then renamed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from secrets import token_hex
from typing import TypeVar

from mock_server.engine.outbox import owing_in
from mock_server.engine.task import Key, given_size
from mock_server.journal.journal import Counters
from mock_server.journal.moves import MOVES
from mock_server.store.redis.batch import edge, status
from mock_server.store.redis.codec import entry_bytes, field_of, key_of, move_bytes, packed
from mock_server.store.redis.committer import Limits
from mock_server.store.redis.copying import held
from mock_server.store.redis.exchanges import counters_of, entries_of, move_data, moves_of, value_of
from mock_server.store.redis.link import Link, Word
from mock_server.store.redis.shared import control_from
from mock_server.store.redis.tasks import ended_of, every
from mock_server.store.store import Whole

_AT_ONCE = 1_000
"""Words of one command."""
_COMMANDS = 200
"""Commands that are sent at once."""
_STAGED = 600
"""Seconds after which what was written and never put in place is gone."""

T = TypeVar("T")


def read_whole(link: Link) -> Whole:
    """See `Store.export`."""
    found = held(link)
    ended = sorted((ended_of(value), field) for field, value in found.tasks.items() if ended_of(value))
    return Whole(
        control_from(found.text, found.used, found.counters[0].get("unmatched", 0)),
        tuple((key, record) for key, record, _ in every(found.tasks, found.vendors)),
        tuple(key_of(field) for _, field in ended),
        tuple(map(key_of, sorted(found.dropped, key=found.dropped.__getitem__))),
        tuple(entries_of(_in_order(found.entries))),
        counters_of(*found.counters),
        tuple((at, key_of(field)) for at, field in sorted((at, field) for field, at in found.wakes.items())),
        tuple(moves_of(_in_order(found.moves))),
    )


def wakes_of(listed: Sequence[bytes], offset: int = 0) -> tuple[tuple[int, Key], ...]:
    """Moments and tasks, from tasks and moments in turn; `offset` is how far these are ahead."""
    return tuple([(int(at) - offset, key_of(field)) for field, at in zip(listed[::2], listed[1::2], strict=True)])


def _in_order(values: Mapping[int, bytes]) -> list[bytes]:
    """Numbers and values in turn, by number."""
    return [word for number in sorted(values) for word in (b"%d" % number, values[number])]


def write_staged(link: Link, whole: Whole, limits: Limits, now: int) -> tuple[str, list[str]]:
    """Writes all that is to be there, but the control, under other names: how they begin, and which there are."""
    stage = f"new:{token_hex(6)}:"
    names: dict[str, None] = {}

    def named(commands: Iterable[Sequence[Word]]) -> Iterator[Sequence[Word]]:
        for word, name, *rest in commands:
            assert isinstance(name, str)
            yield word, stage + name, *rest
            if name not in names:
                names[name] = None
                yield "EXPIRE", stage + name, _STAGED

    for some in _batched(named(chain(_tasks(whole, now), _journal(whole, limits))), _COMMANDS):
        link.write(some)
    return stage, list(names)


def _tasks(whole: Whole, now: int) -> Iterator[Sequence[Word]]:
    ended = {key: n for n, key in enumerate(whole.ended, 1)}
    born: dict[str, int] = {}
    values: list[tuple[bytes, bytes]] = []
    given = owed = 0
    for key, record in whole.tasks:
        born[key.vendor] = born.get(key.vendor, 0) + 1
        (owes, trying), size, field = owing_in(record), given_size(record), field_of(key)
        given, owed = given + size, owed + owes
        head = born[key.vendor].to_bytes(6, "little") + ended.get(key, 0).to_bytes(6, "little")
        values.append((field, head + size.to_bytes(4, "little") + owes.to_bytes(2, "little") + packed(record)))
        yield "XADD", f"b:{key.vendor}", f"{born[key.vendor]}-1", "k", key.id.encode("utf-8", "surrogatepass")
        if trying:
            yield "ZADD", "u", now, field
    yield from _hash("t", values)
    for k, vendor in enumerate(born):
        yield "ZADD", "ns", k, vendor
    yield from _hash("n", born.items())
    for key, n in ended.items():
        yield "XADD", "d", f"{n}-1", "k", field_of(key)
    dropped = whole.dropped
    yield from _sorted("x", ((n, field_of(key)) for n, key in enumerate(dropped, 1)))
    yield from _sorted("w", ((at, field_of(key)) for at, key in whole.wakes))
    counts = {"tasks": len(whole.tasks), "ended": len(ended), "ends": len(ended), "given": given, "owed": owed}
    counts |= {"gone": len(dropped), **{f"b:{vendor}": n for vendor, n in born.items()}}
    yield from _hash("c", counts.items())


def _journal(whole: Whole, limits: Limits) -> Iterator[Sequence[Word]]:
    counters = whole.counters
    entries: list[tuple[int, bytes]] = []
    newest: dict[bytes, int] = {}
    for entry in whole.entries:
        field = b"" if entry.id is None else field_of(Key(entry.vendor or "", entry.id))
        before = newest.get(field, 0) if field else 0
        entries.append((entry.number, value_of(before, int(entry.poll), field, entry_bytes(entry))))
        if field:
            newest[field] = entry.number
    moves: list[tuple[int, bytes]] = []
    moved: dict[bytes, int] = {}
    for move in whole.moves[-MOVES.value :]:
        field = field_of(Key(move.vendor, move.id))
        data = move_data(move.after, move_bytes(move))
        moves.append((move.number, value_of(moved.get(field, 0), 0, field, data)))
        moved[field] = move.number
    kept = _within(entries, limits)
    evicted_to = entries[-len(kept) - 1][0] if len(kept) < len(entries) else counters.evicted_to
    left = {field: n for field, n in newest.items() if kept and n >= kept[0][0]}
    yield from _hash("e", kept)
    yield from _hash("l", left.items())
    yield from _hash("m", moves)
    yield from _hash("ml", moved.items())
    yield from _counted(counters)
    yield from _hash(
        "c",
        {
            "e_made": counters.exchanges,
            "e_kept": len(kept),
            "e_size": sum(len(value) for _, value in kept),
            "e_evicted": counters.evicted + len(entries) - len(kept),
            "e_evicted_to": evicted_to,
            "e_floor": kept[0][0] - 1 if kept else counters.exchanges,
            "e_forgotten": counters.forgotten,
            "m_made": moves[-1][0] if moves else 0,
            "m_kept": len(moves),
            "m_size": sum(len(value) for _, value in moves),
            "m_floor": moves[0][0] - 1 if moves else 0,
            "polls": counters.polls,
            "told": counters.told,
        }.items(),
    )


def _counted(counters: Counters) -> Iterator[Sequence[Word]]:
    yield from _hash("y", ((status(*what), times) for what, times in counters.by_status.items()))
    seen = {"\0".join(what): times for what, times in counters.seen.items()}
    crossed = {edge(*what): times for what, times in counters.crossed.items()}
    for name, counts in (("v", seen), ("z", crossed)):
        yield from _hash(name, counts.items())
        for some in _batched(counts, _AT_ONCE):
            yield "RPUSH", f"{name}o", *some


def _within(entries: Sequence[tuple[int, bytes]], limits: Limits) -> Sequence[tuple[int, bytes]]:
    """The newest entries that a journal has room for."""
    size, first = 0, len(entries)
    while first and len(entries) - first < limits.entries and size + len(entries[first - 1][1]) <= limits.size:
        first -= 1
        size += len(entries[first][1])
    return entries[first:]


def _hash(name: str, pairs: Iterable[tuple[Word, Word]]) -> Iterator[Sequence[Word]]:
    for some in _batched(pairs, _AT_ONCE // 2):
        yield "HSET", name, *chain.from_iterable(some)


def _sorted(name: str, pairs: Iterable[tuple[Word, Word]]) -> Iterator[Sequence[Word]]:
    for some in _batched(pairs, _AT_ONCE // 2):
        yield "ZADD", name, *chain.from_iterable(some)


def _batched(values: Iterable[T], size: int) -> Iterator[list[T]]:
    """The values in lists of so many."""
    left = iter(values)
    while some := list(islice(left, size)):
        yield some
