"""Writes the log in a thread of its own, so that whoever does not read it holds up no response."""

from __future__ import annotations

import logging
import os
import select
import threading
import time
from collections import deque
from collections.abc import Callable

from mock_server.types import Bound

MOST_LINES = 10_000
"""Lines that wait to be written; beyond them, lines are lost and counted."""
MOST_BYTES = 4 << 20
"""Bytes of lines that wait to be written; beyond them, lines are lost and counted."""
_LOST = "Lines are lost, and a line of the log says how many. Responses never wait for the log's reader."
BOUNDS = (
    Bound("Lines of the log that wait for its reader", MOST_LINES, "lines", _LOST),
    Bound("Memory of lines of the log that wait for its reader", MOST_BYTES, "bytes", _LOST),
)
_LAST_WORDS = 0.3
"""Seconds that a process which ends waits for its reader to take more of what is left."""
_ERROR_PAUSE = 0.1
"""Seconds until a descriptor that cannot be written to just now is tried again, where the system cannot tell."""


class LogWriter(logging.Handler):
    """Formats a record at once, and leaves the writing to its thread.

    Lines that find the queue full are lost. How many stands in the log where they are missing.
    """

    def __init__(self, descriptor: int, lost_line: Callable[[int], str]) -> None:
        """Writes to this file descriptor; `lost_line` is the line that tells of so many lost ones."""
        super().__init__()
        self._descriptor = descriptor
        self._lost_line = lost_line
        self._lines: deque[bytes] = deque()
        self._bytes = 0
        self._untold = 0
        self.lost = 0
        self._closed = False
        self._writing = False
        self._taken = 0
        self._changed = threading.Condition(threading.Lock())
        self._thread = threading.Thread(target=self._run, name="log", daemon=True)
        self._thread.start()

    def emit(self, record: logging.LogRecord) -> None:
        """Queues the record's line; never waits for the reader."""
        try:
            line = self.format(record).encode("utf-8", "backslashreplace") + b"\n"
        except Exception:  # as every handler of `logging` does: who logs is not disturbed
            self.handleError(record)
            return
        with self._changed:
            if not self._has_room(len(line)):
                self.lost += 1
                self._untold += 1
                return
            self._queue_loss()
            self._lines.append(line)
            self._bytes += len(line)
            self._changed.notify_all()

    def _has_room(self, size: int) -> bool:
        """Whether a line is taken. Once one was lost, the queue is half empty first: else every other line is lost."""
        share = 2 if self._untold else 1
        return len(self._lines) < MOST_LINES // share and self._bytes + size <= MOST_BYTES // share

    def _queue_loss(self) -> None:
        """Says how many lines were lost, where they were."""
        if self._untold:
            line = self._lost_line(self._untold).encode() + b"\n"
            self._lines.append(line)
            self._bytes += len(line)
            self._untold = 0

    def flush(self) -> None:
        """Waits until all is written, as long as the reader goes on reading."""
        with self._changed:
            while self._lines or self._writing:
                before = self._taken
                self._changed.wait(_LAST_WORDS)
                if self._taken == before:
                    return

    def close(self) -> None:
        """Writes what can still be written. The thread ends, unless nobody reads: then the process ends it."""
        self.flush()
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        super().close()

    def _run(self) -> None:
        while (line := self._next()) is not None:
            self._write(line)

    def _next(self) -> bytes | None:
        """The next line, when there is one; None when there will be no more."""
        with self._changed:
            self._writing = False
            self._changed.notify_all()
            while not (self._lines or self._untold or self._closed):
                self._changed.wait()
            if not self._lines:
                self._queue_loss()
            if not self._lines:
                return None
            line = self._lines.popleft()
            self._bytes -= len(line)
            self._writing = True
            return line

    def _write(self, line: bytes) -> None:
        while line:
            try:
                count = os.write(self._descriptor, line)
            except BlockingIOError:
                self._wait()
            except OSError:  # the reader is gone, or the disk is full: there is no place where it could be told
                with self._changed:
                    self.lost += 1
                return
            else:
                line = line[count:]
                self._taken += 1

    def _wait(self) -> None:
        """Waits until a descriptor that does not block can be written to again."""
        try:
            select.select([], [self._descriptor], [])
        except (OSError, ValueError):
            time.sleep(_ERROR_PAUSE)  # only the writer's thread waits: a stream that fails at once must not spin it
