"""What was worked out before: a bounded memory of values by key."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Cache(Generic[K, V]):
    """At most `most` values. Whoever owns it guards it: no lock in here.

    Where it is full, a newcomer takes the place of the value it has had longest: those that are polled now are in it,
    and those whose test is over are not.
    """

    __slots__ = ("_kept", "_most", "find")

    def __init__(self, most: int) -> None:
        self._kept: OrderedDict[K, V] = OrderedDict()
        self._most = most
        self.find: Callable[[K], V | None] = self._kept.get

    def __len__(self) -> int:
        return len(self._kept)

    def keep(self, key: K, value: V) -> None:
        """Remembers a value."""
        kept = self._kept
        if len(kept) >= self._most and key not in kept:
            kept.popitem(last=False)
        kept[key] = value
