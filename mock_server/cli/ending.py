"""How a process that serves ends: at a signal, from its first moment on, and in time whatever it is doing."""

from __future__ import annotations

import _thread
import os
import signal
import time
from collections.abc import Callable
from types import FrameType

from mock_server.types import Bound

GRACE = 1.5
"""Seconds from the signal until the process is ended by force; its responses in progress have a second of them."""
ENDING = Bound(
    "Time for a server to end after a signal",
    int(GRACE * 1000),
    "milliseconds",
    "The process is ended by force, and a warning in the log says so.",
)


def end_while_starting() -> None:
    """Ends the process at SIGTERM until something else is set.

    The first process of a container gets no signal that it does not handle: without this one, a server that is told to
    end while it loads would come up and stay.
    """
    signal.signal(signal.SIGTERM, lambda number, _: os._exit(128 + number))


def end_at_signals(close: Callable[[], None]) -> None:
    """Calls `close` at SIGTERM and at Ctrl-C, and ends the process by force if it has not ended after `GRACE`."""

    def end(_number: int, _frame: FrameType | None) -> None:
        force_after_grace(0)
        close()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)


def force_after_grace(code: int) -> None:
    """Ends the process with this exit code after `GRACE`, if it runs so long: a thread that computes cannot be stopped.

    Safe in a signal handler: unlike `threading`, this takes no lock that the interrupted code may hold.
    """
    _thread.start_new_thread(_force, (code,))


def _force(code: int) -> None:
    time.sleep(GRACE)  # in a thread of its own; the process usually ends meanwhile, and this with it
    from mock_server.cli import logs

    logs.log.warning("ended by force after %g s: something was still running", GRACE)
    logs.flush()
    os._exit(code)
