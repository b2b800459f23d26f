"""Whose turn it is: tasks that wait for an attempt, so that a receiver that hangs holds up no other."""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import NamedTuple

from mock_server.engine.task import Key
from mock_server.types import Bound

AT_ONCE = Bound(
    "Attempts to notify at once",
    32,
    "attempts",
    "The next is made when one of them ends.",
)
AT_ONE_PLACE = Bound(
    "Attempts to notify at once, of one host and port",
    4,
    "attempts",
    "The next for this receiver is made when one of them ends; others go on meanwhile.",
)

Place = tuple[str, int]
"""The host and the port of a receiver."""


class Turn(NamedTuple):
    """A task whose turn it is."""

    key: Key
    place: Place


class Turns:
    """Tasks in the order in which they came, receiver by receiver in turn. Whoever owns it guards it."""

    def __init__(self) -> None:
        self._waiting: dict[Place, deque[Key]] = {}
        self._ready: OrderedDict[Place, None] = OrderedDict()
        self._busy: dict[Place, int] = {}
        self.under_way = 0
        """Turns that were given and are not over."""

    def __bool__(self) -> bool:
        """Whether any task waits."""
        return bool(self._waiting)

    def add(self, key: Key, place: Place) -> None:
        """Lets a task wait for its turn at a receiver."""
        self._waiting.setdefault(place, deque()).append(key)
        if self._busy.get(place, 0) < AT_ONE_PLACE.value:
            self._ready[place] = None

    def next(self) -> Turn | None:
        """The task whose turn it is now; None while there is none. Its turn lasts until `over`."""
        if not self._ready or self.under_way >= AT_ONCE.value:
            return None
        place, _ = self._ready.popitem(last=False)
        keys = self._waiting[place]
        key = keys.popleft()
        if not keys:
            del self._waiting[place]
        self.under_way += 1
        self._busy[place] = self._busy.get(place, 0) + 1
        self._look_at(place)
        return Turn(key, place)

    def over(self, place: Place) -> None:
        """Ends a turn at a receiver."""
        self.under_way -= 1
        self._busy[place] -= 1
        if not self._busy[place]:
            del self._busy[place]
        self._look_at(place)

    def _look_at(self, place: Place) -> None:
        if place in self._waiting and self._busy.get(place, 0) < AT_ONE_PLACE.value:
            self._ready.setdefault(place)
