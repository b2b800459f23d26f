"""A real Valkey is as good a store as a Redis. `tests/store/test_store.py`, the suite of the store, runs on it too."""

from __future__ import annotations

import json
import urllib.request
from collections import Counter

import pytest

from mock_server.engine.clock import Clock
from mock_server.engine.scenario import Effect
from mock_server.engine.task import Key, Record
from mock_server.errors import InvalidInput
from mock_server.faults.armed import Armed, ArmedFaults
from mock_server.http.message import Response, request_of
from mock_server.journal.journal import Entry
from mock_server.store.redis.checks import ACL_RULE, opened
from mock_server.store.redis.redis_store import RedisStore
from mock_server.store.redis.url import store_url
from mock_server.store.store import Change, Control
from tests.support.redis_servers import proxy_to, redis_server
from tests.support.replicas import replicas
from tests.support.stores import namespace, primary, redis_store, server

CONTROL = Control(Clock.starting(0))
A = Key("v", "a")


def poll(record: Record | None, control: Control) -> Change:
    """Counts one more, says so in the journal, and uses up whatever is armed."""
    count = 1 + (int(str(record[0])) if record else 0)
    entry = Entry(0, 0, request_of("GET", "/", (), b""), Response(200, "", (), b"%d" % count), "fits", True, *A)
    return Change(entry, (count,), tuple([fault.number for fault in control.armed]))


def test_it_is_taken_at_the_start_for_what_it_is_with_a_user_who_may_do_what_the_store_does() -> None:
    with redis_server(durable=True, engine="valkey") as valkey:
        assert "valkey_version" in valkey.ask("INFO")
        valkey.ask("ACL", "SETUSER", "mock", "on", ">hunter2", *ACL_RULE.replace("NAMESPACE", "mock-server").split())
        found, warnings = opened(store_url(valkey.url, "--store", "mock", "hunter2"), "--store")
        assert warnings == ()
        assert [RedisStore(found, CONTROL).transact(A, poll).record for _ in range(2)] == [(1,), (2,)]
        assert valkey.ask("ACL", "LOG") == []
        found.close()
        valkey.ask("CONFIG", "SET", "maxmemory-policy", "allkeys-lru", "maxmemory", 10**8)
        with pytest.raises(InvalidInput, match="maxmemory-policy is allkeys-lru"):
            opened(store_url(valkey.url, "--store"), "--store")


def test_polls_at_several_servers_each_count_once_though_answers_are_lost() -> None:
    name = namespace()
    near = redis_store(CONTROL, name=name, engine="valkey")
    near.control(lambda held: held._replace(armed=ArmedFaults([Armed(1, Effect(error=599), times=5)])))
    spent: Counter[int] = Counter()
    with proxy_to(server("valkey").port) as proxy:
        held = primary(proxy.url, name)
        far = RedisStore(held, CONTROL)
        far.control()
        for _ in range(10):
            proxy.lose_answers(b"groups")  # a word of every commit
            for store in (far, near):
                spent.update(store.transact(A, poll).spent)
        assert proxy.lost == 10
        held.close()
    assert [entry.response.body for entry in near.entries()[0]] == [b"%d" % k for k in range(1, 21)]
    assert (near.read(A), spent) == ((20,), {1: 5})


def test_whole_servers_answer_from_it() -> None:
    seen = []
    with replicas(f"{server('valkey').url}?namespace={namespace()}", 2) as servers:
        for each in (*servers, *servers):
            with urllib.request.urlopen(f"http://127.0.0.1:{each.port}/status/get/prefop?id=slow.1", timeout=30) as got:
                seen.append(json.load(got)["code"])
        with urllib.request.urlopen(f"http://127.0.0.1:{servers[0].port}/__admin/requests", timeout=30) as got:
            assert len(json.load(got)["requests"]) == 4
    assert seen == [1, 1, 1, 2]
