"""The virtual clock: set, frozen, moved and sped up. All tasks of the server live by it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import NamedTuple

from mock_server.control.refused import Kind, Refused
from mock_server.emulator.agenda import Agenda
from mock_server.emulator.commit import Ledger
from mock_server.engine.clock import Clock
from mock_server.engine.timestamps import LATEST
from mock_server.types import Bound

MOST_SPEED = 1_000_000.0
_FORWARD = "reset begins anew at the machine's time, with no tasks; shift makes time pass for one task alone"
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

    def __init__(self, ledger: Ledger) -> None:
        self._store = ledger.store
        self._real = ledger.real
        self._agenda = Agenda(ledger)
        self._moving = threading.Lock()  # two advances at once must add up

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

        The clock stands at each due time while its work is done, in order. Refused: `by` is negative.
        """
        if by < 0:
            raise Refused(Kind.INVALID, "time passes forward only", hint=_FORWARD)
        with self._moving:
            left = by
            for due in self._agenda.until(_within(self.read().now + by)):
                left -= self._jump(due, left)
            return self._change(lambda clock, real: clock.advance(real, left))

    def set(self, to: int) -> ClockView:
        """Goes to a time, past every due one on the way. Refused: it is past, for tasks cannot go back alone."""
        with self._moving:
            if to < self.read().now:
                raise Refused(Kind.INVALID, "the clock cannot be set back", hint=_FORWARD)
            for due in self._agenda.until(_within(to)):
                self._jump(due)
            self._jump(to)
            return self.read()

    def _jump(self, to: int, most: int | None = None) -> int:
        """Takes the clock to a time if it is not there yet, by `most` milliseconds at most; by how many it did."""
        jumped = [0]

        def move(clock: Clock, real: int) -> Clock:
            missing = max(0, to - clock.now(real))
            jumped[0] = missing if most is None else min(missing, most)
            return clock.advance(real, jumped[0])

        self._change(move)
        return jumped[0]

    def _change(self, change: Callable[[Clock, int], Clock]) -> ClockView:
        control = self._store.control(lambda held: held._replace(clock=change(held.clock, self._real())))
        return self._view(control.clock)

    def _view(self, clock: Clock) -> ClockView:
        real = self._real()
        return ClockView(clock.now(real), real, clock.speed, clock.frozen)


def _within(to: int) -> int:
    """A time that dates can tell. Refused: it is too late for that."""
    if to > LATEST:
        raise Refused(Kind.INVALID, "the clock cannot pass the year 9998")
    return to
