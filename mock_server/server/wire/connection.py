"""One client's connection: its requests are answered one after the other, in their order (RFC 9112, section 9.3.2).

A connection is busy from the start of a request until its response is out; pipelined requests wait in a queue, beyond
whose limit nothing more is read. It ends in stages (RFC 9112, section 9.6): after the last response our side is closed,
input is discarded for a while so that no reset destroys that response, then the rest is closed.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import sys
from collections import deque
from collections.abc import Callable
from typing import Any

from mock_server.emulator.deliver import deliver
from mock_server.http.errors import OwnError
from mock_server.http.framing import CONTINUE, Framed, framed
from mock_server.http.message import Response, request_of
from mock_server.http.presence import Presence
from mock_server.server.wire.reader import Found, Incoming, Reader, Refused
from mock_server.server.wire.service import Service, answered

_TURN = 64
"""How many responses a connection may send before others get their turn."""
_RESET = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
"""SO_LINGER that makes a close discard what is unsent and send RST."""


_EVER = float("inf")
_BUSY = ("busy", 0)
"""The mark of a connection whose request is being answered."""
_NO_REQUEST = Incoming(request_of("GET", "", (), b""), keep=False)
"""Stands for the request where a response answers none."""


def _nothing() -> None:
    """Stands for what was to go on."""


class Connection(asyncio.Protocol):
    """A connection as the event loop drives it: reads requests, and answers one at a time."""

    __slots__ = (
        "_busy",
        "_current",
        "_eof",
        "_full",
        "_go_on",
        "_hanging",
        "_mark",
        "_over",
        "_owed",
        "_presence",
        "_queue",
        "_reader",
        "_served",
        "_service",
        "_since",
        "_timer",
        "_transport",
        "_unread",
        "_weight",
        "_working",
    )

    def __init__(self, service: Service) -> None:
        self._service = service
        self._reader = Reader(service.limits, service.known)
        self._queue: deque[Found] = deque()
        self._weight = self._served = 0
        self._busy = self._working = self._eof = self._full = self._unread = self._hanging = self._over = False
        self._owed = False
        self._presence: Presence | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._mark: tuple[str, int] = ("", 0)
        self._since = 0.0

    # What the event loop calls.

    def connection_made(self, transport: Any) -> None:
        """A client connected; one beyond the limit gets a 503 and is closed."""
        self._transport: Any = transport
        connections = self._service.connections
        connections.add(self)
        most = self._service.limits.connections
        if len(connections) > most:
            self._current = _NO_REQUEST
            self._refuse(Refused(OwnError.CONNECTIONS, f"more than {most} connections at once"))
        elif self._service.draining:
            self.end()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone, whoever ended it. Nothing that it holds leads back to it, so all is freed at once."""
        self._cancel()
        self._queue.clear()
        self._over = True
        self._presence = None
        self._go_on = _nothing
        self._reader.release()
        self._service.connections.discard(self)

    def data_received(self, data: bytes) -> None:
        """Bytes from the client; after the last response they are discarded."""
        if self._over:
            return
        reader = self._reader
        known = reader.known(data)
        if known is not None and not (self._busy or self._queue or self._unread):
            sent = self._service.polled(known)
            if sent is not None:
                self._served += 1
                self._transport.write(sent)
                return
        limits = self._service.limits
        for found in (known.incoming,) if known is not None else reader.read(data):
            self._queue.append(found)
            self._weight += found.weight
        if self._weight > limits.queue and not self._full:
            self._full = True
            self._transport.pause_reading()
        self._work()

    def eof_received(self) -> bool:
        """The client sends no more. It may still read: complete requests are answered."""
        self._eof = True
        if self._hanging or self._over or not (self._busy or self._queue):
            self._transport.close()
        return not self._transport.get_extra_info("ssl_object")

    def pause_writing(self) -> None:
        """The client reads too slowly: responses wait."""
        self._unread = True

    def resume_writing(self) -> None:
        """The client has caught up."""
        self._unread = False
        self._work()

    # Requests.

    def _work(self) -> None:
        """Answers requests in the queue, until one takes time."""
        if self._working:
            return
        self._working = True
        turns = _TURN
        while self._queue and not (self._busy or self._over or self._unread):
            if not turns:
                self._service.loop.call_soon(self._work)
                break
            turns -= 1
            found = self._queue.popleft()
            self._weight -= found.weight
            self._begin(found)
        self._working = False
        if self._full and self._weight <= self._service.limits.queue // 2 and not self._over:
            self._full = False
            self._transport.resume_reading()
        if self._eof and not (self._busy or self._queue or self._over):
            self.end()

    def _begin(self, found: Found) -> None:
        if isinstance(found, Incoming):
            self._busy = self._owed = True
            self._presence = None
            self._current = found
            service = self._service
            quick, is_slow, slow, _, _, blocks = service.answers
            if is_slow(found.request):
                request = found.request._replace(gone=lambda: self._over)
                future = service.loop.run_in_executor(service.pool, answered, slow, request)
                future.add_done_callback(self._responded)
            elif blocks:
                service.put_aside(answered, (quick, found.request), self._made)
            else:
                self._response(answered(quick, found.request))
        elif isinstance(found, Refused):
            self._busy = True
            self._refuse(found)
        elif not self._queue:  # else the body that the client held back has arrived meanwhile
            self.write(CONTINUE)

    def _refuse(self, refused: Refused) -> None:
        self._current = _NO_REQUEST
        self._service.answers.refused(refused.error, refused.message, self._reader.line)
        self._response(refused.response)

    def _responded(self, future: asyncio.Future[Response]) -> None:
        if not future.cancelled():
            self._made(future.result())

    def _made(self, response: Response) -> None:
        if self._over:
            return
        self._response(response)
        self._work()

    def _response(self, response: Response) -> None:
        if response.delay and not self._service.draining:
            self.after(response.delay, lambda: self._response(response._replace(delay=0)))
        else:
            self._owed = False
            deliver(self, response)

    # What a delivery may do (`faults.delivery.Line`).

    def framed(self, response: Response, *, keep: bool = True) -> Framed:
        """The response as bytes for this client."""
        asked = self._current
        keep = keep and asked.keep and not self._service.draining
        old, to_head = asked.request.old, asked.request.peeks
        return framed(response, self._service.dates.now(), keep=keep, old=old, to_head=to_head)

    def write(self, data: bytes) -> None:
        """Sends bytes."""
        self._transport.write(data)

    def after(self, ms: float, go_on: Callable[[], None]) -> None:
        """Calls `go_on` later, by a timer that holds no thread."""
        self._go_on = go_on
        self._timer = self._service.loop.call_later(ms / 1000, self._wake)

    def hang(self, ms: float) -> None:
        """Sends nothing for a time, then ends."""
        self._hanging = True
        if self._eof or self._service.draining:
            self.abort()
        else:
            self.after(ms, self.end)

    def end(self) -> None:
        """Closes in stages: our side when all is sent, the rest when the client has read it or takes too long."""
        if self._over:
            return
        self._over = True
        self._cancel()
        self._queue.clear()
        if self._eof or self._service.draining or not self._transport.can_write_eof():
            self._transport.close()
            return
        self._transport.write_eof()
        self._transport.resume_reading()
        self.after(self._service.limits.linger_time * 1000, self._lingered)

    def _lingered(self) -> None:
        if self._transport.get_write_buffer_size():  # the client is still reading; `judge` limits that
            self.after(self._service.limits.linger_time * 1000, self._lingered)
        else:
            self.abort()

    def reset(self) -> None:
        """Closes with a reset (RST)."""
        self._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.abort()

    def done(self, *, keep: bool) -> None:
        """The response is out."""
        self._busy = False
        self._served += 1
        if not keep:
            self.end()
        if not self._working:
            self._work()

    # How it ends.

    def abort(self) -> None:
        """Closes at once and discards what is unsent."""
        self._over = True
        self._cancel()
        self._queue.clear()
        self._transport.abort()

    def drain(self) -> None:
        """The server closes: an idle connection ends, a delayed response leaves now, one being made is awaited."""
        if self._hanging:
            self.abort()
        while self._timer is not None and not self._over:
            self._wake()
        if self._over:
            self._transport.close()
        elif not (self._busy or self._queue):
            self.end()

    def judge(self, now: float) -> None:
        """Cuts a client that takes too long to send a request, between two, or to read a response.

        RFC 9110, section 15.5.9: one that takes too long to send gets 408.
        """
        if self._busy and not (self._eof or self._unread or self._over):
            self._mark = _BUSY  # a response may take any time: of thousands that wait, each costs little here
            return
        if self._eof and self._owed and not self._over and self._is_gone():
            self.abort()
            return
        limits, stage = self._service.limits, self._reader.stage
        if self._unread:
            state, allowed = "unread", limits.unread_time
        elif self._over:
            state, allowed = "over", limits.unread_time
        elif self._busy:
            state, allowed = "busy", _EVER
        elif stage == "head":
            state, allowed = "head", limits.head_time
        elif stage == "body":
            state, allowed = "body", limits.body_time
        else:
            state, allowed = "idle", limits.idle_time
        mark = (state, self._served)
        if mark != self._mark:
            self._mark, self._since = mark, now
        elif now - self._since > allowed:
            self._cut(state, allowed)

    def _is_gone(self) -> bool:
        """Whether a client that sends no more has left, so that its response need not be waited for."""
        if self._presence is None:
            ask = None if self._current.request.old else lambda: self.write(CONTINUE)
            self._presence = Presence(self._transport.get_extra_info("socket"), ask)
        return self._presence.gone_after_end()

    def _cut(self, state: str, allowed: float) -> None:
        if state in ("head", "body"):
            self._begin(Refused(OwnError.TIMEOUT, f"the {state} of a request may take {allowed:g} s"))
        else:
            self.abort()

    def _wake(self) -> None:
        self._timer = None
        self._go_on()

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
