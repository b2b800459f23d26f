"""Who makes attempts: a thread with an event loop of its own, the same behind every server.

The first wake starts it, so after a fork, and the end of the server ends it. What is owed it neither knows nor decides.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError, Future
from typing import Any

from mock_server.emulator.agenda import WALK
from mock_server.emulator.commit import Ledger
from mock_server.emulator.notifications import Notifications
from mock_server.engine.durations import length
from mock_server.engine.task import Key
from mock_server.notify.guard import Guard
from mock_server.notify.leases import Leases
from mock_server.notify.look_up import Names
from mock_server.notify.post import Sender
from mock_server.notify.round import Round
from mock_server.settings import Settings

_LOOK = 0.1
"""Seconds between two looks of whoever waits whether the server is to end."""
_CLOSING = 2.0
"""Seconds that the thread may take to begin or to end."""


class Postman:
    """Makes the attempts of one server. Any thread may call it."""

    def __init__(
        self,
        notifications: Notifications,
        ledger: Ledger,
        settings: Settings,
        stopping: threading.Event,
        guard: Guard,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        shared: bool = False,
    ) -> None:
        """`shared`: other servers make attempts of the same store.

        `stopping` ends it within a quarter of a second, and with it what is under way.

        `monotonic` tells the seconds that whoever walks has waited.
        """
        self._monotonic = monotonic
        self._shared = shared
        self._deadline = 0.0
        self.guard = guard
        """Decides whom it may notify."""
        self._limit = length(settings.notify_timeout)
        self._notifications = notifications
        self._ledger = ledger
        self._stopping = stopping
        self._starting = threading.Lock()
        self._round: Round | None = None
        self._process = 0
        self._held: int | None = None
        self._waiting = 0
        self.unheard = False
        """Whether the only thread of the HTTP server is held by a call, so that it answers nobody."""

    def stir(self) -> None:
        """Looks soon at what is due. It waits for nothing, so it may be called with any lock held."""
        here = self._here()
        if here is None:
            self._started()
        else:
            here.stir()

    def deliver_due(self, to: int) -> None:
        """Sends all that is due at `to` or before, and waits until that, and what was under way, is settled.

        What is due later waits from then on, also on a clock that runs, until `release`: while an attempt is under way
        nobody knows when the next one is due, so that whoever walks would pass it. TimeoutError: it is `WALK` after the
        first call since `release`.
        """
        if self._held is None:
            self._deadline = self._monotonic() + WALK.value
        self._held = to
        if not self._ledger.store.is_settled(to):
            self._wait(lambda started: started.settled(to), self._deadline)

    def release(self) -> None:
        """A walk is over: what is due is sent as the clock brings it."""
        self._held = None
        here = self._here()
        if here is not None:
            here.stir()

    def deliver_of(self, key: Key, within: float) -> None:
        """Sends what one task owes now, one attempt after the other, and waits until it owes nothing now.

        TimeoutError: that takes longer than `within`, in seconds.
        """
        self._wait(lambda started: started.settled_of(key), self._monotonic() + within)

    @property
    def under_way(self) -> int:
        """How many attempts are being made, or wait for their turn."""
        here = self._here()
        return 0 if here is None else here.under_way

    def close(self) -> None:
        """Waits until the thread ended, after `stopping` was set."""
        here = self._here()
        if here is not None and here.thread is not threading.current_thread():
            here.stir()
            here.thread.join(_CLOSING)

    def _new_sender(self) -> Sender:
        return Sender(self.guard, self._limit, Names().find)

    def _here(self) -> Round | None:
        """What was started in this process: after a fork, the thread stayed with the parent."""
        return self._round if self._process == os.getpid() else None

    def _started(self) -> Round | None:
        """As `_here`, started if it was not. None: the server is to end."""
        with self._starting:
            if self._here() is None and not self._stopping.is_set():
                leases = Leases(self._ledger, self._notifications, self._limit / 1000) if self._shared else None
                self._round = Round(
                    self._notifications,
                    self._ledger,
                    self._new_sender,
                    self._stopping,
                    lambda: self._held,
                    lambda: self.unheard and self._waiting > 0,
                    leases,
                )
                self._process = os.getpid()
                self._round.thread.start()
            return self._here()

    def _wait(self, wanted: Callable[[Round], Coroutine[Any, Any, None]], deadline: float) -> None:
        """Waits for something that goes on in the loop, unless the server is to end. TimeoutError: too late."""
        started = None if self._stopping.is_set() else self._started()
        if started is None or not started.ready.wait(_CLOSING):
            return
        waiting = wanted(started)
        try:
            done = asyncio.run_coroutine_threadsafe(waiting, started.loop)
        except RuntimeError:  # the loop was closed meanwhile
            waiting.close()
            return
        with self._starting:
            self._waiting += 1
        try:
            self._wait_for(done, deadline)
        finally:
            with self._starting:
                self._waiting -= 1

    def _wait_for(self, done: Future[None], deadline: float) -> None:
        while not self._stopping.is_set():
            if self._monotonic() > deadline:
                done.cancel()
                raise TimeoutError
            try:
                return done.result(_LOOK)
            except TimeoutError:
                continue
            except CancelledError:  # the server ends
                return None
        return None
