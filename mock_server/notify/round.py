"""The event loop that makes attempts: which tasks are due, whose turn it is, one attempt each, and a rest."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

from mock_server.emulator.commit import Ledger
from mock_server.emulator.notifications import Notifications
from mock_server.engine.task import Key, unpack
from mock_server.http.loop import standard_loop
from mock_server.notify.guard import Target, target_of
from mock_server.notify.leases import Leases
from mock_server.notify.post import Sender, failed
from mock_server.notify.turns import Place, Turn, Turns
from mock_server.store.store import Away

log = logging.getLogger("mock_server.notify")

_TICK = 0.25
"""Seconds after which it looks at the latest whether the server is to end."""
_SOON = 0.02
"""Seconds after which it looks again while tasks that are due have to wait."""
_LOOKED_AT = 1_000
"""Due tasks that one look finds at most besides those that are known."""
_MOST_LOOKED_AT = 10_000
_AWAY = 0.5
"""Seconds after which it asks again for a store that was away."""
_REST = 10
"""How many times as long as a look took the next one is put off, while tasks wait for their turn anyway."""

_UNHEARD = (
    "meanwhile this server answered nobody, as it was waiting for this attempt in its only thread: if the receiver "
    "asks it anything, serve it with more threads"
)

Done = asyncio.Future[bool]
"""Ends with a turn: whether there was an attempt to make."""


class Waiting(NamedTuple):
    """A task that waits for its turn or has it: the end of that turn, and the wake for which it waits, if one."""

    done: Done
    at: int | None


class Round:
    """Makes the attempts of one server in one thread. Only `stir` may be called from others."""

    def __init__(
        self,
        notifications: Notifications,
        ledger: Ledger,
        new_sender: Callable[[], Sender],
        stopping: threading.Event,
        held: Callable[[], int | None],
        unheard: Callable[[], bool] = lambda: False,
        leases: Leases | None = None,
    ) -> None:
        """`held`: up to which moment it looks for what is due by itself; None: up to now.

        `unheard`: whether the server can answer nobody now, as its only thread waits for an attempt. `leases`: other
        servers make attempts too.
        """
        self._leases = leases
        self._leased = 0.0
        self._held = held
        self._unheard = unheard
        self._notifications = notifications
        self._ledger = ledger
        self._new_sender = new_sender
        self._stopping = stopping
        self._turns = Turns()
        self._known: dict[Key, Waiting] = {}
        self._barren: dict[Key, int | None] = {}  # wakes that brought nothing: looked at again when they change
        self._stirred = False
        self._rested = 0.0
        self._running: set[asyncio.Task[None]] = set()
        self.loop: asyncio.AbstractEventLoop
        self.ready = threading.Event()
        """Set once there is a loop."""
        self.thread = threading.Thread(target=self._run, name="postman", daemon=True)

    @property
    def under_way(self) -> int:
        """How many tasks wait for their turn or have it."""
        return len(self._known)

    def stir(self) -> None:
        """Looks soon at what is due. It does not block; any thread may call it, whatever lock it holds."""
        if not self._stirred and self.ready.is_set():
            self._stirred = True
            with suppress(RuntimeError):  # the loop was closed meanwhile
                self.loop.call_soon_threadsafe(self._changed.set)

    async def settled(self, to: int) -> None:
        """Ends when all that was under way, here or at another server, is settled, and nothing is due by `to`."""
        while True:
            others = self._others_try()  # before it looks at what is due, for what they end may be due again
            if self._owes(to):
                self._begin()
                await asyncio.wait([each.done for each in self._known.values()])
            elif others or self._others_try():
                await asyncio.sleep(_SOON)
            else:
                return

    def _owes(self, to: int) -> bool:
        """Whether any attempt is under way, or one is due at `to` or before, which waits for its turn from now on.

        The store shows no task as due while an attempt of it is under way, so both are asked for anew each time: of a
        task with two notifications due at one moment, the second begins while the first of another task is awaited.
        """
        self._look(to)
        return bool(self._known)

    def _others_try(self) -> bool:
        """Whether other servers may be making attempts. What a dead one left is made again after its lease."""
        return self._leases is not None and bool(self._ledger.store.under_way())

    async def settled_of(self, key: Key) -> None:
        """Ends when a task owes nothing now, and no attempt of it is under way."""
        while True:
            waiting = self._known.get(key) or self._enqueue(key)
            if waiting is None:
                return
            self._begin()
            await asyncio.wait([waiting.done])
            if not waiting.done.result():
                return

    def _run(self) -> None:
        self.loop = standard_loop()  # for uvloop reads past the sockets that count what they read
        try:
            self.loop.run_until_complete(self._serve())
        finally:
            self.ready.clear()
            self.loop.close()

    async def _serve(self) -> None:
        self._changed = asyncio.Event()
        self._sender = self._new_sender()
        self.ready.set()
        while not self._stopping.is_set():
            self._changed.clear()
            self._stirred = False
            try:
                if not self._turns or self.loop.time() >= self._rested:
                    self._look(self._limit())
                self._begin()
                self._take_over()
                pause = self._pause()
            except Away:  # health and the log say so
                pause = _AWAY
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), pause)
        while left := asyncio.all_tasks() - {asyncio.current_task()}:  # attempts, and what waits for them
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)

    def _take_over(self) -> None:
        """Looks once a second for attempts that another server left."""
        if self._leases is not None and self.loop.time() >= self._leased:
            self._leased = self.loop.time() + 1
            self._leases.look(self.loop.time(), self._known)

    def _limit(self) -> int:
        """Up to which moment it looks for what is due by itself."""
        now, held = self._ledger.now(), self._held()
        return now if held is None else min(now, held)

    def _look(self, to: int) -> None:
        """Lets tasks that are due at `to` or before wait for their turn; those that wait or have it are known."""
        began = self.loop.time()
        most = min(_MOST_LOOKED_AT, len(self._known) + len(self._barren) + _LOOKED_AT)
        due = self._ledger.store.due(to, most)
        barren = self._barren
        self._barren = {key: at for at, key in due if barren.get(key) == at} if barren else {}
        for at, key in due:
            if key not in self._barren and key not in self._known:
                self._enqueue(key, at)
        self._rested = self.loop.time() + _REST * (self.loop.time() - began)

    def _enqueue(self, key: Key, at: int | None = None) -> Waiting | None:
        """Lets a task wait for its turn. None: there is no such task, or it notifies nobody."""
        record = self._ledger.store.read(key)
        address = unpack(record).notify if record else ""
        if not address:
            return None
        self._turns.add(key, _place(address))
        waiting = self._known[key] = Waiting(self.loop.create_future(), at)
        return waiting

    def _begin(self) -> None:
        """Begins the turn of every task whose turn it is."""
        while not self._stopping.is_set() and (turn := self._turns.next()) is not None:
            task = self.loop.create_task(self._attempt(turn))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def _attempt(self, turn: Turn) -> None:
        made = False
        try:
            made = await self._make(turn.key)
        except Away:
            log.warning("the store is away: the next notification of %s %s is looked for again", *turn.key)
        except Exception:  # the thread goes on for all other tasks
            log.exception("defect while notifying of %s %s", *turn.key)
        finally:
            self._turns.over(turn.place)
            done, at = self._known.pop(turn.key)
            if not made:
                self._barren[turn.key] = at
            if not done.done():
                done.set_result(made)
            self._begin()
            self._changed.set()

    async def _make(self, key: Key) -> bool:
        """Makes the attempt that a task owes now. False: there is none."""
        attempt = self._notifications.take(key)
        if attempt is None:
            return False
        try:
            result = await self._sender.send(attempt.post, attempt.page)
        except Exception:  # it counts as an attempt that failed, or it would be made again without end
            log.exception("defect while notifying %s", attempt.url)
            result = failed("a defect of mock-server; the log has the details")
        if result.late and self._unheard():
            result = result._replace(why=f"{result.why}; {_UNHEARD}")
        while True:
            try:
                self._notifications.settle(attempt, result)
                return True
            except Away:  # what was sent is not to be sent again
                await asyncio.sleep(_AWAY)

    def _pause(self) -> float:
        """Seconds until the next look, unless something changes."""
        store = self._ledger.store
        clock, at = store.control().clock, store.next_due()
        if at is None or clock.frozen or self._held() is not None:
            return _TICK
        missing = at - clock.now(self._ledger.real())
        return _SOON if missing <= 0 else min(_TICK, missing / clock.speed / 1_000)


def _place(address: str) -> Place:
    """Where an address is; all that are refused by their text are one place."""
    target = target_of(address)
    return (target.host, target.port) if isinstance(target, Target) else ("", 0)
