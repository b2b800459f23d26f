"""What was done to a running server, by people through the admin API and by the server itself: the newest of it."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, Protocol

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


class ActionLog(Protocol):
    """The newest actions. Any thread may call it."""

    @property
    def count(self) -> int:
        """How many there were: the number of the newest."""

    def add(self, action: Action) -> None:
        """Adds one, with the number after the newest in place of its own."""

    def replace(self, actions: Sequence[Action]) -> None:
        """Takes these, oldest first, in place of all; the next one has the number after them."""

    def read(self) -> tuple[Action, ...]:
        """All that are kept, oldest first."""


class ActionsInMemory:
    """The newest actions, in this process. See `ActionLog`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: deque[Action] = deque(maxlen=ACTIONS.value)
        self.count = 0

    def add(self, action: Action) -> None:
        """See `ActionLog.add`."""
        with self._lock:
            self.count += 1
            self._kept.append(action._replace(number=self.count))

    def replace(self, actions: Sequence[Action]) -> None:
        """See `ActionLog.replace`."""
        with self._lock:
            self._kept = deque(actions, ACTIONS.value)
            self.count = self._kept[-1].number if self._kept else 0

    def read(self) -> tuple[Action, ...]:
        """See `ActionLog.read`."""
        with self._lock:
            return tuple(self._kept)


class Actions:
    """The actions on a server, or on all that share a store. Safe to call from any number of threads."""

    def __init__(self, real: Callable[[], int], clock: Callable[[], Clock], kept: ActionLog | None = None) -> None:
        """`kept`: where other servers keep theirs too."""
        self._real = real
        self._clock = clock
        self._kept = kept or ActionsInMemory()

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
        self._kept.add(Action(0, real, virtual, what, vendor, id, detail[: LONGEST.value], born))

    def replace(self, actions: Iterable[Action]) -> None:
        """Takes these, oldest first, in place of all that were remembered; the next one has the number after them."""
        self._kept.replace(tuple(actions))

    @property
    def count(self) -> int:
        """How many there were."""
        return self._kept.count

    def read(self, after: int = 0) -> tuple[Action, ...]:
        """The newest of them with a number above `after`, oldest first."""
        return tuple([action for action in self._kept.read() if action.number > after])
