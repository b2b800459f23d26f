"""A listening socket, and what is wrong when there can be none. Every server listens through here."""

from __future__ import annotations

import errno
import socket

from mock_server.errors import InvalidInput, Problem

_BACKLOG = 1024


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens on the address; port 0 takes a free one. InvalidInput: it cannot be listened on."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise InvalidInput([Problem("--host", f"cannot listen on {host!r}: {error}", "try 127.0.0.1")]) from None
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise InvalidInput([_cannot_bind(host, port, error)]) from None
    return listener


def url_of(host: str, port: int, *, scheme: str = "http") -> str:
    """The URL under which a client on this machine reaches what listens there."""
    if host in ("0.0.0.0", "::", ""):
        host = "127.0.0.1"
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def _cannot_bind(host: str, port: int, error: OSError) -> Problem:
    if error.errno == errno.EADDRINUSE:
        return Problem("--port", f"{port} is in use on {host}", "choose another, or 0 for a free one")
    if error.errno == errno.EACCES:
        return Problem("--port", f"{port} needs more rights than this user has", "choose one above 1023")
    return Problem("--host", f"cannot listen on {host}: {error.strerror}", "try 127.0.0.1")
