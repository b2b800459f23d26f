"""One request to a real service, and what came of it: no redirect is followed, and no proxy is used."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import threading
from collections.abc import Sequence
from contextlib import closing, suppress
from typing import NamedTuple

from mock_server.client.transport import parts_of
from mock_server.control.recording.seen import BODY, Seen
from mock_server.engine.machine_clock import monotonic, real_ns
from mock_server.errors import InvalidInput, MockServerError, Problem
from mock_server.http.message import Pairs
from mock_server.types import Bound

TIME = 60.0
RESPONSE = Bound(
    "Time of one request of `mock-server record`",
    int(TIME),
    "seconds",
    "The response counts as one that never comes.",
)
_PIECE = 1 << 16
_DIGITS = 7
"""Digits of a Content-Length that scenario files can say; one with more is as good as none."""


class NoUpstream(MockServerError):
    """The service could not be connected to."""


class Answer(NamedTuple):
    """What came: as it is recorded, and of a response that was cut, the head and the part of the body that came."""

    seen: Seen
    headers: Pairs = ()
    came: bytes = b""


class Upstream:
    """The one service that is asked. `trust`: the authorities for its certificate; None: the machine's own."""

    def __init__(self, url: str, trust: ssl.SSLContext | None = None, time: float = TIME) -> None:
        """InvalidInput: the URL is none of a service."""
        self._parts = parts_of(url)
        if self._parts.username is not None or self._parts.query or self._parts.fragment:
            hint = "for example https://api.example.com; --header takes credentials"
            raise InvalidInput([Problem("--upstream", "expected a scheme, a host, and a path at most", hint)])
        self._trust = trust
        self._time = time
        self._start = real_ns() // 1_000_000 - round(monotonic() * 1_000)

    @property
    def place(self) -> tuple[str, int]:
        """The host and the port."""
        return self._parts.hostname or "", self._parts.port or (443 if self._parts.scheme == "https" else 80)

    def now(self) -> int:
        """Milliseconds since 1970 that never go back."""
        return self._start + round(monotonic() * 1_000)

    def ask(self, method: str, target: str, headers: Sequence[tuple[str, str]], body: bytes = b"") -> Answer:
        """One request, on a connection of its own. NoUpstream: nothing could be sent."""
        at = self.now()
        with closing(self._connection()) as connection:
            try:
                connection.connect()
                connection.putrequest(method, self._parts.path.rstrip("/") + target, skip_accept_encoding=True)
                for name, value in headers:
                    connection.putheader(name, value.encode("latin-1", "replace"))
                if body or method in ("POST", "PUT", "PATCH"):
                    connection.putheader("Content-Length", str(len(body)))
                connection.endheaders(body or None)
            except (OSError, http.client.HTTPException, ValueError) as error:
                why = " ".join(str(error).split()) or type(error).__name__
                raise NoUpstream(f"{self._parts.scheme}://{self._parts.netloc}: cannot be asked: {why}") from None
            answer = self._answer(connection, at, peeks=method == "HEAD")
        return answer._replace(seen=answer.seen._replace(took=self.now() - at))

    def _connection(self) -> http.client.HTTPConnection:
        host, port = self.place
        if self._parts.scheme == "https":
            return http.client.HTTPSConnection(host, port, timeout=self._time, context=self._trust)
        return http.client.HTTPConnection(host, port, timeout=self._time)

    def _answer(self, connection: http.client.HTTPConnection, at: int, *, peeks: bool) -> Answer:
        """What comes of a request that was sent. The socket's own timeout bounds each read, this one all of them."""
        sock, late = connection.sock, threading.Event()

        def give_up() -> None:
            late.set()
            with suppress(OSError):
                socket.socket.shutdown(sock, socket.SHUT_RDWR)  # not TLS's own, which another thread is reading by

        timer = threading.Timer(self._time, give_up)
        timer.daemon = True
        timer.start()
        try:
            answer = _read(connection, at, peeks=peeks)
        finally:
            timer.cancel()
        return Answer(Seen(at, failure="hang")) if late.is_set() else answer


def _read(connection: http.client.HTTPConnection, at: int, *, peeks: bool) -> Answer:
    """What comes of a request that was sent."""
    try:
        response = connection.getresponse()
    except http.client.RemoteDisconnected:
        return Answer(Seen(at, failure="empty"))
    except (http.client.HTTPException, ValueError):
        return Answer(Seen(at, failure="garbage"))
    except TimeoutError:
        return Answer(Seen(at, failure="hang"))
    except OSError:
        return Answer(Seen(at, failure="reset"))
    came, failure = bytearray(), ""
    try:
        while len(came) <= BODY and (piece := response.read1(_PIECE)):
            came += piece
    except http.client.HTTPException:
        failure = "bad_chunk"
    except TimeoutError:
        failure = "hang"
    except OSError:
        failure = "reset_mid"
    framed = response.chunked or peeks or response.status in (204, 304)
    head = Seen(at, response.status, tuple(response.getheaders()))
    return _answered(head, bytes(came), failure, counted=not framed)


def _answered(head: Seen, came: bytes, failure: str, *, counted: bool) -> Answer:
    """The answer with this head, of whose body this came; `counted`: its length should be the Content-Length."""
    if len(came) > BODY:
        return Answer(head._replace(lost=f"it has more than {BODY} bytes"))
    off, length = 0, head.header("Content-Length")
    if not failure and length is not None and counted:
        if not (length.isascii() and length.isdigit()) or len(length) > _DIGITS:
            failure = "bad_length"
        elif int(length) > len(came):
            # A whole document that is shorter than announced; half of one is no JSON.
            off = int(length) - len(came) if _is_json(came) else 0
            failure = "bad_length" if off else "truncate"
    if failure:
        return Answer(Seen(head.at, head.status, failure=failure, off=off), head.headers, came)
    return Answer(head._replace(body=came))


def _is_json(body: bytes) -> bool:
    with suppress(ValueError, RecursionError):
        json.loads(body)
        return True
    return False
