"""When tasks want attention: one moment a task, soonest first."""

from __future__ import annotations

from collections.abc import Iterable
from heapq import heapify, heappop, heappush

from mock_server.engine.task import Key

_Wake = tuple[int, int, Key]
"""A moment, the number of the change that set it, and the task."""
_FEW = 64
"""Moments that do not count any more and may always stay."""


class Wakes:
    """The moments of many tasks. Whoever owns it guards it: no lock in here.

    Moments that do not count any more stay in the heap until they are more than those that do.
    """

    __slots__ = ("_heap", "_made", "by_key")

    def __init__(self, wakes: Iterable[tuple[int, Key]] = ()) -> None:
        self.by_key: dict[Key, _Wake] = {key: (at, n, key) for n, (at, key) in enumerate(wakes)}
        """The moment of each task that has one. Nobody but `set` changes it."""
        self._made = len(self.by_key)
        self._heap = list(self.by_key.values())
        heapify(self._heap)

    def set(self, key: Key, at: int | None) -> bool:
        """The moment of a task from now on, None for none. Whether that changes when there is something to do."""
        before = self.by_key.get(key)
        if at is None:
            if before is not None:
                del self.by_key[key]
                self.next()  # lets go of it at once where it was the soonest, as one whose attempt is taken
                self._tidy()
            return False
        if before is not None and before[0] == at:
            return False
        self._made += 1
        wake = self.by_key[key] = (at, self._made, key)
        heappush(self._heap, wake)
        self._tidy()
        return True

    def next(self) -> int | None:
        """The soonest moment."""
        heap = self._heap
        while heap:
            if self.by_key.get(heap[0][2]) is heap[0]:
                return heap[0][0]
            heappop(heap)
        return None

    def due(self, to: int, most: int | None = None) -> tuple[tuple[int, Key], ...]:
        """The tasks whose moment is at `to` or before, soonest first; of the same moment the first that got it first.

        It looks at no more than these, however many others there are.
        """
        heap = self._heap
        self.next()  # lets go of those in front that do not count any more
        front = [(heap[0], 0)] if heap else []
        found: list[tuple[int, Key]] = []
        while front and front[0][0][0] <= to and (most is None or len(found) < most):
            wake, place = heappop(front)
            if self.by_key.get(wake[2]) is wake:
                found.append((wake[0], wake[2]))
            for child in (2 * place + 1, 2 * place + 2):
                if child < len(heap):
                    heappush(front, (heap[child], child))
        return tuple(found)

    def all(self) -> tuple[tuple[int, Key], ...]:
        """All moments, soonest first."""
        return tuple([(at, key) for at, _, key in sorted(self.by_key.values())])

    def let_go(self) -> None:
        """Frees all moments, bit by bit, so that other threads run meanwhile."""
        while self.by_key:
            self.by_key.popitem()
        while self._heap:
            self._heap.pop()

    def _tidy(self) -> None:
        if len(self._heap) > 2 * len(self.by_key) + _FEW:
            self._heap = list(self.by_key.values())
            heapify(self._heap)
