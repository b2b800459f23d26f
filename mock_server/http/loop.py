"""The event loop that the server and whoever sends notifications run in."""

from __future__ import annotations

import asyncio

from mock_server.engine import machine_clock


class _Loop(asyncio.SelectorEventLoop):
    """The standard loop by a clock that test tools do not replace, as uvloop has it."""

    def time(self) -> float:
        """Seconds that never go back."""
        return machine_clock.monotonic()


def new_loop() -> asyncio.AbstractEventLoop:
    """uvloop where it is installed, else the standard loop; here they differ in speed alone."""
    try:
        import uvloop
    except ImportError:
        return standard_loop()
    return uvloop.new_event_loop()


def standard_loop() -> asyncio.AbstractEventLoop:
    """The standard loop, also where uvloop is installed: it reads by the methods of the socket that it is given."""
    return _Loop()
