"""HTTP without a client library: any bytes out, and what came back taken apart."""

from __future__ import annotations

import socket
from typing import NamedTuple

from tests.support.harness import PATIENCE

SERVERS_OWN = frozenset({"date", "server", "connection", "via"})
"""Headers, in lower case, that a server adds of itself."""


class Answer(NamedTuple):
    """A response as it came. Header names are in lower case and sorted, for servers may spell and order them anew."""

    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        """The first header of this name, given in lower case."""
        return next((value for key, value in self.headers if key == name), None)


def request_bytes(method: str, target: str, headers: dict[str, str] | None = None, body: bytes = b"") -> bytes:
    """One request that asks for the connection to be closed after it; a body brings its Content-Length."""
    given = {"Host": "127.0.0.1", "Connection": "close", **(headers or {})}
    if body and "Transfer-Encoding" not in given:
        given["Content-Length"] = str(len(body))
    head = "".join(f"{name}: {value}\r\n" for name, value in given.items())
    return f"{method} {target} HTTP/1.1\r\n{head}\r\n".encode() + body


def send(port: int, data: bytes, host: str = "127.0.0.1") -> bytes:
    """Everything the server says to these bytes until it closes the connection."""
    with socket.create_connection((host, port), timeout=PATIENCE) as connection:
        connection.sendall(data)
        return b"".join(iter(lambda: connection.recv(1 << 16), b""))


def answers(raw: bytes, *, bodiless: bool = False) -> list[Answer]:
    """The responses in a connection's bytes, each with the body that its Content-Length tells (`bodiless`: to HEAD)."""
    found = []
    while raw:
        head, _, raw = raw.partition(b"\r\n\r\n")
        line, *lines = head.decode("latin-1").split("\r\n")
        _, status, reason = line.split(" ", 2)
        pairs = [(name.lower(), value.strip()) for name, _, value in (one.partition(":") for one in lines)]
        length = 0 if bodiless else int(dict(pairs).get("content-length", 0))
        found.append(Answer(int(status), reason, own(pairs), raw[:length]))
        raw = raw[length:]
    return found


def own(headers: list[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """The headers that are the application's, as `Answer` has them."""
    return tuple(sorted((name, value) for name, value in headers if name not in SERVERS_OWN))
