"""What servers that share a store tell each other: that there is something to look at. Redis passes it on.

One thread listens. What is told may be lost while the connection is: so whenever it is made anew, there is something to
look at too. That the journal grew is told only while somebody waits for it, for it grows with every poll.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import suppress

import redis

from mock_server.engine.machine_clock import monotonic_ns
from mock_server.store.redis.link import Link
from mock_server.store.store import Away

CHANNEL = "told"
WAITED = "waited"
"""The key that is there while somebody waits for the journal to grow."""
_WAITS = 5_000
"""Milliseconds that this key stays. It is set again when half of them are over."""
_TICK = 0.25
"""Seconds after which the thread looks at the latest whether it is to end."""
_AWAY = 1.0
"""Seconds until it tries again while Redis is away."""


class Signals:
    """What one server hears. Any thread may call it."""

    def __init__(self, link: Link, stirred: Callable[[], None], stopping: threading.Event) -> None:
        """`stirred` is called when a task may want to be woken at another time, or the clock changed."""
        self._link = link
        self._stirred = stirred
        self._stopping = stopping
        self._process = 0
        self._mutex = threading.Lock()
        self._grown = 0
        self._hears = False
        self._asked = 0

    def start(self) -> None:
        """Listens from now on, also in a process that was forked from one that did."""
        if self._process == os.getpid():
            return
        with self._mutex:
            if self._process != os.getpid():
                self._process, self._hears = os.getpid(), False
                threading.Thread(target=self._run, name="signals", daemon=True).start()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._hear()
            self._stopping.wait(_AWAY)

    def news(self) -> tuple[int, int]:
        """Another number once the journal may have grown. Redis is told now and then that somebody waits."""
        self.start()
        now = monotonic_ns() // 1_000_000
        if now - self._asked > _WAITS // 2:
            with suppress(Away):
                self._link.write([("SET", WAITED, 1, "PX", _WAITS)])
                self._asked = now
                self._grown += 1
        # A connection may be dead without anybody being told: so it is looked at now and then all the same.
        return self._grown, now // (1_000 if self._hears else 100)

    def _hear(self) -> None:
        """Listens until the connection breaks."""
        with suppress(Away, redis.RedisError), self._link.listen(CHANNEL) as heard:
            heard.get_message(timeout=_TICK)
            self._hears = True
            self._told(b"jw")
            while not self._stopping.is_set():
                message = heard.get_message(timeout=_TICK)
                if message is not None:
                    self._told(message["data"])
        self._hears = False

    def _told(self, what: bytes) -> None:
        if b"j" in what:
            self._grown += 1
        if b"w" in what:
            self._stirred()
