"""A shift makes time pass for one task alone, and sends what falls due on the way before time goes on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from mock_server.control.refused import Kind, Refused
from mock_server.emulator.agenda import WALK
from mock_server.emulator.commit import Ledger, moved
from mock_server.engine.outbox import outbox_of
from mock_server.engine.run import Run
from mock_server.engine.task import Key
from mock_server.types import Bound

SHIFTS = Bound(
    "Shifts at once of tasks that have an address to notify",
    8,
    "calls",
    "Another one is refused with 503 (`busy`), and Retry-After says when to ask again.",
)


class Shifts:
    """Walks one task through the moments at which it wants attention. Any thread may call it."""

    def __init__(
        self,
        ledger: Ledger,
        deliver_of: Callable[[Key, float], None],
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`deliver_of` sends what one task owes now, and waits until that is settled, so many seconds at most.

        TimeoutError of it: that took longer. `monotonic` tells the seconds that a shift has waited.
        """
        self._monotonic = monotonic
        self._ledger = ledger
        self._deliver_of = deliver_of
        self._slots = threading.BoundedSemaphore(SHIFTS.value)

    def walk(self, key: Key, by: int, move: Callable[[int], Run]) -> Run:
        """The task after `by` milliseconds; `move` makes some of them pass.

        Refused: as `move` does, too many others wait for receivers, or they take too long (`WALK`): then the time that
        has passed for the task stays.
        """
        run = self._ledger.read(key)
        if run is None or not run.task.notify:
            return move(by)
        deadline, left = self._monotonic() + WALK.value, by
        with self._slot():
            try:
                step = self._until_wake(key, deadline)
                while step is not None and step <= left:
                    move(step)
                    left -= step
                    step = self._until_wake(key, deadline)
            except TimeoutError as error:
                raise self._late(key, left) from error
            return move(left)

    def _deliver(self, key: Key, deadline: float) -> None:
        left = deadline - self._monotonic()
        if left < 0:
            raise TimeoutError
        self._deliver_of(key, left)

    def _late(self, key: Key, left: int) -> Refused:
        run = self._ledger.read(key)
        owed = 0 if run is None else len(outbox_of(run.task.outbox).owed)
        count = f"{owed} {'notification' if owed == 1 else 'notifications'}"
        what = f"receivers took more than {WALK.value} s: {left} ms of the shift are left, and the task owes {count}"
        return Refused(Kind.CONFLICT, what, hint="shift it on from there, or drop it")

    def _until_wake(self, key: Key, deadline: float) -> int | None:
        """Milliseconds until the task wants attention, once it wants none now; None: it never does.

        Others may move the task or the clock meanwhile. So whether it owes anything now is asked anew after each
        delivery, until one changes nothing: then what is owed cannot be sent, for the server ends.
        """
        before = None
        self._deliver(key, deadline)
        while (run := self._ledger.read(key)) is not None:
            wake = moved(run).wake
            is_due = _is_under_way(run) if wake is None else wake <= run.now
            if not is_due or run.task.outbox == before:
                return None if wake is None or is_due else wake - run.now
            before = run.task.outbox
            self._deliver(key, deadline)
        return None

    @contextmanager
    def _slot(self) -> Iterator[None]:
        """A call that waits for a receiver holds a thread, which a server has only so many of."""
        if not self._slots.acquire(blocking=False):
            raise Refused(Kind.BUSY, "too many shifts wait for receivers", hint="ask again in a second")
        try:
            yield
        finally:
            self._slots.release()


def _is_under_way(run: Run) -> bool:
    """Whether an attempt of the task is being made: until it is settled nobody knows when the next one is due."""
    return any(each.token for each in outbox_of(run.task.outbox).owed)
