"""What is due, in order: the times at which time itself moves a task, so that a clock that is moved passes none."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator

from mock_server.emulator.commit import Instant, Ledger, moved
from mock_server.engine.run import Run
from mock_server.engine.task import Key
from mock_server.engine.timestamps import LATEST
from mock_server.store.store import Change
from mock_server.types import Bound

WALK = Bound(
    "Time that one call which makes time pass waits for receivers",
    110,
    "seconds",
    "`advance`, `set` or `shift` is refused with 409 (`conflict`), and the message says how far it got and what is "
    "still owed. The time that passed until then stays.",
)


class Agenda:
    """The due times of one server's tasks. Nothing is kept between two walks: tasks have no timers."""

    def __init__(self, ledger: Ledger, deliver_due: Callable[[int], None] = lambda _: None) -> None:
        """`deliver_due` sends the notifications that are due at a time or before, and waits until that is settled."""
        self._ledger = ledger
        self._deliver_due = deliver_due

    def until(self, to: int) -> Iterator[int]:
        """Every time up to `to` (included) at which a task's step ends by itself or something is to be sent, in order.

        Whoever walks sets the clock to that time. What is due then is done and sent before the next one is given, and
        what that makes due on the way is met too: the next attempt follows from what became of this one. Items with
        steps of their own are not met one by one, for nothing is stored when they move: what they crossed on the way is
        counted at its end.
        """
        heap: list[tuple[int, Key]] = []
        for run in self._ledger.scan():
            if not run.scenario.by_items:
                _note(heap, run)
            elif run.walked.crossed or (run.due is not None and run.due <= to):
                heapq.heappush(heap, (to, run.key))
        now = None
        while (now := self._next(heap, now)) is not None and now <= to:
            yield now
            self._work(heap, now)
            self._deliver_due(now)

    def _next(self, heap: list[tuple[int, Key]], after: int | None) -> int | None:
        """The soonest time of the heap, or after `after` at which a task wants to be woken."""
        wake = self._ledger.store.next_due()
        if wake is not None and after is not None and wake <= after:  # of a task that cannot be notified now
            wake = next((at for at, _ in self._ledger.store.due(LATEST) if at > after), None)
        times = [at for at in (heap[0][0] if heap else None, wake) if at is not None]
        return min(times, default=None)

    def _work(self, heap: list[tuple[int, Key]], now: int) -> None:
        """Moves the tasks that are due at `now`, one transaction each."""
        while heap and heap[0][0] <= now:
            _, key = heapq.heappop(heap)
            self._ledger.transact(key, _move_on)
            run = self._ledger.read(key)
            if run is not None and not run.scenario.by_items:
                _note(heap, run, after=now)


def _move_on(run: Run | None, _: Instant) -> Change:
    return moved(run) if run is not None and (run.crossed or run.walked.crossed) else Change()


def _note(heap: list[tuple[int, Key]], run: Run, after: int | None = None) -> None:
    # A step that is over already, but was not written down yet, is due now. A task that is due at or before the time it
    # was just moved at was not moved: the clock went back on the way. A poll moves it later, and the walk goes on.
    due = run.crossed[0].at if run.crossed else run.due
    if due is not None and (after is None or due > after):
        heapq.heappush(heap, (due, run.key))
