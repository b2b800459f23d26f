"""What is refused at the start, and what is warned of, each by a real server that is so."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mock_server.errors import InvalidInput
from mock_server.store.redis.checks import ACL_RULE, opened, refused, warned
from mock_server.store.redis.primary import SLOTS
from mock_server.store.redis.url import StoreUrl, store_url
from tests.support.redis_servers import (
    RedisServer,
    eventually,
    free_port,
    redis_server,
    tls_redis,
    watched_redis,
)


def problem(text: str, *secrets: str) -> str:
    """The only problem of a store at this URL."""
    with pytest.raises(InvalidInput) as error:
        opened(store_url(text, "--store", *secrets), "--store")
    (found,) = error.value.problems
    return str(found)


def warnings(text: str) -> tuple[str, ...]:
    """What is warned of at this URL, which must do."""
    return opened(store_url(text, "--store"), "--store")[1]


def test_a_durable_redis_is_taken_without_a_word() -> None:
    with redis_server(durable=True) as server:
        assert warnings(server.url) == ()


def test_a_cluster_that_covers_all_slots_is_taken(cluster: tuple[RedisServer, ...]) -> None:
    (warning,) = warnings(f"redis+cluster://127.0.0.1:{cluster[0].port}")
    assert "append-only file is off" in warning


def test_a_store_behind_tls_is_taken_by_its_authority_and_no_other() -> None:
    with tls_redis() as server:
        assert len(warnings(f"{server.url}?ca={server.ca}")) == 1
        assert "certificate" in problem(server.url)
        assert "rediss:// is for TLS alone" in problem(f"{server.url.replace('rediss', 'redis')}?timeout=1s")


def test_a_store_behind_sentinels_is_taken_and_a_wrong_name_refused() -> None:
    with watched_redis() as watched:
        assert len(warnings(watched.url)) == 1
        assert "knows a master of this name" in problem(watched.url.replace("mymaster", "hers"))
        said = problem(watched.replica.url)
        assert "is a replica, and nothing can be written to it" in said
        assert f"name its master, 127.0.0.1:{watched.master.port}" in said


def test_nothing_that_answers_is_refused_with_the_address() -> None:
    port = free_port()
    assert f"nothing answers at redis://127.0.0.1:{port}/0" in problem(f"redis://127.0.0.1:{port}")
    assert "nothing answers at redis+cluster://" in problem(f"redis+cluster://127.0.0.1:{port}")


def test_a_redis_that_evicts_is_refused_once_it_has_a_limit_and_warned_of_before() -> None:
    with redis_server("--maxmemory-policy", "allkeys-lru", durable=True) as server:
        (warning,) = warnings(server.url)
        assert "once maxmemory is set it forgets tasks" in warning
        with server.client() as client:
            client.config_set("maxmemory", 10**8)
        assert "maxmemory-policy is allkeys-lru" in (said := problem(server.url))
        assert "redis-cli CONFIG SET maxmemory-policy noeviction" in said


def test_a_cluster_and_a_redis_alone_are_not_mistaken_for_one_another(cluster: tuple[RedisServer, ...]) -> None:
    assert "is a node of a cluster (write redis+cluster://" in problem(cluster[0].url)
    with redis_server() as server:
        said = problem(f"redis+cluster://127.0.0.1:{server.port}")
        assert "is no node of a cluster (write redis:// " in said


def test_a_cluster_without_all_its_slots_is_refused(cluster: tuple[RedisServer, ...]) -> None:
    owner = cluster[2]
    owner.ask("CLUSTER", "DELSLOTS", SLOTS - 1)
    try:
        said = problem(f"redis+cluster://127.0.0.1:{owner.port}")
    finally:
        owner.ask("CLUSTER", "ADDSLOTS", SLOTS - 1)
        eventually(lambda: bool(owner.ask("CLUSTER INFO")["cluster_state"] == "ok"))
    assert "does not cover all slots: 1 of 16384 slots have no node" in said


@pytest.fixture
def guarded() -> Iterator[RedisServer]:
    """A server whose users have passwords."""
    with redis_server("--requirepass", "hunter2") as server:
        yield server


def test_wrong_secrets_are_refused_and_not_shown(guarded: RedisServer) -> None:
    for text, secrets in ((guarded.url, ()), (guarded.url, (None, "hunter3")), (guarded.url, ("eve", "hunter3"))):
        said = problem(text, *secrets)
        assert "MOCK_SERVER_STORE_PASSWORD" in said
        assert "hunter" not in said
    assert len(opened(store_url(guarded.url, "--store", None, "hunter2"), "--store")[1]) == 1


def test_a_user_who_may_do_too_little_gets_the_rule_that_suffices(guarded: RedisServer) -> None:
    rule = ACL_RULE.replace("NAMESPACE", "mock-server")
    guarded.ask("ACL", "SETUSER", "mock", "on", ">hunter3", "~*", "+info", password="hunter2")
    said = problem(guarded.url, "mock", "hunter3")
    assert said.startswith("--store: the user mock of redis://")
    assert "'eval'" in said
    assert f"ACL SETUSER mock {rule}" in said
    assert "hunter" not in said
    guarded.ask("ACL", "SETUSER", "mock", *rule.split(), password="hunter2")
    assert len(opened(store_url(guarded.url, "--store", "mock", "hunter3"), "--store")[1]) == 1


@pytest.mark.parametrize(
    ("version", "expected"), [("6.0.20", ["Redis 6.0.20 is too old"]), ("6.2.0", []), ("7.2.4", []), ("10.0.1", [])]
)
def test_an_old_version_is_refused(version: str, expected: list[str]) -> None:
    url = store_url("redis://h", "--store")
    assert isinstance(url, StoreUrl)
    assert [what for what, _ in refused(url, {"redis_version": version, "role": "master"})] == expected
    assert list(warned({"aof_enabled": 1})) == []
