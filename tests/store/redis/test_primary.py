"""The server that holds a store, among real ones: how it is found, also after what happens to servers and slots."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest
import redis
from redis.crc import key_slot

from mock_server.engine.clock import Clock
from mock_server.engine.task import Key, Record
from mock_server.http.message import Response, request_of
from mock_server.journal.journal import Entry
from mock_server.store.redis.link import Link
from mock_server.store.redis.primary import Primary
from mock_server.store.redis.redis_store import RedisStore
from mock_server.store.store import Away, Change, Control
from tests.support.redis_servers import (
    PATIENCE,
    RedisServer,
    cluster_replica,
    eventually,
    proxy_to,
    redis_cluster,
    redis_server,
    watched_redis,
)
from tests.support.stores import namespace, primary

CONTROL = Control(Clock.starting(0))
CLIENTS = 4


def cluster_url(nodes: Sequence[RedisServer]) -> str:
    """The URL of a cluster, by one of its nodes."""
    return f"redis+cluster://127.0.0.1:{nodes[0].port}"


def run(found: Primary, value: bytes) -> object:
    """What a script does there, sent in a pipeline."""
    pipeline = found.client.pipeline(transaction=False)
    script = "redis.call('SET', KEYS[1], ARGV[1]) return redis.call('GET', KEYS[1])"
    pipeline.eval(script, 1, f"{found.url.prefix}test", value)
    return pipeline.execute()[0]


def poll(record: Record | None, _: Control) -> Change:
    """Counts one more, and says in the journal how many there were."""
    count = 1 + (int(str(record[0])) if record else 0)
    entry = Entry(0, 0, request_of("GET", "/", (), b""), Response(200, "", (), b"%d" % count), "fits", True, "v", "a")
    return Change(entry, (count,))


def slot_of(name: str) -> int:
    """The slot of a store."""
    return int(key_slot(f"{{{name}}}".encode()))


def owner(name: str, nodes: Sequence[RedisServer]) -> RedisServer:
    """The node that holds the store of this name."""
    listed = nodes[0].ask("CLUSTER SLOTS")
    port = next(master[1] for low, high, master, *_ in listed if low <= slot_of(name) <= high)
    return next(node for node in nodes if node.port == port)


def name_on(node: RedisServer, nodes: Sequence[RedisServer]) -> str:
    """A name that nobody used yet, of a store that this node holds."""
    return next(name for name in iter(namespace, "") if owner(name, nodes) is node)


def test_all_keys_begin_with_the_namespace_as_their_hash_tag() -> None:
    assert primary("redis://h", "team-a").url.prefix == "{team-a}:", "what is stored would be lost"
    with redis_server() as server:
        assert run(primary(server.url), b"\xff") == b"\xff"
        RedisStore(primary(server.url, "team-a"), CONTROL).transact(Key("v", "a"), poll)
        assert {key.partition(b":")[0] for key in server.ask("KEYS", "*")} == {b"{mock-server}", b"{team-a}"}


def test_a_cluster_has_stores_of_several_namespaces_on_different_nodes_each_whole(
    cluster: tuple[RedisServer, ...],
) -> None:
    names = [name_on(node, cluster) for node in cluster]
    stores = [RedisStore(primary(cluster_url(cluster), name), CONTROL, max_tasks=100) for name in names]
    for k, store in enumerate(stores):
        for n in range(20):
            store.transact(Key("v", str(n % 10)), lambda *given: poll(*given)._replace(ended=True, wake=5))
        store.control(lambda held, k=k: held._replace(made=k))  # type: ignore[misc]  # a default binds
    wholes = [store.export() for store in stores]
    for name, node, store in zip(names, cluster, stores, strict=True):
        assert {key.partition(b":")[0] for key in node.ask("KEYS", "*")} == {b"{%s}" % name.encode()}
        store.reset(["tasks", "journal"], CONTROL)
        assert store.glance()[:4] == (0, 0, 0, 0)
    for k, (store, whole) in enumerate(zip(stores, wholes, strict=True)):
        store.replace(whole)
        assert store.export() == whole
        assert store.transact(Key("v", "3"), poll).record == (3,)
        assert (store.control().made, store.glance()[:4]) == (k, (10, 9, 21, 21))
    for node in cluster:
        node.ask("FLUSHALL")


def test_a_store_goes_on_in_a_cluster_after_its_keys_were_copied_there(cluster: tuple[RedisServer, ...]) -> None:
    name = namespace()
    with redis_server() as alone:
        before = RedisStore(primary(alone.url, name), CONTROL)
        for _ in range(3):
            before.transact(Key("v", "a"), lambda *given: poll(*given)._replace(wake=5))
        holder = owner(name, cluster)
        with alone.client() as source, holder.client() as target:
            for key in alone.ask("KEYS", "*"):
                target.restore(key, max(source.pttl(key), 0), source.dump(key))
        after = RedisStore(primary(cluster_url(cluster), name), CONTROL)
        assert after.export() == before.export()
        assert after.transact(Key("v", "a"), poll).record == (4,)
        holder.ask("FLUSHALL")


class Client(threading.Thread):
    """Polls its own task and that of all, as another server would, until told to stop."""

    def __init__(self, url: str, name: str, number: int, over: threading.Event) -> None:
        super().__init__(daemon=True)
        self._store = RedisStore(primary(url, name), CONTROL)
        self._number, self._over = number, over
        self.shown: dict[Key, list[int]] = defaultdict(list)
        self.answers = 0
        """How many polls were answered."""
        self.missed = 0
        """How many found the store away."""
        self.why: set[str] = set()
        self.wrong: BaseException | None = None

    def run(self) -> None:
        """Polls."""
        try:
            while not self._over.is_set():
                for id in ("all", str(self._number)):
                    self._poll(Key("v", id))
        except BaseException as error:
            self.wrong = error

    def _poll(self, key: Key) -> None:
        try:
            change = self._store.transact(key, lambda record, control: _named(key, poll(record, control)))
        except Away as away:
            self.missed += 1
            self.why.add(str(away))
        else:
            assert change.record is not None
            self.shown[key].append(int(str(change.record[0])))
            self.answers += 1


def _named(key: Key, change: Change) -> Change:
    assert change.entry is not None
    return change._replace(entry=change.entry._replace(id=key.id))


@contextmanager
def polled(url: str, name: str) -> Iterator[list[Client]]:
    """Clients that poll a store, before and after and meanwhile."""
    over = threading.Event()
    clients = [Client(url, name, k, over) for k in range(CLIENTS)]
    for client in clients:
        client.start()
    try:
        eventually(lambda: all(client.answers > 10 for client in clients))
        yield clients
        before = [client.answers for client in clients]
        eventually(lambda: all(client.answers > count + 10 for client, count in zip(clients, before, strict=True)))
    finally:
        over.set()
        for client in clients:
            client.join(PATIENCE)
    assert [client.wrong for client in clients] == [None] * CLIENTS


def kept(url: str, name: str) -> dict[str, list[int]]:
    """What the polls of each task showed, as the journal has them: 1, 2, 3, …"""
    found: dict[str, list[int]] = defaultdict(list)
    for entry in RedisStore(primary(url, name), CONTROL).entries()[0]:
        found[str(entry.id)].append(int(entry.response.body))
    for counts in found.values():
        assert counts == list(range(1, len(counts) + 1))
    return found


def shown_by(clients: Sequence[Client]) -> dict[str, list[int]]:
    """What the polls of each task showed, as clients saw them; none of them saw a task go back."""
    found: dict[str, list[int]] = defaultdict(list)
    for client in clients:
        for key, counts in client.shown.items():
            assert counts == sorted(counts)
            found[key.id] += counts
    return {id: sorted(counts) for id, counts in found.items()}


def test_while_the_keys_of_a_store_are_moved_to_another_node_it_is_away_and_then_it_is_whole(
    cluster: tuple[RedisServer, ...],
) -> None:
    source, target, other = cluster
    name, url = name_on(source, cluster), cluster_url(cluster)
    slot = slot_of(name)
    ids = [node.ask("CLUSTER", "MYID").decode() for node in cluster]
    with polled(url, name) as clients:
        target.ask("CLUSTER", "SETSLOT", slot, "IMPORTING", ids[0])
        source.ask("CLUSTER", "SETSLOT", slot, "MIGRATING", ids[1])
        while keys := source.ask("CLUSTER", "GETKEYSINSLOT", slot, 1):
            missed = [client.missed for client in clients]
            source.ask("MIGRATE", "127.0.0.1", target.port, "", 0, 5_000, "KEYS", *keys)
            eventually(lambda missed=missed: [client.missed for client in clients] > missed)  # type: ignore[misc]  # a default binds
        for node in (target, source, other):
            node.ask("CLUSTER", "SETSLOT", slot, "NODE", ids[1])
    assert {why for client in clients for why in client.why} >= {"the cluster is moving it to another node"}
    assert shown_by(clients) == kept(url, name)
    assert owner(name, cluster) is target
    for node in cluster:
        node.ask("FLUSHALL")


def test_what_a_node_says_is_understood_also_where_redis_py_has_no_class_for_it(
    cluster: tuple[RedisServer, ...],
) -> None:
    name = name_on(cluster[0], cluster)
    found = primary(cluster_url(cluster), name)
    link = Link(found)
    before = found.client
    ids = [node.ask("CLUSTER", "MYID").decode() for node in cluster]
    for node in cluster[::-1]:
        node.ask("CLUSTER", "SETSLOT", slot_of(name), "NODE", ids[2])
    assert "moving" in str(link.failed(redis.ResponseError("ASK 1 127.0.0.1:1")))
    assert "moving" in str(link.failed(redis.ResponseError("TRYAGAIN Multiple keys request during rehashing of slot")))
    assert found.client is before
    assert "MOVED" in str(link.failed(redis.ResponseError("MOVED 1 127.0.0.1:1")))
    assert found.client is not before
    assert run(found, b"1") == b"1"


def test_after_a_failover_in_a_cluster_the_replica_is_found_that_took_over() -> None:
    with redis_cluster("--cluster-node-timeout", "1000") as nodes, cluster_replica(nodes[0]) as replica:
        name, url = name_on(nodes[0], nodes), cluster_url(nodes)
        with polled(url, name) as clients:
            nodes[0].kill()
            eventually(lambda: owner(name, (*nodes[::-1], replica)) is replica)
        assert all(client.missed for client in clients)
        kept(cluster_url(nodes[1:]), name)


def test_nothing_is_sent_twice_when_an_answer_is_lost() -> None:
    with redis_server() as server, proxy_to(server.port) as proxy:
        client = primary(proxy.url).client
        proxy.lose_answers(b"INCR")
        with pytest.raises(redis.ConnectionError):
            client.incr("counter")
        assert client.get("counter") == b"1"
        assert proxy.lost == 1


def test_a_server_that_hangs_is_given_up_after_the_timeout() -> None:
    with redis_server() as server:
        client = primary(f"{server.url}?timeout=50ms").client
        server.ask("CLIENT", "PAUSE", 2_000, "ALL")
        with pytest.raises(redis.TimeoutError):
            client.get("x")


def test_after_a_failover_the_sentinels_name_the_new_master() -> None:
    with watched_redis() as watched:
        found = primary(watched.url)
        assert run(found, b"1") == b"1"
        eventually(lambda: fails_over(watched.sentinel))
        watched.master.kill()
        eventually(lambda: written_to(found) == watched.replica.port)


def fails_over(sentinel: RedisServer) -> bool:
    """Whether the sentinel begins a failover: it does not until it has heard of the replica's state."""
    try:
        sentinel.ask("SENTINEL", "FAILOVER", "mymaster")
    except redis.ResponseError:
        return False
    return True


def written_to(found: Primary) -> int | None:
    """The port of the server that takes writes now; None while there is none."""
    try:
        run(found, b"2")
        return int(found.client.info("server")["tcp_port"])
    except redis.RedisError:
        return None
