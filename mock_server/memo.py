"""What was worked out before: a bounded memory of values by key."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")

_ONE_IN = 8


class Memo(Generic[K, V]):
    """At most `most` values. Whoever owns it guards it: no lock in here.

    A full memory takes in one newcomer of eight, in place of the value it has had longest. So what comes again and
    again gets in soon, and a crowd of which each comes once costs next to nothing and drives nobody out.
    """

    __slots__ = ("_kept", "_most", "_turned_away", "find")

    def __init__(self, most: int) -> None:
        self._kept: OrderedDict[K, V] = OrderedDict()
        self._most = most
        self._turned_away = 0
        self.find: Callable[[K], V | None] = self._kept.get

    def __len__(self) -> int:
        return len(self._kept)

    def keep(self, key: K, value: V) -> None:
        """Remembers a value, if there is room for it or its turn has come."""
        kept = self._kept
        if len(kept) >= self._most and key not in kept:
            self._turned_away = (self._turned_away + 1) % _ONE_IN
            if self._turned_away:
                return
            kept.popitem(last=False)
        kept[key] = value
