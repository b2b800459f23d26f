"""What was done to a running server, by people through the admin API and by the server itself: the newest of it."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable
from typing import NamedTuple

from mock_server.engine.clock import Clock
from mock_server.engine.ids import IdPattern
from mock_server.types import Bound

ACTIONS = Bound(
    "Actions that are remembered", 1_000, "actions", "The oldest one is forgotten; their count stays exact."
)
LONGEST = Bound("Description of an action", 200, "characters", "The rest is left out.")


class Action(NamedTuple):
    """One thing that was done: its number from 1, when (milliseconds on both clocks), what, to which task or tasks."""

    number: int
    real: int
    virtual: int
    what: str
    vendor: str | None = None
    id: str | None = None
    """A task's id, or a pattern of ids."""
    detail: str = ""
    born: int | None = None
    """When the task was born that was moved, as the clock showed that then; None of anything else."""

    def concerns(self, vendor: str, id: str) -> bool:
        """Whether it was done to this task, alone or among others: what names no task is done to all."""
        return self.vendor in (None, vendor) and (self.id in (None, id) or IdPattern.parse(self.id or "").matches(id))


class Actions:
    """The actions on one server. Safe to call from any number of threads."""

    def __init__(self, real: Callable[[], int], clock: Callable[[], Clock]) -> None:
        self._real = real
        self._clock = clock
        self._lock = threading.Lock()
        self._newest: deque[Action] = deque(maxlen=ACTIONS.value)
        self._count = 0

    def add(
        self,
        what: str,
        detail: str = "",
        *,
        vendor: str | None = None,
        id: str | None = None,
        born: int | None = None,
        at: int | None = None,
    ) -> None:
        """Remembers that this was done now or, by the server's clock, at `at`; the rest is as in `Action`."""
        real = self._real()
        virtual = self._clock().now(real) if at is None else at
        with self._lock:
            self._count += 1
            self._newest.append(Action(self._count, real, virtual, what, vendor, id, detail[: LONGEST.value], born))

    def replace(self, actions: Iterable[Action]) -> None:
        """Takes these, oldest first, in place of all that were remembered; the next one has the number after them."""
        with self._lock:
            self._newest = deque(actions, ACTIONS.value)
            self._count = self._newest[-1].number if self._newest else 0

    @property
    def count(self) -> int:
        """How many there were."""
        return self._count

    def read(self, after: int = 0) -> tuple[Action, ...]:
        """The newest of them with a number above `after`, oldest first."""
        with self._lock:
            return tuple([action for action in self._newest if action.number > after])
