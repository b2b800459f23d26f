"""A server of the conditions of `docs/sdk-matrix.json` that no scenario makes: its bytes are written by hand.

A client asks for the task `raw-NUMBER.SDK`; the number is that of the condition in `ROWS`.
"""

from __future__ import annotations

import gzip
import re
import socket
import socketserver
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import NamedTuple

PATIENCE = 0.8
"""Seconds that the SDKs of `TIMED` wait, where they can be told."""
PIECES = 10
_REST = 4.0
"""Seconds after which the server gives up a client that waits without end."""

Headers = tuple[tuple[str, str], ...]


class Right(NamedTuple):
    """A vendor's response as it should be, to be spoilt."""

    headers: Headers
    body: bytes


class Sent(NamedTuple):
    """What the server sends: at once, or in pieces with a pause before each; then it closes or reads on."""

    data: bytes
    pieces: int = 1
    pause: float = 0.0
    close: bool = False


def message(right: Right, line: str = "200 OK", *, version: str = "1.1", length: int | None = None) -> bytes:
    """A response with these headers. `length`: what Content-Length says; None: how long the body is."""
    pairs = (*right.headers, ("Content-Length", str(len(right.body) if length is None else length)))
    return head(f"HTTP/{version} {line}", pairs) + right.body


def head(line: str, pairs: Headers) -> bytes:
    """A status line and headers, with the empty line below them."""
    return "".join(f"{each}\r\n" for each in (line, *(f"{name}: {value}" for name, value in pairs), "")).encode()


def _page(right: Right) -> Sent:
    kept = tuple(pair for pair in right.headers if pair[0] != "Content-Type")
    page = b"<html><body>welcome</body></html>"
    return Sent(message(Right((*kept, ("Content-Type", "text/html")), page)))


def _odd_byte(right: Right) -> Sent:
    body = re.sub(rb'"(desc|url)": ?"', lambda found: found[0] + b"\xff", right.body, count=1)
    return Sent(message(right._replace(body=body)))


def _no_length(right: Right) -> Sent:
    return Sent(head("HTTP/1.1 200 OK", (*right.headers, ("Connection", "close"))) + right.body, close=True)


def _chunks(right: Right) -> Sent:
    parts = (right.body[:20], right.body[20:], b"")
    body = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts)
    return Sent(head("HTTP/1.1 200 OK", (*right.headers, ("Transfer-Encoding", "chunked"))) + body)


def _compressed(right: Right) -> Sent:
    return Sent(message(Right((*right.headers, ("Content-Encoding", "gzip")), gzip.compress(right.body))))


def _lower(right: Right) -> Sent:
    above, _, body = message(right).partition(b"\r\n\r\n")
    line, _, rest = above.partition(b"\r\n")
    names = re.sub(rb"(?m)^[^:]+", lambda found: found[0].lower(), rest)
    return Sent(b"\r\n".join((line, names, b"", body)))


def _with(right: Right, *pairs: tuple[str, str]) -> Right:
    return right._replace(headers=(*right.headers, *pairs))


ROWS: Mapping[str, Callable[[Right], Sent]] = MappingProxyType(
    {
        "an HTML page with 200 that kept the request id": _page,
        "no response, and a timeout of one second": lambda _: Sent(b"", pause=_REST, close=True),
        "a late response, and a timeout of one second": lambda right: Sent(message(right), pause=2 * PATIENCE),
        "a body in small pieces, and a timeout of one second": lambda right: Sent(
            message(right), pieces=PIECES, pause=PATIENCE / 6
        ),
        "Content-Length too large, the connection left open": lambda right: Sent(
            message(right, length=99_999), close=True
        ),
        "204 with a Content-Length and a body": lambda right: Sent(message(right, "204 No Content")),
        "a byte that is not UTF-8 in the body": _odd_byte,
        "HTTP/1.0": lambda right: Sent(message(right, version="1.0"), close=True),
        "neither Content-Length nor chunks": _no_length,
        "header names in lower case": _lower,
        "100 before the response": lambda right: Sent(b"HTTP/1.1 100 Continue\r\n\r\n" + message(right)),
        "103 before the response": lambda right: Sent(
            b"HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n" + message(right)
        ),
        "a body in chunks": _chunks,
        "a body that is compressed": _compressed,
        "a status line without a reason": lambda right: Sent(message(right, "200")),
        "a header of 100,000 bytes": lambda right: Sent(message(_with(right, ("X-Long", "a" * 100_000)))),
        "two Content-Lengths that differ": lambda right: Sent(message(_with(right, ("Content-Length", "20")))),
    }
)
"""The conditions, by the names of their rows."""
TIMED = tuple(name for name in ROWS if "timeout" in name)
"""Those for which the SDKs are told to wait less."""


def id_of(row: str, column: str) -> str:
    """The task that an SDK polls to meet a condition."""
    return f"raw-{list(ROWS).index(row)}.{column}"


class RawServer(NamedTuple):
    """A running server: its port, and how many requests came for each task."""

    port: int
    requests: Counter[str]


@contextmanager
def serving(right: Mapping[str, Right]) -> Iterator[RawServer]:
    """Serves the conditions of vendors, given the right response of each."""
    requests: Counter[str] = Counter()
    lock = threading.Lock()

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            connection: socket.socket = self.request
            while (id := _read(connection)) is not None:
                with lock:
                    requests[id] += 1
                number, _, column = id.removeprefix("raw-").partition(".")
                sent = list(ROWS.values())[int(number)](right[column.partition("-")[0]])
                if not _send(connection, sent):
                    return

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        request_queue_size = 64

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield RawServer(server.server_address[1], requests)
        finally:
            server.shutdown()
            thread.join()


def _read(connection: socket.socket) -> str | None:
    """The task that the next request is for; None: there is no further one."""
    data = b""
    try:
        while True:
            above, end, body = data.partition(b"\r\n\r\n")
            length = re.search(rb"(?i)content-length: *(\d+)", above)
            if end and len(body) >= int(length[1] if length else 0):
                found = re.search(rb"raw-\d+[.][\w-]+", data)
                return found[0].decode() if found else None
            more = connection.recv(1 << 16)
            if not more:
                return None
            data += more
    except OSError:
        return None


def _send(connection: socket.socket, sent: Sent) -> bool:
    """Sends a response. Whether the connection goes on."""
    size = -(-len(sent.data) // sent.pieces) or 1
    for start in range(0, len(sent.data), size) or (0,):
        if sent.pause and _is_left(connection, sent.pause):
            return False
        try:
            connection.sendall(sent.data[start : start + size])
        except OSError:
            return False
    return not sent.close


def _is_left(connection: socket.socket, seconds: float) -> bool:
    """Whether the client closes the connection before so much time has passed."""
    connection.settimeout(seconds)
    try:
        return connection.recv(1) == b""
    except TimeoutError:
        return False
    except OSError:
        return True
    finally:
        connection.settimeout(None)
