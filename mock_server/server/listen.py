"""Listening sockets, and what is wrong when there can be none. Every server listens through here."""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
from collections.abc import Sequence
from typing import Any, NamedTuple

from mock_server.errors import InvalidInput, Problem
from mock_server.types import Bound

BACKLOG = 1024
"""How many clients the system holds that no server has accepted yet; beyond them a client has to try again.

A server that takes over a socket must pass this on: event loops and WSGI servers listen again, with a number of their
own. The system may hold fewer (on Linux, net.core.somaxconn).
"""

EXHAUSTED = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
"""What it means that the system has nothing left for another connection."""
WAITING = Bound(
    "Clients that have connected and wait to be accepted",
    BACKLOG,
    "clients",
    "A client's system tries again until there is room. The server's system may hold fewer: see `net.core.somaxconn`.",
)
EXHAUSTED_TEXT = "out of file descriptors: no connection is accepted until some are closed (raise `ulimit -n`)"

log = logging.getLogger("mock_server")

_TRIES = 20
"""How often a free port is looked for that is free on every address of a name."""
_ABSENT = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)
"""What it means that this machine does not have an address that its name has, such as ::1 without IPv6."""


class _Address(NamedTuple):
    family: int
    kind: int
    protocol: int
    sockaddr: tuple[Any, ...]

    def at(self, port: int) -> _Address:
        return self._replace(sockaddr=(self.sockaddr[0], port, *self.sockaddr[2:]))


def listen(host: str, port: int) -> tuple[socket.socket, ...]:
    """Sockets that listen on every address of the host, at one port; port 0 takes a free one.

    `::` also takes IPv4 where the system does; brackets around an address are ignored. InvalidInput: none of the
    addresses, or one that this machine has, cannot be listened on.
    """
    addresses = _addresses(host, port)
    for tries in range(_TRIES, 0, -1):
        try:
            return _listeners(addresses, port)
        except OSError as error:
            # The port that was free on the first address may be taken on another.
            if port == 0 and error.errno == errno.EADDRINUSE and tries > 1:
                continue
            raise InvalidInput([_cannot_bind(host, port, error)]) from None
    raise AssertionError("the last try returns or raises")


def url_of(host: str, port: int, *, scheme: str = "http") -> str:
    """The URL under which a client on this machine reaches what listens there."""
    host = bare(host)
    if host in ("0.0.0.0", "::", ""):
        host = "127.0.0.1"
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def report(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Logs what fails in an event loop: a client's broken handshake at debug level, a defect of ours as an error."""
    error = context.get("exception")
    if isinstance(error, OSError) and error.errno in EXHAUSTED:
        log.warning(EXHAUSTED_TEXT)
    elif isinstance(error, OSError):
        log.debug("%s: %s", context.get("message"), error)
    else:
        log.error("defect: %s", context.get("message"), exc_info=error)


def bare(host: str) -> str:
    """A host without the brackets in which a URL writes an IPv6 address."""
    return host[1:-1] if host.startswith("[") and host.endswith("]") else host


def _addresses(host: str, port: int) -> Sequence[_Address]:
    if host == "*":
        hint = 'give "::" for every address of this machine, or "0.0.0.0" for every one of IPv4'
        raise InvalidInput([Problem("--host", '"*" is no address', hint)])
    name = bare(host)
    # Text is encoded as an international name, whatever it is, and the codec for that takes time to import.
    plain = name.encode() if name.isascii() else name
    try:
        found = socket.getaddrinfo(plain, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        what = f"cannot listen on {host!r}: {error.strerror or error}"
        raise InvalidInput([Problem("--host", what, "try 127.0.0.1")]) from None
    return list(dict.fromkeys(_Address(family, kind, protocol, at) for family, kind, protocol, _, at in found))


def _listeners(addresses: Sequence[_Address], port: int) -> tuple[socket.socket, ...]:
    """A listener on each address that this machine has. OSError: there is none, or one cannot be listened on."""
    listeners: list[socket.socket] = []
    absent: OSError | None = None
    try:
        for address in addresses:
            at = listeners[0].getsockname()[1] if listeners else port
            try:
                listeners.append(_listener(address.at(at)))
            except OSError as error:
                if error.errno not in _ABSENT:
                    raise
                absent = error
        if absent is not None and not listeners:
            raise absent
    except OSError:
        for each in listeners:
            each.close()
        raise
    return tuple(listeners)


def _listener(address: _Address) -> socket.socket:
    listener = socket.socket(address.family, address.kind, address.protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if address.family == socket.AF_INET6:
            # `::` takes both kinds, as users of 0.0.0.0 expect; any other address is its own, beside one of IPv4.
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(address.sockaddr[0] != "::"))
        listener.bind(address.sockaddr)
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def _cannot_bind(host: str, port: int, error: OSError) -> Problem:
    if error.errno == errno.EADDRINUSE:
        return Problem("--port", f"{port} is in use on {host}", "choose another, or 0 for a free one")
    if error.errno == errno.EACCES:
        return Problem("--port", f"{port} needs more rights than this user has", "choose one above 1023")
    return Problem("--host", f"cannot listen on {host}: {error.strerror}", "try 127.0.0.1")
