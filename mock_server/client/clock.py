"""The virtual clock in the client's hand. All tasks of the server live by it; `Client.shift` touches one alone."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from mock_server.client.arguments import Length, length, moment
from mock_server.client.transport import Transport
from mock_server.client.values import Clock, clock_of


class ClockHand(NamedTuple):
    """Reads and moves the clock; each change returns where it stands then."""

    transport: Transport

    def read(self) -> Clock:
        """Where it stands."""
        return self.transport.ask("GET", "clock", read=clock_of)

    def freeze(self) -> Clock:
        """Stops it: nothing moves by time until it is resumed, advanced or set."""
        return self._change("freeze", True)

    def resume(self) -> Clock:
        """Lets it run on from where it stands."""
        return self._change("resume", True)

    def advance(self, by: Length) -> Clock:
        """Lets this much time pass; all that is due on the way is done, in order."""
        return self._change("advance", length(by))

    def set(self, to: str | datetime) -> Clock:
        """Goes to a moment that is not past, as `advance` does."""
        return self._change("set", moment(to))

    def speed(self, times: float) -> Clock:
        """Lets it run so many times as fast as the machine's."""
        return self._change("speed", times)

    def _change(self, what: str, value: Any) -> Clock:
        return self.transport.ask("POST", "clock", body={what: value}, read=clock_of)
