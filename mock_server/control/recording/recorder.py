"""Collects the polls of a recording, within its bounds, and says when it is over."""

from __future__ import annotations

import threading
from collections.abc import Callable

from mock_server.control.recording.seen import MOST_BYTES, MOST_POLLS, Seen
from mock_server.control.recording.told import told_of
from mock_server.engine.scenario import is_end
from mock_server.vendors.dialect import Dialect


class Recorder:
    """Collects polls, from any thread. `until_end`: it is over once a response said that the work has ended."""

    def __init__(self, dialect: Dialect, *, until_end: bool) -> None:
        self._dialect = dialect
        self._until_end = until_end
        self._lock = threading.Lock()
        self._polls: list[Seen] = []
        self._bodies: dict[bytes, bytes] = {}
        self._size = 0
        self.over = ""
        """Why nothing more is recorded; "" while it goes on."""

    @property
    def polls(self) -> tuple[Seen, ...]:
        """What was recorded, in the order in which the polls were sent."""
        with self._lock:
            return tuple(sorted(self._polls, key=lambda poll: poll.at))

    def add(self, poll: Seen) -> None:
        """Records a poll, unless it is over."""
        with self._lock:
            if self.over:
                return
            if poll.body not in self._bodies:
                self._size += len(poll.body)
                self._bodies[poll.body] = poll.body
            self._polls.append(poll._replace(body=self._bodies[poll.body]))
            self.over = self._why_over(poll)

    def _why_over(self, poll: Seen) -> str:
        if len(self._polls) >= MOST_POLLS:
            return f"{MOST_POLLS} polls are recorded, the most"
        if self._size >= MOST_BYTES:
            return f"the bodies have {MOST_BYTES} bytes, the most"
        (told,) = told_of([poll], self._dialect)
        state = None if told is None else told.showed.state
        return f"the work ended: {state}" if self._until_end and state is not None and is_end(state) else ""


def poll_regularly(
    ask: Callable[[], Seen], recorder: Recorder, pace: tuple[int, int | None], now: Callable[[], int], wait: Wait
) -> None:
    """Asks at once, and then regularly, until the recorder is over or the time is up.

    `pace` is the time between polls and how long to go on, None: as long as the recorder does. `now` and `wait` are in
    milliseconds. A poll that takes longer than the time between two leaves out those that were due meanwhile.
    """
    every, lasts = pace
    start = due = now()
    while True:
        recorder.add(ask())
        due = max(due + every, start - (start - now()) // every * every)
        if recorder.over or (lasts is not None and due - start > lasts):
            return
        wait(max(0, due - now()))


Wait = Callable[[int], object]
"""Waits so many milliseconds."""
