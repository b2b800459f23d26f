"""What was worked out before: a memory of values by key, bounded in number and in bytes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")

_ENTRY = 350
"""Bytes that an entry takes besides its key and value: its places in both tables, the numbers in them."""


class Cache(Generic[K, V]):
    """At most `most` values that take at most `size` bytes. Any thread may call it; `find` takes no lock.

    Where it is full, a newcomer takes the place of the value it has had longest: those that are polled now are in it,
    and those whose test is over are not.
    """

    __slots__ = ("_kept", "_lock", "_most", "_size", "_sizes", "find", "size")

    def __init__(self, most: int, size: int) -> None:
        self._kept: OrderedDict[K, V] = OrderedDict()
        self._sizes: dict[K, int] = {}
        self._most, self._size = most, size
        self._lock = threading.Lock()
        self.size = 0
        self.find: Callable[[K], V | None] = self._kept.get

    def __len__(self) -> int:
        return len(self._kept)

    def keep(self, key: K, value: V, size: int) -> None:
        """Remembers a value that takes `size` bytes with its key. One larger than all room is not remembered."""
        size += _ENTRY
        with self._lock:
            self._drop(key)
            if size > self._size:
                return
            while self._kept and (len(self._kept) >= self._most or self.size + size > self._size):
                self._drop(next(iter(self._kept)))
            self._kept[key] = value
            self._sizes[key] = size
            self.size += size

    def clear(self) -> None:
        """Forgets everything."""
        with self._lock:
            self._kept.clear()
            self._sizes.clear()
            self.size = 0

    def _drop(self, key: K) -> None:
        if key in self._kept:
            del self._kept[key]
            self.size -= self._sizes.pop(key)
