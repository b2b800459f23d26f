"""Commits in batches: what waits is read at once, decided in order, and committed at once.

No thread stands by for it. Whoever finds nobody committing commits what waits, its own and that of others, until its
own is over, and then hands on to one of those that wait. So one request at a time costs no change of threads, and many
at once share two round trips. An event loop commits in turns of its own (`fibers`), so
what is done here is a generator of commands, which gets the answers.

**Exactly once.** Each committer numbers its batches, and the script writes the number down with what became of each
group. Where an answer is lost, the next question says that number: either it finds what became of the batch, or it puts
the number there itself, and a batch that still is on its way finds that it came too late. So after an answer was lost,
what was asked happened once or never, and whoever waits learns which; only if Redis cannot be asked either is it Away.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from secrets import token_hex
from typing import Any, NamedTuple

from mock_server.engine.task import Key
from mock_server.store.redis.batch import Batch, Group, Operation, Words, encoded
from mock_server.store.redis.fibers import Fiber, current
from mock_server.store.redis.link import Command, Link, Steps
from mock_server.store.redis.loop_link import LoopLink
from mock_server.store.redis.shared import Reading, Shared
from mock_server.store.store import Away, Change, Decide, Full
from mock_server.types import Bound

BATCH = Bound(
    "Decisions that are committed together to a shared store",
    128,
    "decisions",
    "The rest waits for the next commit.",
)
TRIES = Bound(
    "Attempts to commit a decision while other servers change the same task",
    1_000,
    "attempts",
    "503 (`store`): the request is answered as if the store were away.",
)
_FULL: Mapping[str, str] = {
    "full": "there is no room for another task",
    "items": "the items of tasks would take more than {given} bytes",
}


log = logging.getLogger("mock_server")


class Limits(NamedTuple):
    """What a store keeps at most, over all servers that share it."""

    tasks: int
    given: int
    looked_at: int
    dropped: int
    entries: int
    size: int
    moves: int
    coverage: int


class Committer:
    """Commits the decisions of one process. Any thread may call it."""

    def __init__(self, link: Link, shared: Shared, limits: Callable[[], Limits], stirred: Callable[[], object]) -> None:
        """`stirred` is called when a task wants to be woken at another time."""
        self._link = link
        self._shared = shared
        self._limits = limits
        self._stirred = stirred
        self._writer = token_hex(6)
        self._number = 0
        self._queue: deque[Operation] = deque()
        self._mutex = threading.Lock()
        self._is_led = False
        self._deciding = threading.local()

    @property
    def reading(self) -> Reading | None:
        """What this thread decides on just now; None if it does not."""
        reading: Reading | None = getattr(self._deciding, "reading", None)
        return reading

    @contextmanager
    def deciding(self, reading: Reading) -> Iterator[None]:
        """In the block this thread decides on what was read, so that it is at that moment."""
        self._deciding.reading = reading
        try:
            yield
        finally:
            self._deciding.reading = None

    def transact(self, key: Key | None, decide: Decide) -> Change:
        """See `Store.transact`."""
        fiber = current()
        operation = self._of_thread(key, decide) if fiber is None else self._of_fiber(fiber, key, decide)
        if operation.error is not None:
            raise operation.error
        assert operation.change is not None
        return operation.change

    def _of_thread(self, key: Key | None, decide: Decide) -> Operation:
        """An operation that is over; until then this thread waits, or commits."""
        gate = threading.Lock()
        gate.acquire()
        operation = Operation(key, decide, gate.release)
        if not self._enqueued(operation):
            gate.acquire()  # either it is over, or it is this thread's turn
        if not operation.is_over:
            self._lead(operation)
        return operation

    def _of_fiber(self, fiber: Fiber, key: Key | None, decide: Decide) -> Operation:
        """An operation that is over; until then this fiber is put aside. Its loop leads for it."""
        operation = Operation(key, decide, fiber.wake)
        leads = self._enqueued(operation)
        while not operation.is_over:
            if leads:
                fiber.own(self._link, partial(LoopLink, self._link)).drive(self._lead_all)
            fiber.pause()
            leads = True  # where it is woken before it is over
        return operation

    def _enqueued(self, operation: Operation) -> bool:
        """Lets an operation wait for the next commit; whether whoever waits for it has to commit."""
        with self._mutex:
            self._queue.append(operation)
            leads, self._is_led = not self._is_led, True
        return leads

    def _lead_all(self) -> Steps:
        """Commits until nothing waits."""
        while True:
            with self._mutex:
                if not self._queue:
                    self._is_led = False
                    return
            yield from self._round(None)

    def _lead(self, own: Operation) -> None:
        """Commits until one operation is over, then lets the next one lead."""
        try:
            while not own.is_over:
                self._link.drive(self._round(own))
        finally:
            with self._mutex:
                self._is_led = bool(self._queue)
                following = self._queue[0] if self._queue else None
            if following is not None and following.wake() is False:
                self._link.drive(self._lead_all())

    def _round(self, own: Operation | None) -> Steps:
        """One batch, which the operation of whoever leads may be in: nobody waits for that one."""
        with self._mutex:
            operations = [self._queue.popleft() for _ in range(min(BATCH.value, len(self._queue)))]
        try:
            yield from self._commit(operations)
        except BaseException as error:
            told = error if isinstance(error, Away) else Away(f"{type(error).__name__} while the batch was committed")
            for each in operations:
                if not each.is_over:
                    each.error = told
            if not isinstance(error, Exception):
                raise
            if not isinstance(error, Away):
                log.exception("defect while decisions were committed")
        finally:
            again = [each for each in operations if not each.is_over]
            with self._mutex:
                self._queue.extendleft(reversed(again))
            for each in operations:
                if each.is_over and each is not own:
                    each.wake()

    def _commit(self, operations: list[Operation]) -> Steps:
        """One batch. What is not over after it is to be tried again."""
        fields = {field: k for k, field in enumerate(dict.fromkeys(each.field for each in operations if each.field))}
        reading = yield from self._shared.reading(*fields)
        batch = Batch(reading, fields)
        with self.deciding(reading):
            for operation in operations:
                batch.decide(operation)
        groups = batch.groups
        if not groups:
            return
        results, stirs = yield from self._written(reading, groups)
        for group, result in zip(groups, results, strict=True):
            self._settle(group, result)
        if stirs:
            self._stirred()

    def _written(self, reading: Reading, groups: list[Group]) -> Generator[Command, Any, tuple[list[str], bool]]:
        """What became of each group."""
        self._number += 1
        words = Words(reading.base)
        told = {
            "control": reading.version.decode(),
            "at": reading.now,
            "writer": self._writer,
            "number": self._number,
            "bounds": self._limits()._asdict(),
            "groups": [words.group(group) for group in groups],
        }
        try:
            answer = yield "commit", (encoded(told), *words.blobs)
        except Away:
            return (yield from self._found_out(len(groups)))
        if answer[0] != b"done":
            return ["conflict"] * len(groups), False
        return answer[1].decode().split(" "), bool(answer[3])

    def _found_out(self, count: int) -> Generator[Command, Any, tuple[list[str], bool]]:
        """What became of the groups of a batch whose answer was lost. Away: nobody can say."""
        words = (self._writer, self._number)
        try:
            answer = yield "fence", words
        except Away:
            answer = yield "fence", words
        # Of a batch that came too late, nothing was done and nothing will be.
        return (["conflict"] * count if answer == b"" else answer.decode().split(" ")), True

    def _settle(self, group: Group, result: str) -> None:
        if result == "ok":
            for operation, change, error in group.made:
                operation.change, operation.error = (None, error) if error else (change, None)
            return
        for operation, change, _ in group.made:
            operation.tries += 1
            if operation.tries >= TRIES.value:
                operation.error = Away("other servers change the same task again and again")
            if result in _FULL and change.record is not None:
                operation.error = Full(_FULL[result].format(given=self._limits().given))
                return
