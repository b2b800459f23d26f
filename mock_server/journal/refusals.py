"""What a server refused before it was a request. It names no task and no path, so it is no exchange of the journal."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from mock_server.http.errors import OwnError
from mock_server.journal.access_log import printable
from mock_server.types import Bound

NEWEST = 100
"""Refusals that are kept; of older ones only the count is known."""
_START = 200
"""Bytes of the refused ones that are kept."""
BOUNDS = (
    Bound("Refusals of what never became a request", NEWEST, "refusals", "Of older ones only the number is known."),
    Bound("Part of what was refused that is kept", _START, "bytes", "The rest is not kept."),
)

log = logging.getLogger("mock_server")


class Refusal(NamedTuple):
    """One refusal: its number from 1, when (milliseconds, by the machine's clock), why, and how the bytes began."""

    number: int
    real: int
    error: OwnError
    message: str
    start: str


class Refusals:
    """The refusals of one server. Safe to call from any number of threads."""

    def __init__(self, real: Callable[[], int]) -> None:
        self._real = real
        self._lock = threading.Lock()
        self._newest: deque[Refusal] = deque(maxlen=NEWEST)
        self._count = 0

    def add(self, error: OwnError, message: str, start: bytes) -> None:
        """Keeps a refusal, and tells of it in the log."""
        text = printable(start[:_START].decode("utf-8", "backslashreplace").rstrip("\r\n"))
        with self._lock:
            self._count += 1
            self._newest.append(Refusal(self._count, self._real(), error, message, text))
        log.warning("refused with %s before it was a request: %s; it begins with %r", error.status, message, text)

    def read(self) -> tuple[int, tuple[Refusal, ...]]:
        """How many there were, and the newest of them, oldest first."""
        with self._lock:
            return self._count, tuple(self._newest)

    def clear(self) -> None:
        """Forgets all, and counts anew."""
        with self._lock:
            self._newest.clear()
            self._count = 0
