"""Receivers of notifications on real sockets: good ones, and ones of every temper."""

from __future__ import annotations

import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

from tests.support.wire_kit import PATIENCE, until


class Received(NamedTuple):
    """A request as its bytes came. `number` counts them from 0."""

    number: int
    head: bytes
    body: bytes

    @property
    def target(self) -> str:
        """The target of the request line."""
        return self.head.split(b" ", 2)[1].decode()

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    def header(self, name: str) -> str | None:
        """The first header of this name."""
        for line in self.head.decode("latin-1").split("\r\n")[1:]:
            key, _, value = line.partition(":")
            if key.lower() == name.lower():
                return value.strip()
        return None


class Line(NamedTuple):
    """A receiver's connection to a sender."""

    socket: socket.socket
    closing: threading.Event

    def send(self, data: bytes) -> None:
        """Sends bytes."""
        self.socket.sendall(data)

    def drip(self, data: bytes) -> None:
        """Sends bytes one by one, over and over, until the sender leaves or the receiver is closed."""
        while not self.closing.is_set():
            for byte in data:
                self.socket.sendall(bytes([byte]))
                if self.closing.wait(0.005):
                    return

    def stream(self, data: bytes) -> None:
        """Sends bytes as fast as they are taken, over and over, until the sender leaves."""
        while not self.closing.is_set():
            self.socket.sendall(data)

    def reset(self) -> None:
        """Ends the connection by a reset."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()


Temper = Callable[[Line, Received], object]
"""What a receiver does with a request; after that it closes the connection."""


def answers(*statuses: int, headers: str = "", body: bytes = b"ok") -> Temper:
    """Answers with these statuses in turn, then always with the last."""

    def answer(line: Line, request: Received) -> None:
        status = statuses[min(request.number, len(statuses) - 1)]
        line.send(f"HTTP/1.1 {status} Made Up\r\n{headers}Content-Length: {len(body)}\r\n\r\n".encode() + body)

    return answer


def held_until(gate: threading.Event, status: int) -> Temper:
    """Holds the first request until a gate is open, then answers as it does all others."""

    def answer(line: Line, request: Received) -> None:
        if request.number == 0:
            gate.wait(20)
        answers(status)(line, request)

    return answer


def says(data: bytes) -> Temper:
    """Sends these bytes."""
    return lambda line, _: line.send(data)


def hangs(line: Line, _: Received) -> None:
    """Says nothing until the receiver is closed."""
    line.closing.wait(PATIENCE)


class Receiver:
    """Listens on a port of loopback, 0 for a free one, and keeps what it is told."""

    def __init__(
        self, temper: Temper, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1", port: int = 0
    ) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.create_server((host, port), family=family, backlog=512)
        self._temper = temper
        self._tls = tls
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._threads: list[threading.Thread] = []
        self.port: int = self._listener.getsockname()[1]
        self.connections = 0
        """How many were made."""
        self.received: list[Received] = []
        """The requests, in the order in which they were whole."""

    def url(self, path: str = "/cb") -> str:
        """An address of it."""
        return f"{'http' if self._tls is None else 'https'}://127.0.0.1:{self.port}{path}"

    def wait(self, count: int) -> list[Received]:
        """The requests, once there are so many."""
        until(lambda: len(self.received) >= count, f"{count} requests to the receiver")
        return self.received

    def serve(self) -> None:
        """Accepts connections until it is closed."""
        while not self._closing.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            thread = threading.Thread(target=self._hear, args=(connection,), daemon=True)
            thread.start()
            self._threads.append(thread)

    def close(self) -> None:
        """Ends it, and every connection."""
        self._closing.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(PATIENCE)

    def _hear(self, connection: socket.socket) -> None:
        with suppress(OSError), connection:
            line = connection if self._tls is None else self._tls.wrap_socket(connection, server_side=True)
            with line:
                line.settimeout(PATIENCE)
                request = self._read(line)
                if request is not None:
                    self._temper(Line(line, self._closing), request)

    def _read(self, line: socket.socket) -> Received | None:
        data = b""
        while b"\r\n\r\n" not in data:
            part = line.recv(1 << 16)
            if not part:
                return None
            data += part
        head, _, body = data.partition(b"\r\n\r\n")
        lengths = [
            each.partition(b":")[2] for each in head.split(b"\r\n") if each.lower().startswith(b"content-length")
        ]
        while len(body) < int(lengths[0] if lengths else 0):
            body += line.recv(1 << 16)
        with self._lock:
            request = Received(len(self.received), head, body)
            self.received.append(request)
        return request


@contextmanager
def receiving(
    temper: Temper | None = None, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1", port: int = 0
) -> Iterator[Receiver]:
    """A receiver that listens until the block ends; by default it takes everything."""
    receiver = Receiver(temper or answers(200), tls, host, port)
    thread = threading.Thread(target=receiver.serve, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.close()
        thread.join(PATIENCE)
