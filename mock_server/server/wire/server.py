"""The wire server: an event loop in the thread that runs it, and a pool of threads for requests that may block."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from mock_server.errors import InvalidInput, Problem
from mock_server.http.loop import new_loop
from mock_server.server.certificates import Encrypted, encrypted_problem, load_chain
from mock_server.server.listen import BACKLOG, listen, report, url_of
from mock_server.server.pem import CERTIFICATE, KEY, check_pem
from mock_server.server.wire.connection import Connection
from mock_server.server.wire.limits import Limits
from mock_server.server.wire.service import Answers, PutAside, Service, at_once

_THREADS = 32
_TICK = 0.01


class WireServer:
    """Listens from the moment it is made, answers while `run` runs, and ends within two seconds of `close`."""

    def __init__(
        self,
        answers: Answers,
        host: str,
        port: int,
        stopping: threading.Event,
        *,
        tls: ssl.SSLContext | None = None,
        limits: Limits = Limits(),  # noqa: B008 - a value that nobody can change
    ) -> None:
        """InvalidInput: the address cannot be listened on.

        `stopping` is set by `close`, so that nothing else goes on waiting either.
        """
        self._stopping = stopping
        self._answers = answers
        self._tls = tls
        self._limits = limits.within_descriptors()
        self.listeners: tuple[socket.socket, ...] = listen(host, port)
        self.port: int = self.listeners[0].getsockname()[1]
        scheme = "http" if tls is None else "https"
        self.url = url_of(host, self.port, scheme=scheme)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closing: asyncio.Event | None = None
        self._service: Service | None = None

    @property
    def connections(self) -> int:
        """How many clients are connected."""
        return len(self._service.connections) if self._service is not None else 0

    def run(self) -> None:
        """Serves until `close`, then lets the responses in progress finish."""
        loop = new_loop()
        loop.set_exception_handler(report)
        try:
            loop.run_until_complete(self._serve(loop))
        finally:
            self._loop = None
            loop.close()

    def close(self) -> None:
        """Asks `run` to end; safe from a signal handler and from any thread."""
        self._stopping.set()
        loop, closing = self._loop, self._closing
        if loop is not None and closing is not None:
            with suppress(RuntimeError):  # it ended meanwhile
                loop.call_soon_threadsafe(closing.set)

    def forget(self) -> None:
        """Frees the memory of what it knows of requests; safe from any thread."""
        if self._service is not None:
            self._service.known.clear()

    async def _serve(self, loop: asyncio.AbstractEventLoop) -> None:
        pool = ThreadPoolExecutor(_THREADS, "slow")
        with ExitStack() as stack:
            aside = stack.enter_context(_fibers(loop, pool)) if self._answers.blocks else at_once
            await self._serve_by(Service(loop, self._answers, pool, self._limits, aside))
        pool.shutdown(wait=False, cancel_futures=True)

    async def _serve_by(self, service: Service) -> None:
        loop, self._service = service.loop, service
        servers = [
            await loop.create_server(
                lambda: Connection(service),
                sock=listener,
                backlog=BACKLOG,
                ssl=self._tls,
                ssl_handshake_timeout=None if self._tls is None else self._limits.head_time,
                ssl_shutdown_timeout=None if self._tls is None else self._limits.linger_time,
            )
            for listener in self.listeners
        ]
        self._closing, self._loop = asyncio.Event(), loop
        if not self._stopping.is_set():
            await self._watch(service, self._closing)
        self._stopping.set()
        for server in servers:
            server.close()
        await _drain(service)

    async def _watch(self, service: Service, closing: asyncio.Event) -> None:
        """Checks every connection's time limits periodically, until the server is to close."""
        limits = self._limits
        least = min(limits.head_time, limits.body_time, limits.idle_time, limits.unread_time)
        while not (closing.is_set() or self._stopping.is_set()):
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(closing.wait(), min(1.0, least / 4))
            service.judge()


@contextmanager
def _fibers(loop: asyncio.AbstractEventLoop, pool: Executor) -> Iterator[PutAside]:
    """What lets the loop serve others while a request waits for a store elsewhere."""
    # On first use: a server without such a store needs no greenlets.
    from mock_server.store.redis.fibers import Fibers

    fibers = Fibers(loop, pool)
    try:
        yield fibers.run
    finally:
        fibers.close()


async def _drain(service: Service) -> None:
    """Lets the responses in progress finish within `drain_time`, then closes every connection."""
    service.draining = True
    for connection in tuple(service.connections):
        connection.drain()
    until = service.loop.time() + service.limits.drain_time
    while service.connections and service.loop.time() < until:
        await asyncio.sleep(_TICK)
    for connection in tuple(service.connections):
        connection.abort()
    await asyncio.sleep(_TICK)  # lets the loop call `connection_lost`


def tls_of(certificate: Path | None, key: Path | None) -> ssl.SSLContext | None:
    """TLS from a certificate chain and its key in PEM files; None without either. InvalidInput: they cannot be used."""
    if certificate is None and key is None:
        return None
    if certificate is None or key is None:
        missing = "--tls-cert" if certificate is None else "--tls-key"
        raise InvalidInput([Problem(missing, "a certificate and its key go together", "give both or neither")])
    check_pem("tls_cert", certificate, CERTIFICATE)
    check_pem("tls_key", key, KEY)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_alpn_protocols(["http/1.1"])
    try:
        load_chain(context, certificate, key)
    except Encrypted:
        raise InvalidInput([encrypted_problem("--tls-key", key)]) from None
    except (OSError, ssl.SSLError) as error:
        what = f"no certificate and key can be read from {certificate} and {key}: {error.strerror or error}"
        hint = "both are PEM files, and the key is the certificate's"
        raise InvalidInput([Problem("--tls-cert", what, hint)]) from None
    return context
