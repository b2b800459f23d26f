"""The primary of a store: the server that holds it, found through the URL, the sentinels or the slots of a cluster.

All keys of a store have one hash tag, its namespace, so that one script sees the whole store and changes it at once. In
a cluster the primary is the node that owns the slot of this tag, which may be another after a failover or when slots
are moved. It is reached by a plain client: redis-py's own cluster client cannot send scripts in a pipeline.
"""

from __future__ import annotations

import threading
from typing import Any, NamedTuple

import redis
from redis.backoff import NoBackoff
from redis.crc import key_slot
from redis.retry import Retry
from redis.sentinel import Sentinel

from mock_server.store.redis.url import Node, StoreUrl

SLOTS = 16_384
"""The slots of every cluster."""
_CONNECTIONS = 2**31
"""Some versions of redis-py give up for good after a hundred connections, those included that broke long ago. No more
are open at once than there are threads."""


class Uncovered(Exception):
    """A cluster in which no node owns some slot."""


class Primary:
    """The server that holds one store. Any thread may call it."""

    def __init__(self, url: StoreUrl) -> None:
        self.url = url
        self._lock = threading.Lock()
        self._clients: dict[Node, redis.Redis] = {}
        self._nodes = url.nodes
        self._node = self._found() if url.kind == "cluster" else url.nodes[0]

    @property
    def client(self) -> redis.Redis:
        """A client of it. In a cluster it may be another after `refresh`, so nobody keeps it longer than a command."""
        return self._client(self._node)

    def refresh(self) -> None:
        """Looks up anew who holds the store: call it after MOVED, or when the server does not answer.

        redis.RedisError: no node that is known answers. Uncovered: no node owns some slot. Either leaves all as it was.
        """
        if self.url.kind == "cluster":
            with self._lock:
                self._node = self._found()

    def close(self) -> None:
        """Closes every connection that is not in use."""
        with self._lock:
            for client in self._clients.values():
                client.close()

    def _found(self) -> Node:
        rows = self._rows()
        owner = _owner(rows, key_slot(self.url.prefix.encode()))
        # The owner last: when it is looked for again it does not answer, or says that it is the owner no more.
        nodes = dict.fromkeys(node for row in rows for node in row.nodes)
        self._nodes = tuple(sorted(nodes, key=lambda node: node == owner))
        known = {*self._nodes, *self.url.nodes}
        self._clients = {node: client for node, client in self._clients.items() if node in known}
        return owner

    def _client(self, node: Node) -> redis.Redis:
        found = self._clients.get(node)
        if found is None:
            made = _from_sentinels(self.url) if self.url.kind == "sentinel" else _plain(self.url, node)
            found = self._clients.setdefault(node, made)
        return found

    def _rows(self) -> list[Row]:
        """Who owns which slots, as the first node says that answers."""
        failed: redis.RedisError | None = None
        for node in dict.fromkeys((*self._nodes, *self.url.nodes)):
            try:
                listed: Any = self._client(node).execute_command("CLUSTER SLOTS")  # type: ignore[no-untyped-call] # redis-py leaves it so
            except redis.RedisError as error:
                failed = failed or error
            else:
                return rows_of(listed, node)
        raise failed or redis.ConnectionError("no node of the cluster is known")


def connect(url: StoreUrl) -> Primary:
    """The primary of a store. That of a cluster is looked up at once; else the first command connects.

    redis.RedisError, Uncovered: as `Primary.refresh`. `checks.refuse` says them in words.
    """
    return Primary(url)


class Row(NamedTuple):
    """A range of slots, and the nodes that have it: its owner, then the owner's replicas."""

    low: int
    high: int
    nodes: tuple[Node, ...]


def rows_of(listed: Any, asked: Node) -> list[Row]:
    """What CLUSTER SLOTS answers. A node that does not know its own address leaves it out: it is the one asked."""
    return [Row(low, high, tuple(_node(each, asked) for each in nodes)) for low, high, *nodes in listed]


def _node(told: Any, asked: Node) -> Node:
    host, port = told[:2]
    return Node(asked.host if host in (None, b"", b"?") else host.decode(), port)


def _owner(rows: list[Row], slot: int) -> Node:
    covered = sum(row.high - row.low + 1 for row in rows)
    if covered < SLOTS:
        raise Uncovered(f"{SLOTS - covered} of {SLOTS} slots have no node")
    return next(row.nodes[0] for row in rows if row.low <= slot <= row.high)


def _options(url: StoreUrl) -> dict[str, Any]:
    """How every connection is made. Nothing is retried: a commit whose answer is lost must not be made twice."""
    seconds = url.timeout / 1000
    tls = {"ssl_ca_certs": None if url.ca is None else str(url.ca)} if url.tls else {}
    return {
        "username": url.user,
        "password": url.password,
        "db": url.db,
        "socket_timeout": seconds,
        "socket_connect_timeout": seconds,
        "retry": Retry(NoBackoff(), 0),
        "decode_responses": False,
        "protocol": 2,
        "max_connections": _CONNECTIONS,
        **tls,
    }


def _plain(url: StoreUrl, node: Node) -> redis.Redis:
    return redis.Redis(host=node.host, port=node.port, ssl=url.tls, **_options(url))


def _from_sentinels(url: StoreUrl) -> redis.Redis:
    """A client of the master that the sentinels name, asked again at every connection."""
    own = {name: word for name, word in _options(url).items() if name not in ("username", "password", "db")}
    sentinels = Sentinel(list(url.nodes), sentinel_kwargs={**own, "ssl": url.tls})  # type: ignore[no-untyped-call] # redis-py leaves it so
    options = {**_options(url), "ssl": url.tls}
    client: redis.Redis = sentinels.master_for(url.service, **options)  # type: ignore[no-untyped-call] # redis-py leaves it so
    return client
