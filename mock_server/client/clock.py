"""The virtual clock. All tasks of the server live by it; `Client.shift` moves one task alone."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from mock_server.api.questions import Length, length_text
from mock_server.api.values import Clock
from mock_server.client.transport import WALK, Transport

__tracebackhide__ = True
"""pytest shows the test's own line and the message, and no frame of this module."""


class VirtualClock(NamedTuple):
    """Reads and moves the clock; each change returns where the clock stands then."""

    transport: Transport

    def read(self) -> Clock:
        """Where it stands."""
        return self.transport.call("GET", "clock", Clock)

    def freeze(self) -> Clock:
        """Stops it: nothing moves by time until it is resumed, advanced or set."""
        return self._change("freeze", True)

    def resume(self) -> Clock:
        """Lets it run on from where it stands."""
        return self._change("resume", True)

    def advance(self, by: Length) -> Clock:
        """Lets this much time pass. Everything due meanwhile happens, in order, notifications included: each is sent
        and its response awaited, up to two minutes of real time in all."""
        return self._change("advance", length_text(by))

    def set(self, to: str | datetime) -> Clock:
        """Goes to a moment that is not past, as `advance` does. A datetime without a zone is UTC."""
        return self._change("set", _moment(to))

    def speed(self, times: float) -> Clock:
        """Lets it run this many times as fast as the machine's clock."""
        return self._change("speed", times)

    def _change(self, what: str, value: Any) -> Clock:
        return self.transport.call("POST", "clock", Clock, body={what: value}, patience=WALK)


def _moment(at: str | datetime) -> str:
    if isinstance(at, str):
        return at
    return at.isoformat() if at.tzinfo is not None else f"{at.isoformat()}Z"
