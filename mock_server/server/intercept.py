"""A TCP proxy in place of the vendors' hosts, on the ports for http and https, in front of a server.

It knows no HTTP: every byte, half-close and reset is passed on as it came, so that faults of the connection reach a
client as they would without the proxy. TLS ends here; the server behind it sees plain bytes.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
import struct
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

from mock_server.server.listen import BACKLOG, report

log = logging.getLogger("mock_server")

_PIECE = 1 << 16
_HANDSHAKE = 10.0
_RESET = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
"""SO_LINGER that makes a close discard what is unsent and send RST."""


class Side(NamedTuple):
    """A listening socket, and the TLS of its clients, if they use it."""

    listener: socket.socket
    tls: ssl.SSLContext | None = None


class Intercept:
    """Forwards connections from listening sockets to one server until it is closed."""

    def __init__(self, host: str, port: int, sides: Sequence[Side]) -> None:
        self._server = (host, port)
        self._sides = tuple(sides)
        self._loop = asyncio.new_event_loop()
        self._closing = asyncio.Event()

    def run(self) -> None:
        """Serves until `close`; connections that are still open then are cut."""
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._run())

    def close(self) -> None:
        """Asks `run` to end; safe from a signal handler and from any thread."""
        with suppress(RuntimeError):  # it ended meanwhile
            self._loop.call_soon_threadsafe(self._closing.set)

    async def _run(self) -> None:
        self._loop.set_exception_handler(report)
        listening = [
            await asyncio.start_server(
                self._carry,
                sock=side.listener,
                backlog=BACKLOG,
                ssl=side.tls,
                ssl_handshake_timeout=None if side.tls is None else _HANDSHAKE,
            )
            for side in self._sides
        ]
        await self._closing.wait()
        for each in listening:
            each.close()

    async def _carry(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        """Forwards one client's connection by one of its own to the server."""
        try:
            server, to_server = await asyncio.open_connection(*self._server)
        except OSError as error:
            log.warning("no server at %s:%s: %s", *self._server, error)
            _reset(to_client)
            return
        upward = asyncio.ensure_future(_pass_on(client, to_server))
        try:
            await _copy(server, to_client)
            to_client.close()
        except OSError:
            _reset(to_client)
        finally:
            upward.cancel()
            to_server.close()


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    """Every byte until the source ends. OSError: one of the two was reset."""
    while data := await source.read(_PIECE):
        target.write(data)
        await target.drain()


async def _pass_on(client: asyncio.StreamReader, to_server: asyncio.StreamWriter) -> None:
    """Forwards what the client sends, its half-close, and its reset."""
    try:
        await _copy(client, to_server)
        to_server.write_eof()
    except OSError:
        _reset(to_server)


def _reset(writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):  # it is gone already
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.transport.abort()
