"""The Flask app on a socket of its own, served by waitress. Nothing else depends on which WSGI server this is."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

from mock_server.http.errors import OwnError
from mock_server.server.listen import BACKLOG, listen, url_of
from mock_server.types import Bound

WSGIApp = Callable[..., Any]
OnRefusal = Callable[[OwnError, str, bytes], object]

_HEAD = 64 << 10
_BODY = 2 << 20  # above the app's own limit, so that the app refuses it, in JSON
_THREADS = 32
_CONNECTIONS = 1_000
_TICK = 0.1
_GRACE = 1
"""Seconds that responses in progress have to finish once the server is told to close."""
BOUNDS = (
    Bound("Head of a request, with `--server flask`", _HEAD, "bytes", "431 (`head`), and the connection is closed."),
    Bound(
        "Responses that are made or delayed at once, with `--server flask`",
        _THREADS,
        "responses",
        "A request waits until another has its response.",
    ),
    Bound(
        "Connections, with `--server flask`",
        _CONNECTIONS,
        "connections",
        "Others wait to be accepted until one ends, and the log says so.",
    ),
)


class WaitressServer:
    """Listens from the moment it is made, answers while `run` runs, and ends within two seconds of `close`."""

    def __init__(
        self,
        app: WSGIApp,
        host: str,
        port: int,
        stopping: threading.Event,
        *,
        refused: OnRefusal = lambda *_: None,
        connections: int = _CONNECTIONS,
    ) -> None:
        """InvalidInput: the address cannot be listened on. `stopping` is set by `close`, so that delays end at once.

        `refused` is told of what was refused before it was a request: why, and how its bytes began. At most
        `connections` are open at once.
        """
        from waitress.adjustments import Adjustments
        from waitress.task import ThreadedTaskDispatcher

        from mock_server.server.waitress_parts import Listener

        logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # expected: delayed responses hold threads
        self._stopping = stopping
        self._sockets: dict[int, Any] = {}
        self.listeners = listen(host, port)
        self.port: int = self.listeners[0].getsockname()[1]
        self.url = url_of(host, self.port)
        adjustments = Adjustments(
            backlog=BACKLOG,
            threads=_THREADS,
            ident="mock-server",
            max_request_header_size=_HEAD,
            max_request_body_size=_BODY,
            connection_limit=connections,
            clear_untrusted_proxy_headers=False,  # the journal shows requests as they came
            asyncore_use_poll=True,
        )
        self._tasks = ThreadedTaskDispatcher()
        self._tasks.set_thread_count(_THREADS)
        self._servers = [
            Listener(
                refused,
                app,
                map=self._sockets,
                _sock=listener,
                dispatcher=self._tasks,
                adj=adjustments,
                sockinfo=(listener.family, listener.type, listener.proto, listener.getsockname()),
                bind_socket=False,
            )
            for listener in self.listeners
        ]

    def run(self) -> None:
        """Serves until `close`, then lets the responses in progress finish."""
        from waitress import wasyncore

        while not self._stopping.is_set():
            wasyncore.loop(timeout=_TICK, use_poll=True, map=self._sockets, count=1)
        for server in self._servers:
            server.accepting = False
        self._tasks.shutdown(timeout=_GRACE)
        wasyncore.loop(timeout=0, use_poll=True, map=self._sockets, count=5)
        wasyncore.close_all(self._sockets)

    def close(self) -> None:
        """Asks `run` to end; safe from a signal handler and from any thread."""
        self._stopping.set()
