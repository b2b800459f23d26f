"""A connection of this server without a socket: all that a poll passes through, driven from this process."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import Any

from mock_server.assembly import Server
from mock_server.server.own_paths import OwnPaths
from mock_server.server.wire.connection import Connection
from mock_server.server.wire.limits import Limits
from mock_server.server.wire.service import Answers, Service


class Line:
    """One client's persistent connection, and the transport that keeps what it is sent."""

    def __init__(self, service: Service) -> None:
        self.sent: list[bytes] = []
        self._connection = Connection(service)
        self._connection.connection_made(self)

    def write(self, data: bytes) -> None:
        """Keeps the bytes."""
        self.sent.append(data)

    def get_extra_info(self, name: str) -> Any:
        """Nothing: there is no socket."""

    def poll(self, request: bytes) -> None:
        """Sends a request; `sent` then holds its response alone."""
        self.sent.clear()
        self._connection.data_received(request)

    def close(self) -> None:
        """The client goes away."""
        self._connection.connection_lost(None)


@contextmanager
def line_to(server: Server, own_paths: OwnPaths, *, fast_path: bool = True) -> Iterator[Line]:
    """A connection to a server as it runs, or to one without the fast path."""
    fast = server.emulator.fast_path if fast_path else None
    answers = Answers(server.emulator.answer, own_paths.takes, own_paths.answer, fast_path=fast)
    with (
        closing(asyncio.new_event_loop()) as loop,
        ThreadPoolExecutor(1) as pool,
        closing(Line(Service(loop, answers, pool, Limits()))) as line,
    ):
        yield line


def request(target: str) -> bytes:
    """A poll as a client with a persistent connection sends it."""
    head = f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: trace\r\nAccept: */*\r\n\r\n"
    return head.encode("ascii")
