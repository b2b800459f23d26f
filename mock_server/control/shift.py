"""A shift makes time pass for one task alone, and sends what falls due on the way before time goes on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from mock_server.control.refused import Kind, Refused
from mock_server.emulator.commit import Ledger, moved
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

    def __init__(self, ledger: Ledger, deliver_of: Callable[[Key], None]) -> None:
        """`deliver_of` sends what one task owes now, and waits until that is settled."""
        self._ledger = ledger
        self._deliver_of = deliver_of
        self._slots = threading.BoundedSemaphore(SHIFTS.value)

    def walk(self, key: Key, by: int, move: Callable[[int], Run]) -> Run:
        """The task after `by` milliseconds; `move` makes some of them pass.

        Refused: as `move` does, or too many others wait for receivers.
        """
        run = self._ledger.read(key)
        if run is None or not run.task.notify:
            return move(by)
        with self._slot():
            self._deliver_of(key)
            left = by
            while (step := self._until_wake(key)) is not None and step <= left:
                move(step)
                self._deliver_of(key)
                left -= step
            return move(left)

    def _until_wake(self, key: Key) -> int | None:
        """Milliseconds until the task wants attention; None: it never does, or does not get it now."""
        run = self._ledger.read(key)
        wake = None if run is None else moved(run).wake
        return None if run is None or wake is None or wake <= run.now else wake - run.now

    @contextmanager
    def _slot(self) -> Iterator[None]:
        """A call that waits for a receiver holds a thread, which a server has only so many of."""
        if not self._slots.acquire(blocking=False):
            raise Refused(Kind.BUSY, "too many shifts wait for receivers", hint="ask again in a second")
        try:
            yield
        finally:
            self._slots.release()
