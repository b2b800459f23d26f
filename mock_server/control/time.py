"""The virtual clock: set, frozen, moved and sped up. All tasks of the server live by it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from mock_server.control.refused import Kind, Refused
from mock_server.emulator.agenda import WALK, Agenda
from mock_server.emulator.commit import Ledger
from mock_server.engine.clock import Clock
from mock_server.engine.timestamps import LATEST, moment_text
from mock_server.store.store import Control
from mock_server.types import Bound

MOST_SPEED = 1_000_000.0
_COUNTED = 10_000
"""Tasks that owe something which a message counts."""
_FORWARD = "reset begins anew at the machine's time, with no tasks; shift makes time pass for one task alone"
MOVES = Bound(
    "Calls at once that move the clock",
    8,
    "calls",
    "One moves it and the others wait for that. Another is refused with 503 (`busy`), and Retry-After says when to ask "
    "again.",
)
SPEED = Bound(
    "Speed of the clock",
    int(MOST_SPEED),
    "times that of the machine's clock",
    "422: a higher one is refused, as `--speed` is when the server starts.",
)


class ClockView(NamedTuple):
    """Where the clock stands: `now` and `real` in milliseconds since 1970."""

    now: int
    real: int
    speed: float
    frozen: bool


class Time:
    """The clock of one server."""

    def __init__(
        self,
        ledger: Ledger,
        deliver_due: Callable[[int], None] = lambda _: None,
        release: Callable[[], None] = lambda: None,
    ) -> None:
        """`deliver_due` is the agenda's, and `release` is called when a walk is over."""
        self._store = ledger.store
        self._real = ledger.real
        self._agenda = Agenda(ledger, deliver_due)
        self._deliver_due, self._release = deliver_due, release
        self._moving = threading.Lock()  # two advances at once must add up
        self._slots = threading.BoundedSemaphore(MOVES.value)

    def read(self) -> ClockView:
        """Where the clock stands now."""
        return self._view(self._store.control().clock)

    def freeze(self) -> ClockView:
        """Stops it: nothing moves by time until it is resumed, advanced or set."""
        return self._change(lambda clock, real: clock.freeze(real))

    def resume(self) -> ClockView:
        """Lets it run on from where it stands."""
        return self._change(lambda clock, real: clock.resume(real))

    def at_speed(self, speed: float) -> ClockView:
        """Lets it run `speed` times as fast as the machine's. Refused: not above 0, or too fast to tell."""
        if not 0 < speed <= MOST_SPEED:
            raise Refused(Kind.INVALID, f"a speed is above 0 and at most {MOST_SPEED:.0f}", hint="freeze it to stop it")
        return self._change(lambda clock, real: clock.at_speed(real, speed))

    def advance(self, by: int) -> ClockView:
        """Makes `by` milliseconds pass besides those that pass anyway.

        First the attempts to notify that are under way are waited for, since what is due next depends on them. Then the
        clock stands at each due time while its work is done and what is due is sent and settled, in order. Refused:
        `by` is negative, too many wait already for another advance to end, or receivers take too long (`WALK`): then
        the clock stays where it stands. Refused also if the tasks or the clock begin anew meanwhile, by a reset or a
        loaded bundle: what began anew is left alone.
        """
        if by < 0:
            raise Refused(Kind.INVALID, "time passes forward only", hint=_FORWARD)
        with self._alone() as generation:
            self._deliver_due(self.read().now)
            left = by
            for due in self._agenda.until(_within(self.read().now + by)):
                left -= self._jump(generation, due, left)
            return self._change(lambda clock, real: clock.advance(real, left), generation)

    def set(self, to: int) -> ClockView:
        """Goes to a time as `advance` does, past every due one on the way.

        Refused: it is past, for tasks cannot go back alone, or as `advance` is.
        """
        with self._alone() as generation:
            self._deliver_due(self.read().now)
            if to < self.read().now:
                raise Refused(Kind.INVALID, "the clock cannot be set back", hint=_FORWARD)
            for due in self._agenda.until(_within(to)):
                self._jump(generation, due)
            self._jump(generation, to)
            return self.read()

    @contextmanager
    def _alone(self) -> Iterator[int]:
        """No other walk goes on meanwhile. One that waits holds a thread, which a server has only so many of.

        Gives the generation of the store that was asked to move: from before the wait, which a reset may end.
        """
        generation = self._store.generation
        if not self._slots.acquire(blocking=False):
            what = "the clock is being moved, and too many others wait for that"
            raise Refused(Kind.BUSY, what, hint="ask again in a second")
        try:
            with self._moving:
                try:
                    yield generation
                except TimeoutError as error:
                    raise self._late() from error
                finally:
                    self._release()
        finally:
            self._slots.release()

    def _late(self) -> Refused:
        now = self.read().now
        owing = len({*self._store.under_way(), *(key for _, key in self._store.due(now, _COUNTED))})
        count = f"{owing} {'task owes' if owing == 1 else 'tasks owe'}"
        what = f"receivers took more than {WALK.value} s: the clock stands at {moment_text(now)}, where {count}"
        hint = "move the clock on from there; end what owes a notification more whenever one is sent"
        return Refused(Kind.CONFLICT, f"{what} notifications", hint=hint)

    def _jump(self, generation: int, to: int, most: int | None = None) -> int:
        """Takes the clock to a time if it is not there yet, by `most` milliseconds at most; by how many it did."""
        jumped = [0]

        def move(clock: Clock, real: int) -> Clock:
            missing = max(0, to - clock.now(real))
            jumped[0] = missing if most is None else min(missing, most)
            return clock.advance(real, jumped[0])

        self._change(move, generation)
        return jumped[0]

    def _change(self, change: Callable[[Clock, int], Clock], generation: int | None = None) -> ClockView:
        """Changes the clock. Refused: the store is no longer of this generation."""

        def changed(held: Control) -> Control:
            if generation not in (None, self._store.generation):
                what = "the server was reset, or a bundle was loaded, while the clock was being moved"
                raise Refused(Kind.CONFLICT, what, hint="move the clock again if the new run needs it")
            return held._replace(clock=change(held.clock, self._real()))

        return self._view(self._store.control(changed).clock)

    def _view(self, clock: Clock) -> ClockView:
        real = self._real()
        return ClockView(clock.now(real), real, clock.speed, clock.frozen)


def _within(to: int) -> int:
    """A time that dates can tell. Refused: it is too late for that."""
    if to > LATEST:
        raise Refused(Kind.INVALID, "the clock cannot pass the year 9998")
    return to
