"""The wire server with nothing behind it, or with all of ours, and a client that sees what others hide."""

from __future__ import annotations

import json
import os
import re
import select
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from mock_server.assembly import Server, assemble
from mock_server.http.errors import OwnError
from mock_server.http.message import Delivery, Request, Response
from mock_server.server.wire.limits import Limits
from mock_server.server.wire.server import WireServer
from mock_server.server.wire.service import Answers
from mock_server.settings import Settings
from tests.support import harness, raw
from tests.support.harness import PATIENCE as PATIENCE

GET = b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n"
LAST = b"GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


class Heard(NamedTuple):
    """What a server said until the connection ended, and whether a reset ended it."""

    data: bytes
    reset: bool = False


class Wire(NamedTuple):
    """A running wire server. `parts` are those of the whole server, where there is one behind it."""

    server: WireServer
    parts: Server | None = None

    @property
    def port(self) -> int:
        """Where it listens."""
        return self.server.port

    def connect(self) -> socket.socket:
        """A plain connection to it."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)

    def say(self, data: bytes, *, half: bool = False) -> Heard:
        """Sends bytes, with `half` also that no more come, and hears the server out."""
        with self.connect() as client:
            client.sendall(data)
            if half:
                client.shutdown(socket.SHUT_WR)
            return hear(client)


def hear(client: socket.socket) -> Heard:
    """All that comes until the connection ends."""
    heard = b""
    try:
        while data := client.recv(1 << 16):
            heard += data
    except ConnectionResetError:
        return Heard(heard, reset=True)
    return Heard(heard)


def hear_head(client: socket.socket) -> bytes:
    """What comes until a head is whole, that head's body left unread as far as that goes."""
    heard = b""
    while b"\r\n\r\n" not in heard:
        data = client.recv(1)
        assert data, f"the connection ended after {heard!r}"
        heard += data
    return heard


def until(holds: Callable[[], bool], what: str) -> None:
    """Waits until something is so, and fails if it never is."""
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, f"not so after {PATIENCE} s: {what}"
        select.select([], [], [], 0.005)


def descriptors() -> int:
    """How many file descriptors this process holds."""
    return len(os.listdir("/proc/self/fd"))


def echo(request: Request) -> Response:
    """Says what was asked. `ms` delays that, `fault` (and `over`) misdelivers it, `status` is another one."""
    said = dict(request.query)
    seen = {
        "method": request.method,
        "target": request.target,
        "path": request.path,
        "headers": request.headers,
        "body": request.body.decode("latin-1")[:1000],
        "size": len(request.body),
    }
    body = b"" if request.peeks else json.dumps(seen).encode()
    delivery = Delivery(said["fault"], int(said.get("over", 0))) if "fault" in said else None
    headers = (("Content-Type", "application/json"), ("x-oDD-Case", "kept"), ("Content-Length", str(len(body))))
    return Response(int(said.get("status", 200)), "OK", headers, body, int(said.get("ms", 0)), delivery)


def is_slow(request: Request) -> bool:
    """Whether a request is answered in a thread of its own."""
    return request.path.startswith("/slow")


ECHO = Answers(echo, is_slow, echo)
"""Says what was asked, whoever is asked."""


@contextmanager
def running(server: WireServer) -> Iterator[WireServer]:
    """A server that serves in a thread until the block ends."""
    with harness.running(server):
        yield server
    assert server.connections == 0


@contextmanager
def echoing(
    answer: Callable[[Request], Response] = echo,
    slow: Callable[[Request], Response] = echo,
    *,
    tls: ssl.SSLContext | None = None,
    host: str = "127.0.0.1",
    refused: Callable[[OwnError, str, bytes], object] = lambda *_: None,
    **limits: Any,
) -> Iterator[Wire]:
    """A wire server with two functions behind it."""
    answers = Answers(answer, is_slow, slow, refused)
    server = WireServer(answers, host, 0, threading.Event(), tls=tls, limits=Limits(**limits))
    with running(server):
        yield Wire(server)


@contextmanager
def whole(settings: Settings, **more: Any) -> Iterator[Wire]:
    """A wire server with all of ours behind it."""
    parts = assemble(settings, shipped=harness.LoadedOnce(), **more)
    server = harness.listening(parts)
    assert isinstance(server, WireServer)
    with running(server):
        yield Wire(server, parts)


def statuses(data: bytes) -> list[int]:
    """The status of each response in a connection's bytes."""
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", data)]


def bodies(data: bytes) -> list[Any]:
    """The JSON body of each response in a connection's bytes."""
    return [json.loads(answer.body) for answer in raw.answers(data)]
