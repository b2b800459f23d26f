"""Whether the client of the request that is being answered is still there, for whatever waits on its behalf.

A client that has closed its connection looks like one that has only finished sending, and may still read (RFC 9112,
section 9.6), until something is sent to it: the system of one that has closed answers with a reset. So after a while a
100 (Continue) is sent, which every HTTP/1.1 client has to expect at any time before its response (RFC 9110, section
15.2), and then the socket tells.
"""

from __future__ import annotations

import socket
from collections.abc import Callable

from mock_server.engine import machine_clock
from mock_server.types import Bound

PATIENCE = 1.0
"""Seconds after which a client that sends no more, and is owed a response, is asked whether it still reads."""
SILENCE = Bound(
    "Time for which a client that sends no more, and is owed a response, is taken to be there",
    int(PATIENCE * 1000),
    "milliseconds",
    "It is sent `100 Continue`, which shows whether it still reads. One of HTTP/1.0 is not asked.",
)


class Presence:
    """Watches one client's socket while a response is owed to it, and nothing of that response has been sent."""

    __slots__ = ("_ask", "_asked", "_monotonic", "_silent", "_socket")

    def __init__(
        self,
        connection: socket.socket,
        ask: Callable[[], object] | None,
        monotonic: Callable[[], float] = machine_clock.monotonic,
    ) -> None:
        """`ask` sends 100 (Continue); None: the client is too old for it."""
        self._socket = connection
        self._ask = ask
        self._monotonic = monotonic
        self._silent: float | None = None
        self._asked = False

    def gone(self) -> bool:
        """Whether the client has left. Must be called now and then: that is when the client is asked."""
        try:
            if self._socket.recv(1, socket.MSG_PEEK | getattr(socket, "MSG_DONTWAIT", 0)):
                return False
        except BlockingIOError:
            return False
        except OSError:
            return True
        return self.gone_after_end()

    def gone_after_end(self) -> bool:
        """The same, of a client that is known to send no more."""
        now = self._monotonic()
        if self._silent is None:
            self._silent = now
        if now - self._silent < PATIENCE or self._ask is None:
            return False
        try:
            if self._asked:
                return self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) != 0
            self._asked = True
            self._ask()
        except OSError:
            return True
        return False
