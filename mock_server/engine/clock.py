"""The virtual clock as a value: where it stands, how fast it runs, whether it is frozen.

Nothing here reads the machine's clock; every function takes the real time in milliseconds. Whoever owns the value
(the store's control) decides when it changes.
"""

from __future__ import annotations

from math import inf
from typing import NamedTuple

from mock_server.engine.timestamps import LATEST


class Clock(NamedTuple):
    """Virtual time is `virtual + (real - real_then) * speed`, in milliseconds since 1970; frozen, it is `virtual`."""

    real: int
    virtual: int
    speed: float = 1.0
    frozen: bool = False

    @classmethod
    def starting(cls, real: int, speed: float = 1.0) -> Clock:
        """A clock that shows the real time now and runs `speed` times as fast."""
        return cls(real, real, speed)

    def now(self, real: int) -> int:
        """The virtual time. A machine's clock that steps back never takes the virtual time below where it was set.

        Nor does a fast one pass `LATEST`: there it stands, for the dates in responses have an end.
        """
        if self.frozen:
            return self.virtual
        passed = int((real - self.real) * self.speed)
        if passed <= 0:
            return self.virtual
        return self.virtual + passed if self.virtual + passed < LATEST else max(LATEST, self.virtual)

    def freeze(self, real: int) -> Clock:
        """Stands still at the present virtual time."""
        return Clock(real, self.now(real), self.speed, True)

    def resume(self, real: int) -> Clock:
        """Runs on from the present virtual time."""
        return Clock(real, self.now(real), self.speed, False)

    def advance(self, real: int, by: int) -> Clock:
        """`by` milliseconds later, running or frozen as before; `by` is not negative."""
        if by < 0:
            raise ValueError("a clock that tasks live by never goes back")
        return self._replace(real=real, virtual=self.now(real) + by)

    def at_speed(self, real: int, speed: float) -> Clock:
        """From now on `speed` times as fast as the machine's clock."""
        if not 0 < speed < inf:
            raise ValueError("a clock's speed is a finite number above 0; freeze it to stop it")
        return Clock(real, self.now(real), speed, self.frozen)
