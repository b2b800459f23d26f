"""The shards of a store, on real servers: where a task is, and how it is reached after what happens to servers."""

from __future__ import annotations

from collections import Counter

import pytest
import redis
from redis.crc import key_slot

from mock_server.engine.task import Key
from mock_server.store.redis.shards import CLUSTER_TAGS, SLOTS, Shard, Shards, connect
from mock_server.store.redis.url import store_url
from tests.support.redis_servers import RedisServer, eventually, proxy_to, redis_server, watched_redis

KEYS = [Key(vendor, f"task-{number}") for vendor in ("qiniu", "wangsu") for number in range(1_000)]


def shards_at(text: str) -> Shards:
    """The shards at a URL."""
    return connect(store_url(text, "--store"))


def cluster_url(nodes: tuple[RedisServer, ...]) -> str:
    """The URL of a cluster, by one of its nodes."""
    return f"redis+cluster://127.0.0.1:{nodes[0].port}"


def run(shard: Shard, value: bytes) -> object:
    """What a script does in a shard, sent in a pipeline as commits are."""
    pipeline = shard.client.pipeline(transaction=False)
    script = "redis.call('SET', KEYS[1], ARGV[1]) return redis.call('GET', KEYS[1])"
    pipeline.eval(script, 1, f"{shard.tag}test", value)
    return pipeline.execute()[0]


def test_the_tags_of_a_cluster_are_spread_evenly_over_its_slots() -> None:
    slots = [key_slot(tag[1:-1].encode()) * len(CLUSTER_TAGS) // SLOTS for tag in CLUSTER_TAGS]
    assert slots == list(range(16))


def test_one_redis_is_one_shard() -> None:
    with redis_server() as server:
        shards = shards_at(server.url)
        assert {shards.of(key) for key in KEYS} == set(shards.all()) == {shards.first}
        assert run(shards.first, b"\xff") == b"\xff"


def test_in_a_cluster_a_task_has_a_shard_that_every_process_finds(cluster: tuple[RedisServer, ...]) -> None:
    shards, others = shards_at(cluster_url(cluster)), shards_at(cluster_url(cluster[::-1]))
    assert [shards.of(key).tag for key in KEYS] == [others.of(key).tag for key in KEYS]
    assert shards.of(Key("qiniu", "task-0")).tag == "{41}", "what is stored would be lost"
    per_shard = Counter(shards.of(key).tag for key in KEYS)
    assert set(per_shard) == set(CLUSTER_TAGS)
    assert max(per_shard.values()) < 2 * min(per_shard.values())


def test_each_shard_of_a_cluster_takes_scripts_in_a_pipeline(cluster: tuple[RedisServer, ...]) -> None:
    shards = shards_at(cluster_url(cluster))
    assert [run(shard, shard.tag.encode()) for shard in shards.all()] == [tag.encode() for tag in CLUSTER_TAGS]
    assert len({id(shard.client) for shard in shards.all()}) == len(cluster)


def test_a_slot_that_has_moved_is_found_after_a_refresh(cluster: tuple[RedisServer, ...]) -> None:
    shards = shards_at(cluster_url(cluster))
    before = shards.first
    try:
        move(before.tag, cluster, to=2)
        with pytest.raises(redis.exceptions.MovedError):
            run(before, b"x")
        shards.refresh()
        assert run(shards.first, b"moved") == b"moved"
    finally:
        shards.first.client.delete(f"{before.tag}test")
        move(before.tag, cluster, to=0)


def move(tag: str, cluster: tuple[RedisServer, ...], to: int) -> None:
    """Gives the slot of a tag, which has no keys, to a node; all of them know it at once."""
    name = cluster[to].ask("CLUSTER", "MYID").decode()
    for node in (cluster[to], *cluster):
        if owns(node, tag):
            node.ask("DEL", f"{tag}test")
        node.ask("CLUSTER", "SETSLOT", key_slot(tag[1:-1].encode()), "NODE", name)


def owns(node: RedisServer, tag: str) -> bool:
    """Whether a node answers for the slot of a tag."""
    try:
        node.ask("GET", f"{tag}test")
    except redis.exceptions.MovedError:
        return False
    return True


def test_nothing_is_sent_twice_when_an_answer_is_lost() -> None:
    with redis_server() as server, proxy_to(server.port) as proxy:
        client = shards_at(proxy.url).first.client
        proxy.lose_answers(b"INCR")
        with pytest.raises(redis.ConnectionError):
            client.incr("counter")
        assert client.get("counter") == b"1"
        assert proxy.lost == 1


def test_a_server_that_hangs_is_given_up_after_the_timeout() -> None:
    with redis_server() as server:
        client = shards_at(f"{server.url}?timeout=50ms").first.client
        server.ask("CLIENT", "PAUSE", 2_000, "ALL")
        with pytest.raises(redis.TimeoutError):
            client.get("x")


def test_after_a_failover_the_sentinels_name_the_new_master() -> None:
    with watched_redis() as watched:
        shards = shards_at(watched.url)
        assert run(shards.first, b"1") == b"1"
        eventually(lambda: fails_over(watched.sentinel))
        watched.master.kill()
        eventually(lambda: written_to(shards) == watched.replica.port)


def fails_over(sentinel: RedisServer) -> bool:
    """Whether the sentinel begins a failover: it does not until it has heard of the replica's state."""
    try:
        sentinel.ask("SENTINEL", "FAILOVER", "mymaster")
    except redis.ResponseError:
        return False
    return True


def written_to(shards: Shards) -> int | None:
    """The port of the server that takes writes now; None while there is none."""
    try:
        run(shards.first, b"2")
        return int(shards.first.client.info("server")["tcp_port"])
    except redis.RedisError:
        return None
