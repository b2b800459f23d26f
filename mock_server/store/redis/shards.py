"""The connections to a shared store, one client for each shard, and which shard a task is in.

All keys of a shard have one hash tag, so that a script may change a task, its journal and its counters together. One
Redis is one shard. A cluster has sixteen, spread evenly over its slots, and each is reached by a plain client of the
node that owns its slot: redis-py's own cluster client cannot send scripts in a pipeline.
"""

from __future__ import annotations

import threading
import zlib
from collections.abc import Mapping
from typing import Any, NamedTuple

import redis
from redis.backoff import NoBackoff
from redis.crc import key_slot
from redis.retry import Retry
from redis.sentinel import Sentinel

from mock_server.engine.task import Key
from mock_server.store.redis.url import Node, StoreUrl

SINGLE_TAG = "{0}"
CLUSTER_TAGS = tuple(f"{{{n}}}" for n in (10, 3, 61, 43, 11, 2, 60, 42, 12, 1, 63, 41, 13, 0, 62, 40))
"""Hash tags whose slots are 1,024 apart, so that each node of a cluster owns about as many as others do.

Their order is part of what is stored: a task is found by the number of its shard."""
SLOTS = 16_384
"""The slots of every cluster."""


class Uncovered(Exception):
    """A cluster in which no node owns some slot, or whose nodes know no such thing as a slot."""


class Shard(NamedTuple):
    """One part of the store: how its keys begin, and a client of the server that has them. Any thread may use it."""

    tag: str
    client: redis.Redis


class Shards:
    """All parts of one store. Any thread may call it.

    In a cluster a shard's client changes when its slot moves, so nobody keeps one longer than a command.
    """

    def __init__(self, url: StoreUrl) -> None:
        self.url = url
        self._lock = threading.Lock()
        self._clients: dict[Node, redis.Redis] = {}
        self._shards = self._found()

    def of(self, key: Key) -> Shard:
        """The shard of a task, the same in every process."""
        shards = self._shards
        if len(shards) == 1:
            return shards[0]
        return shards[zlib.crc32(f"{key.vendor}\0{key.id}".encode("utf-8", "surrogatepass")) % len(shards)]

    def all(self) -> tuple[Shard, ...]:
        """Every shard, in the order that is part of what is stored."""
        return self._shards

    @property
    def first(self) -> Shard:
        """The shard that holds what there is once for all."""
        return self._shards[0]

    def refresh(self) -> None:
        """Looks up anew who owns what: call it after MOVED, or when a node does not answer.

        redis.RedisError: no node that is known answers. Uncovered: no node owns some slot. Either leaves all as it was.
        """
        if self.url.kind == "cluster":
            with self._lock:
                self._shards = self._found()

    def close(self) -> None:
        """Closes every connection that is not in use."""
        with self._lock:
            for client in self._clients.values():
                client.close()

    def _found(self) -> tuple[Shard, ...]:
        if self.url.kind == "cluster":
            owners = self._owners()
            return tuple(Shard(tag, self._client(owners[tag])) for tag in CLUSTER_TAGS)
        (first, *_) = self.url.nodes
        if first not in self._clients:
            self._clients[first] = _from_sentinels(self.url) if self.url.kind == "sentinel" else _plain(self.url, first)
        return (Shard(SINGLE_TAG, self._clients[first]),)

    def _client(self, node: Node) -> redis.Redis:
        return self._clients.setdefault(node, _plain(self.url, node))

    def _owners(self) -> Mapping[str, Node]:
        """The node that owns each tag's slot, as the first node says that answers."""
        failed: redis.RedisError | None = None
        for node in dict.fromkeys((*self._clients, *self.url.nodes)):
            try:
                rows: Any = self._client(node).execute_command("CLUSTER SLOTS")  # type: ignore[no-untyped-call] # redis-py leaves it so
            except redis.RedisError as error:
                failed = failed or error
            else:
                return _by_tag(owner_rows(rows, node))
        raise failed or redis.ConnectionError("no node of the cluster is known")


def connect(url: StoreUrl) -> Shards:
    """The shards of a store. Of a cluster they are looked up at once; else the first command connects.

    redis.RedisError, Uncovered: as `Shards.refresh`. `checks.refuse` says them in words.
    """
    return Shards(url)


def owner_rows(rows: Any, asked: Node) -> list[tuple[int, int, Node]]:
    """The ranges of slots, each with the node that owns it, from what CLUSTER SLOTS answers.

    A node that does not know its own address leaves it out: it is then the one that was asked.
    """
    if isinstance(rows, Mapping):  # redis-py's own parser: {(low, high): {"primary": (host, port)}}
        pairs = [(low, high, entry["primary"][:2]) for (low, high), entry in rows.items()]
    else:
        pairs = [(row[0], row[1], row[2][:2]) for row in rows]
    found = []
    for low, high, (host, port) in pairs:
        name = host.decode() if isinstance(host, bytes) else host or ""
        found.append((int(low), int(high), Node(name if name not in ("", "?") else asked.host, int(port))))
    return found


def _by_tag(rows: list[tuple[int, int, Node]]) -> dict[str, Node]:
    covered = sum(high - low + 1 for low, high, _ in rows)
    if covered < SLOTS:
        raise Uncovered(f"{SLOTS - covered} of {SLOTS} slots have no node")
    slots = {tag: key_slot(tag[1:-1].encode()) for tag in CLUSTER_TAGS}
    return {tag: next(node for low, high, node in rows if low <= slot <= high) for tag, slot in slots.items()}


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
