"""Code that waits for the store, run by an event loop that must not: each call is a fiber (a greenlet), which is put
aside while it waits, so that the loop serves others meanwhile.

What waits then needs no thread of its own, and all that comes in one turn of the loop is committed together.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import suppress
from typing import Any, Protocol, TypeVar

from greenlet import getcurrent, greenlet  # type: ignore[import-untyped]  # it has no types

T = TypeVar("T")


class Closed(Protocol):
    """What is closed in the end."""

    def close(self) -> None:
        """Closes it."""


C = TypeVar("C", bound=Closed)


class Fiber:
    """One call. Only `wake` may be called from other threads."""

    __slots__ = ("_done", "_fibers", "_greenlet")

    def __init__(self, fibers: Fibers, act: Callable[..., Any], done: Callable[[Any], object]) -> None:
        self._fibers = fibers
        self._done = done
        self._greenlet = greenlet(act)
        self._greenlet.fiber = self

    def step(self, *args: object) -> None:
        """Goes on until it waits or ends. The loop calls it, outside of every fiber."""
        result = self._greenlet.switch(*args)
        if self._greenlet.dead:
            del self._greenlet.fiber  # a cycle: the collector would stop the loop to free what thousands left
            self._done(result)

    def pause(self) -> None:
        """Puts this fiber, which calls it, aside until it is woken."""
        self._greenlet.parent.switch()

    def wake(self) -> bool:
        """Lets it go on, in a later turn of the loop. False: there will be none."""
        return self._fibers.ready(self)

    def own(self, owner: object, make: Callable[[asyncio.AbstractEventLoop, Executor], C]) -> C:
        """What its loop has of its own for an owner, made when it is first wanted and closed with the loop."""
        return self._fibers.own(owner, make)

    def wait_for(self, job: Callable[[], T]) -> T:
        """What a job returns or raises, done in another thread while this fiber is put aside."""
        done = self._fibers.executor.submit(job)
        done.add_done_callback(lambda _: self.wake())
        self.pause()
        return done.result()


def apart(job: Callable[[], T]) -> T:
    """What a job returns or raises that waits for the store. A fiber is put aside meanwhile."""
    fiber = current()
    return job() if fiber is None else fiber.wait_for(job)


def current() -> Fiber | None:
    """The fiber that runs in this thread; None outside of all."""
    fiber: Fiber | None = getattr(getcurrent(), "fiber", None)
    return fiber


class Fibers:
    """The fibers of one event loop. Only its thread may make it and call `run`, and no fiber."""

    def __init__(self, loop: asyncio.AbstractEventLoop, executor: Executor) -> None:
        """`executor` does what waits for the store and is no commit, which is rare."""
        self._loop = loop
        self.executor = executor
        self._ready: deque[Fiber] = deque()
        self._is_called = self._is_closed = False
        self._thread = threading.get_ident()
        self._own: dict[int, tuple[object, Any]] = {}

    def run(self, act: Callable[..., T], args: tuple[object, ...], done: Callable[[T], object]) -> None:
        """Calls `act`, and `done` with what it returns, at once or later."""
        Fiber(self, act, done).step(*args)

    def ready(self, fiber: Fiber) -> bool:
        """Lets a fiber go on. Any thread may call it. False: its loop has ended."""
        if self._is_closed:
            return False
        self._ready.append(fiber)
        if not self._is_called:
            self._is_called = True
            if threading.get_ident() == self._thread:
                self._loop.call_soon(self._resume)
            else:
                with suppress(RuntimeError):  # the loop was closed meanwhile, and nobody waits for an answer
                    self._loop.call_soon_threadsafe(self._resume)
        return True

    def own(self, owner: object, make: Callable[[asyncio.AbstractEventLoop, Executor], C]) -> C:
        """See `Fiber.own`."""
        if id(owner) not in self._own:
            self._own[id(owner)] = owner, make(self._loop, self.executor)
        made: C = self._own[id(owner)][1]
        return made

    def close(self) -> None:
        """Closes what it has of its own. The loop still runs."""
        self._resume()  # those that were woken to commit have it done by a thread
        self._is_closed = True
        for _, each in self._own.values():
            each.close()

    def _resume(self) -> None:
        self._is_called = False
        for _ in range(len(self._ready)):
            self._ready.popleft().step()
        if self._ready and not self._is_called:
            self._is_called = True
            self._loop.call_soon(self._resume)
