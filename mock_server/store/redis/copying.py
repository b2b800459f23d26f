"""Copies all that a shared store holds, as of one moment, though no command reads more than a slice of it.

It is done as a virtual machine is moved that goes on running. All tasks are read slice by slice, while the scripts note
which of them change meanwhile. Those are read next, until so few are left that one script reads them with all the rest:
the copy is of its moment.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import redis

from mock_server.store.redis.exchanges import pairs_of
from mock_server.store.redis.link import Link
from mock_server.store.redis.slices import SLICE, TRIES, births
from mock_server.store.store import Away

_STEPS = 10_000
"""Slices after the walk of a copy that does not catch up with what others change. Then all is read at once."""


class Held(NamedTuple):
    """All that a store holds, as Redis has it. Tasks, ids and numbers name the values."""

    tasks: Mapping[bytes, bytes]
    wakes: Mapping[bytes, int]
    dropped: Mapping[bytes, int]
    """The ids of tasks that had to go, each with the number of its going."""
    entries: Mapping[int, bytes]
    moves: Mapping[int, bytes]
    counters: tuple[Mapping[str, int], Any, Any, Any]
    """The hash `c`, and `y`, `v` and `z` as Redis lists them."""
    used: Any
    text: bytes
    vendors: Sequence[bytes]


def held(link: Link) -> Held:
    """All that the store holds.

    Everything is read at once in the end, where others reset it again and again meanwhile, where they change it faster
    than it is read, and where Redis takes no writes (its disk is full, or replicas are missing): a copy is noted there.
    """
    for _ in range(TRIES):
        try:
            return _Copy(link).made() or _at_once(link)
        except _BeganAnewError:
            continue
        except Away as error:
            if not isinstance(error.__cause__, redis.ResponseError):
                raise
            break
    return _at_once(link)


class _BeganAnewError(Exception):
    """What was copied so far is not what there is."""


class _Copy:
    """One copy that is being made."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._number = self._begun = b""
        self._change = self._entry = self._move = 0
        self._tasks: dict[bytes, bytes] = {}
        self._wakes: dict[bytes, int] = {}
        self._dropped: dict[bytes, int] = {}
        self._entries: dict[int, bytes] = {}
        self._moves: dict[int, bytes] = {}
        self._counters: Mapping[str, int] = {}

    def made(self) -> Held | None:
        """The copy, once it is whole; None: it does not catch up."""
        self._step()
        for fields in births(self._link):
            values, wakes = self._link.read(("HMGET", "t", *fields), ("ZMSCORE", "w", *fields))
            for told in zip(fields, values, wakes, strict=True):
                self._take(*told, None)
            self._step()
        for some in _gone(self._link):
            self._dropped.update(some)
            self._step()
        rest = next(filter(None, (self._step() for _ in range(_STEPS))), None)
        if rest is None:
            return None
        y, v, z, used, text, vendors = rest
        c = self._counters
        entries = {n: value for n, value in self._entries.items() if n > c.get("e_floor", 0)}
        moves = {n: value for n, value in self._moves.items() if n > c.get("m_floor", 0)}
        counted = (c, y, v, z)
        return Held(self._tasks, self._wakes, self._dropped, entries, moves, counted, used, text, vendors)

    def _step(self) -> list[Any]:
        """Takes what was added or changed since the last step; the rest, if that was all."""
        answer = self._link.ask("copy", self._number, self._change, self._entry, self._move, SLICE)
        if answer[0] == b"gap":
            raise _BeganAnewError
        number, begun, self._change, self._entry, self._move, counted, tasks, entries, moves, rest = answer
        if self._begun not in (b"", begun):
            raise _BeganAnewError
        self._number, self._begun, self._counters = number, begun, pairs_of(counted)
        for told in zip(tasks[::4], tasks[1::4], tasks[2::4], tasks[3::4], strict=True):
            self._take(*told)
        self._entries.update(_numbered(entries))
        self._moves.update(_numbered(moves))
        found: list[Any] = rest
        return found

    def _take(self, field: bytes, value: bytes | None, wake: Any, gone: Any) -> None:
        """A task as it is now, or what is left of it."""
        _set(self._tasks, field, value)
        _set(self._wakes, field, None if wake is None else int(float(wake)))
        _set(self._dropped, field, None if gone is None else int(gone))


def _set(held: dict[bytes, Any], field: bytes, value: Any) -> None:
    if value is None:
        held.pop(field, None)
    else:
        held[field] = value


def _numbered(pairs: Sequence[bytes]) -> dict[int, bytes]:
    return {int(number): value for number, value in zip(pairs[::2], pairs[1::2], strict=True)}


def _gone(link: Link) -> Iterator[dict[bytes, int]]:
    """The ids of tasks that had to go, with their numbers, in slices."""
    last = 0
    while True:
        (listed,) = link.read(("ZRANGEBYSCORE", "x", f"({last}", "+inf", "WITHSCORES", "LIMIT", 0, SLICE))
        some = {field: int(number) for field, number in zip(listed[::2], listed[1::2], strict=True)}
        if not some:
            return
        last = max(some.values())
        yield some


def _at_once(link: Link) -> Held:
    """As `held`, read in one transaction: Redis serves nobody else meanwhile."""
    hashes = (("HGETALL", name) for name in ("t", "c", "y", "v", "z", "e", "m", "s"))
    listed = (("ZRANGE", name, 0, -1, "WITHSCORES") for name in ("w", "x"))
    answers = link.read(*hashes, *listed, ("HGET", "k", "text"), ("ZRANGE", "ns", 0, -1))
    tasks, c, y, v, z, e, m, used, w, x, text, vendors = answers
    wakes, dropped = ({field: int(at) for field, at in zip(each[::2], each[1::2], strict=True)} for each in (w, x))
    # Without what is there only to lead on.
    entries, moves = ({int(n): value for n, value in each.items() if value[6] < 2} for each in (e, m))
    return Held(tasks, wakes, dropped, entries, moves, (pairs_of(c), y, v, z), used, text, vendors)
