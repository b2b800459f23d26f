"""Commands of an event loop to Redis: it goes on while they are answered. One at a time, on one connection.

What a script answers comes as it would by `Link`, which also makes the connection, in another thread.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from contextlib import suppress
from typing import Any

import hiredis
import redis

from mock_server.store.redis.link import Command, Link, Steps, script_of
from mock_server.store.store import Away

_SIZE = 1 << 18
"""Bytes that are read at once."""
_WOULD_WAIT = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class LoopLink:
    """One store as one event loop reaches it. Only the loop's thread may call it."""

    def __init__(self, link: Link, loop: asyncio.AbstractEventLoop, executor: Executor) -> None:
        """`executor` makes connections."""
        self._link = link
        self._loop = loop
        self._executor = executor
        self._connection: Any = None
        self._socket: Any = None
        self._reader = hiredis.Reader()
        self._unsent = memoryview(b"")
        self._steps: Steps | None = None
        self._lead: Callable[[], Steps] | None = None
        self._is_closed = False
        self._command: Command = ("read", ())
        self._turn = 0
        """How many commands were asked for, so that what became of an earlier one is not taken for that of a later."""
        self._in_full = False
        self._timer: asyncio.TimerHandle | None = None

    def drive(self, lead: Callable[[], Steps]) -> None:
        """Runs commands one after the other, beginning in the loop's next turn. Nothing else may be driven until then.

        So what comes in this turn is there by then.
        """
        self._lead = lead
        if self._is_closed:
            self.close()
        else:
            self._loop.call_soon(self._begin)

    def close(self) -> None:
        """Ends the connection. A thread brings to its end what is driven, now or later: others may wait for it."""
        self._is_closed = True
        self._drop()
        steps, lead, self._steps, self._lead = self._steps, self._lead, None, None
        left: tuple[object, ...] = ()
        if steps is not None:
            left = steps, Away("the event loop ended")
        elif lead is not None:
            left = (lead(),)
        if left:
            threading.Thread(target=self._link.drive, args=left, name="committer", daemon=True).start()

    def _begin(self) -> None:
        if self._lead is not None:
            self._steps, self._lead = self._lead(), None
            self._go_on(None)

    def _go_on(self, answer: Any, error: Away | None = None) -> None:
        """Hands on an answer, and sends what is asked next."""
        steps = self._steps
        if steps is None:
            return
        self._turn += 1
        try:
            self._command = steps.send(answer) if error is None else steps.throw(error)
        except StopIteration:
            self._steps = None
            return
        self._in_full = False
        if self._socket is None:
            self._apart(self._link.connection, self._connected)
        else:
            self._send()

    def _apart(self, job: Callable[[], Any], done: Callable[[Future[Any]], None]) -> None:
        """Does what waits in another thread, and goes on here with what came of it unless all has gone on already."""
        turn = self._turn

        def go_on(result: Future[Any]) -> None:
            if turn == self._turn and not self._is_closed:
                done(result)

        def over(result: Future[Any]) -> None:
            with suppress(RuntimeError):  # the loop was closed meanwhile
                self._loop.call_soon_threadsafe(go_on, result)

        self._executor.submit(job).add_done_callback(over)

    def _connected(self, made: Future[Any]) -> None:
        try:
            self._connection = made.result()
        except Away as error:
            self._go_on(None, error)
            return
        self._socket = self._connection._sock
        self._socket.setblocking(False)
        self._reader = hiredis.Reader(replyError=self._connection._parser.parse_error)
        self._loop.add_reader(self._socket.fileno(), self._receive)
        self._send()

    def _send(self) -> None:
        name, words = self._command
        text, digest = script_of(name)
        head = ("EVAL", text) if self._in_full else ("EVALSHA", digest)
        self._unsent = memoryview(hiredis.pack_command((*head, 1, self._link.prefix, *words)))  # type: ignore[arg-type]  # its stubs want one word
        self._timer = self._loop.call_later(self._link.timeout, self._fail, TimeoutError("no answer in time"))
        self._flush()

    def _flush(self) -> None:
        try:
            while self._unsent:
                self._unsent = self._unsent[self._socket.send(self._unsent) :]
        except _WOULD_WAIT:
            self._loop.add_writer(self._socket.fileno(), self._flush)
            return
        except OSError as error:
            self._fail(error)
            return
        self._loop.remove_writer(self._socket.fileno())

    def _receive(self) -> None:
        try:
            while True:
                data = self._socket.recv(_SIZE)
                if not data:
                    raise ConnectionError("Connection closed by server.")
                self._reader.feed(data)
                if len(data) < _SIZE and not isinstance(self._socket, ssl.SSLSocket):
                    break
        except _WOULD_WAIT:
            pass
        except OSError as error:
            self._fail(error)
            return
        try:
            answer = self._reader.gets()
        except hiredis.ProtocolError as error:
            self._fail(error)
            return
        if answer is not False:
            self._answered(answer)

    def _answered(self, answer: Any) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if not isinstance(answer, redis.RedisError):
            self._go_on(answer)
        elif isinstance(answer, redis.exceptions.NoScriptError) and not self._in_full:  # it ran nothing
            self._in_full = True
            self._send()
        else:
            self._fail(answer)

    def _fail(self, error: Exception) -> None:
        """The connection cannot be used any more, and nobody knows what became of the command."""
        self._drop()
        if self._steps is not None:  # else it was idle, and the next command gets another one
            self._apart(lambda: self._link.failed(error), lambda told: self._go_on(None, told.result()))

    def _drop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._socket is not None:
            self._loop.remove_reader(self._socket.fileno())
            self._loop.remove_writer(self._socket.fileno())
            self._connection.disconnect()
            self._socket = self._connection = None
