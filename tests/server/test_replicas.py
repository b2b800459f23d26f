"""Several servers on one Redis: what is done to one is seen by all, and no poll is counted twice or not at all."""

from __future__ import annotations

import dataclasses
import json
import socket
import urllib.parse
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple

import pytest
from flask.testing import FlaskClient

from mock_server.assembly import Server, assemble
from mock_server.errors import InvalidInput
from mock_server.server.app import app_of, create_app
from mock_server.settings import Settings, settings_json
from mock_server.store.redis.checks import ACL_RULE
from tests.support.chaos import Plan, Seen, chaos, judged
from tests.support.redis_servers import (
    RedisServer,
    eventually,
    proxy_to,
    redis_cluster,
    redis_server,
    tls_redis,
    watched_redis,
)
from tests.support.replicas import Replica as ReplicaProcess
from tests.support.replicas import replicas

MINE = "about: {}\nsteps: [{{state: {}, hold: true}}]\n"
TIMED = "about: By time.\nsteps: [{state: processing, for: 1d}, {state: succeeded}]\n"
CODES = {"succeeded": 0, "waiting": 1, "processing": 2, "failed": 3}


class Replica(NamedTuple):
    """A server without a socket."""

    client: FlaskClient

    def poll(self, id: str) -> Any:
        """The code that a poll sees, or the status of an error."""
        response = self.client.get(f"/status/get/prefop?id={id}")
        return response.get_json()["code"] if response.status_code == 200 else response.status_code

    def admin(self, method: str, path: str, body: Any = None, text: str | None = None) -> Any:
        """What an admin call answers, which must succeed."""
        data, kind = (text, "application/yaml") if body is None else (json.dumps(body), "application/json")
        response = self.client.open(f"/__admin/{path}", method=method, data=data, content_type=kind)
        assert response.status_code < 300, response.get_data(as_text=True)
        return response.get_json(silent=True) or response.get_data(as_text=True)


_STARTED: list[Server] = []


@pytest.fixture(autouse=True)
def _ended() -> Iterator[None]:
    """No thread of a server outlives its test."""
    yield
    for server in _STARTED:
        server.stopping.set()
    _STARTED.clear()


def replica(url: str, **settings: Any) -> Replica:
    """One more server on a store, until the end of the test."""
    return started(Settings(store=url, no_reload=True, **settings))


def started(settings: Settings) -> Replica:
    """A server with these settings, until the end of the test."""
    server = assemble(settings)
    _STARTED.append(server)
    return Replica(app_of(server).test_client())


@pytest.fixture(scope="module")
def redis() -> Iterator[RedisServer]:
    """A Redis for these tests; each has a database of its own."""
    with redis_server() as server:
        yield server


@pytest.fixture
def two(redis: RedisServer) -> tuple[Replica, Replica]:
    """Two servers on an empty store."""
    redis.ask("FLUSHALL")
    return replica(redis.url), replica(redis.url)


def test_polls_of_one_task_through_two_servers_are_those_of_one_task(two: tuple[Replica, Replica]) -> None:
    a, b = two
    assert [each.poll("happy-path.1") for each in (a, b, a, b, a)] == [1, 2, 0, 0, 0]
    for each in two:
        (task,) = each.admin("GET", "tasks")["tasks"]
        assert task["asked"] == 5
        assert len(each.admin("GET", "requests")["requests"]) == 5
        assert each.admin("POST", "requests/verify", {"where": {"vendor": "qiniu", "id": "happy-path.1"}, "count": 5})
        assert 'mock_server_tasks{vendor="qiniu"} 1.0' in each.admin("GET", "metrics")
        coverage = {row["name"]: row for row in each.admin("GET", "coverage")["scenarios"]}
        assert not coverage["happy-path"]["never_seen"]
        assert "happy-path.1" in each.client.get("/__admin/").get_data(as_text=True)
    assert a.admin("GET", "bundle")["entries"] == b.admin("GET", "bundle")["entries"]


def test_a_moved_clock_an_armed_fault_and_a_reset_are_seen_by_all_at_the_next_poll(
    two: tuple[Replica, Replica],
) -> None:
    a, b = two
    a.admin("PUT", "scenarios/timed", text=TIMED)
    assert b.poll("timed.1") == CODES["processing"]
    before = b.admin("GET", "clock")["now"]
    a.admin("POST", "clock", {"freeze": True})
    a.admin("POST", "clock", {"advance": "10d"})
    assert b.admin("GET", "clock")["frozen"]
    assert b.admin("GET", "clock")["now"] > before
    assert b.poll("timed.1") == CODES["succeeded"]
    a.admin("POST", "faults", {"status": 599, "id": "never-ends.1", "times": 3})
    assert [each.poll("never-ends.1") for each in (b, a, b, b, a)] == [
        599,
        599,
        599,
        CODES["processing"],
        CODES["processing"],
    ]
    a.admin("POST", "reset", {})
    assert b.admin("GET", "tasks")["tasks"] == []
    assert b.poll("never-ends.1") == CODES["waiting"]


def test_what_was_done_through_one_is_listed_by_all_in_one_order(two: tuple[Replica, Replica]) -> None:
    a, b = two
    a.admin("POST", "faults", {"status": 599, "id": "never-ends.1", "times": 1})
    b.admin("POST", "clock", {"freeze": True})
    assert b.poll("never-ends.1") == 599
    a.admin("POST", "reset", {"only": ["journal"]})
    lists = [each.admin("GET", "hands") for each in two]
    assert lists[0] == lists[1]
    assert [(each["number"], each["what"]) for each in lists[0]["hands"]] == list(
        enumerate(["arm", "clock", "used-up", "reset"], 1)
    )
    whole = a.admin("GET", "bundle")
    b.admin("POST", "clock", {"advance": "1s"})
    assert a.admin("GET", "hands?after=4")["hands"][0]["number"] == 5
    b.admin("POST", "bundle", whole)
    assert [each["what"] for each in a.admin("GET", "hands?after=3")["hands"]] == ["reset", "load"]


def test_an_upload_to_one_is_played_by_all_at_the_next_poll_until_it_is_removed(two: tuple[Replica, Replica]) -> None:
    a, b = two
    assert b.poll("mine.0") == 404 or b.poll("mine.0") == 612
    a.admin("PUT", "scenarios/mine", text=MINE.format("One.", "processing"))
    assert b.poll("mine.1") == CODES["processing"]
    b.admin("PUT", "scenarios/mine", text=MINE.format("Two.", "failed"))
    b.admin("PUT", "scenarios/other", text=MINE.format("Three.", "waiting"))
    assert [a.poll("mine.1"), a.poll("mine.2"), a.poll("other.1")] == [2, 3, 1]
    assert {"mine", "other"} <= {each["name"] for each in a.admin("GET", "scenarios")["scenarios"]}
    a.admin("DELETE", "scenarios/mine")
    assert b.poll("mine.3") not in CODES.values()
    assert [b.poll("mine.1"), b.poll("mine.2"), b.poll("other.1")] == [2, 3, 1], "tasks play what they were born to"
    b.admin("POST", "reset", {"only": ["scenarios"]})
    assert a.poll("other.2") not in CODES.values()


def test_a_server_that_starts_later_has_the_uploads_and_plays_tasks_of_versions_it_never_had(
    two: tuple[Replica, Replica], redis: RedisServer, tmp_path: Any
) -> None:
    a, _ = two
    a.admin("PUT", "scenarios/mine", text=MINE.format("One.", "processing"))
    (tmp_path / "filed.yaml").write_text(MINE.format("Old.", "waiting"), "utf-8")
    old = replica(redis.url, scenarios=(tmp_path,))
    assert old.poll("filed.1") == CODES["waiting"]
    (tmp_path / "filed.yaml").write_text(MINE.format("New.", "failed"), "utf-8")
    late = replica(redis.url, scenarios=(tmp_path,))
    assert late.poll("mine.1") == CODES["processing"]
    assert late.poll("filed.1") == CODES["waiting"]
    assert late.poll("filed.2") == CODES["failed"]
    assert a.poll("filed.2") == CODES["failed"], "a server without the file plays the task too"
    assert len(a.admin("GET", "bundle")["tasks"]) == 3


def test_a_bundle_that_is_loaded_into_one_stands_in_all(two: tuple[Replica, Replica]) -> None:
    a, b = two
    a.admin("PUT", "scenarios/mine", text=MINE.format("One.", "processing"))
    assert [b.poll("mine.1"), b.poll("happy-path.1")] == [2, 1]
    saved = b.admin("GET", "bundle")
    a.admin("POST", "reset", {})
    assert b.poll("mine.2") not in CODES.values()
    b.admin("POST", "bundle", saved)
    assert [a.poll("mine.1"), a.poll("mine.2"), a.poll("happy-path.1")] == [2, 2, 2]


def test_after_a_bundle_with_the_highest_numbers_a_shared_store_counts_on(two: tuple[Replica, Replica]) -> None:
    a, _ = two
    task = {"vendor": "qiniu", "id": "happy-path.1"}
    a.admin("POST", "tasks", {**task, "scenario": "happy-path"})
    saved = a.admin("GET", "bundle")
    saved["moves"][-1]["number"] = saved["actions"][-1]["number"] = 10**14
    a.admin("POST", "bundle", saved)
    a.admin("POST", "tasks/next", task)
    saved = a.admin("GET", "bundle")
    assert [move["number"] for move in saved["moves"]] == [10**14, 10**14 + 1]
    assert [action["what"] for action in saved["actions"] if action["number"] > 10**14] == ["load", "next"]
    assert len(a.admin("GET", f"tasks/one?{urllib.parse.urlencode(task)}")["way"]) == 2


def test_ids_that_submits_get_differ_whoever_takes_them(two: tuple[Replica, Replica]) -> None:
    form = {"bucket": "b", "key": "happy-path.mp4", "fops": "avthumb/mp4"}
    ids = [each.client.post("/pfop", data=form).get_json()["persistentId"] for each in two * 3]
    assert len(set(ids)) == 6


def test_while_redis_is_away_nobody_makes_up_a_state_and_all_goes_on_when_it_is_back(redis: RedisServer) -> None:
    redis.ask("FLUSHALL")
    with proxy_to(redis.port) as proxy:
        server = replica(proxy.url)
        assert server.poll("happy-path.1") == CODES["waiting"]
        proxy.leave()
        away = server.client.get("/status/get/prefop?id=happy-path.1")
        assert (away.status_code, away.headers["X-Mock-Server-Error"]) == (503, "store")
        health = server.client.get("/__admin/health")
        assert health.status_code == 503
        assert health.get_json()["store"]["away_since"]
        assert server.client.get("/__admin/tasks").get_json()["error"] == "store"
        proxy.come_back()
        assert server.client.get("/__admin/health").status_code == 200
        assert server.poll("happy-path.1") == CODES["processing"]


def test_a_store_that_is_full_can_be_read_but_is_away_and_nothing_is_half_done(redis: RedisServer) -> None:
    redis.ask("FLUSHALL")
    server = replica(redis.url)
    assert server.poll("happy-path.1") == CODES["waiting"]
    redis.ask("CONFIG", "SET", "maxmemory", 1_000_000)
    try:
        assert server.poll("happy-path.1") == 503
        assert server.client.get("/__admin/health").status_code == 503
    finally:
        redis.ask("CONFIG", "SET", "maxmemory", 0)
    assert server.client.get("/__admin/health").status_code == 200
    assert server.poll("happy-path.1") == CODES["processing"]
    assert len(server.admin("GET", "requests")["requests"]) == 2


def test_a_commit_whose_answer_was_lost_is_neither_lost_nor_made_twice(redis: RedisServer) -> None:
    redis.ask("FLUSHALL")
    with proxy_to(redis.port) as proxy:
        server = replica(proxy.url)
        seen = []
        for _ in range(4):
            seen.append(server.poll("happy-path.1"))
            proxy.lose_answers(b"writer")  # which every commit says, and no question
        assert seen == [1, 2, 0, 0]
        assert proxy.lost == 3
        assert len(server.admin("GET", "requests")["requests"]) == 4


@contextmanager
def store_of(kind: str) -> Iterator[Settings]:
    """The settings for a store of a kind."""
    with ExitStack() as stack:
        if kind == "cluster":
            nodes = stack.enter_context(redis_cluster())
            yield Settings(store=f"redis+cluster://127.0.0.1:{nodes[1].port}")
        elif kind == "sentinel":
            yield Settings(store=stack.enter_context(watched_redis()).url)
        elif kind == "tls":
            server = stack.enter_context(tls_redis())
            yield Settings(store=f"{server.url}?ca={server.ca}")
        else:
            guarded = stack.enter_context(redis_server())
            rule = ACL_RULE.replace("NAMESPACE", "team-a")
            guarded.ask("ACL", "SETUSER", "mock", "on", ">hunter2", *rule.split())
            yield Settings(store=f"{guarded.url}?namespace=team-a", store_user="mock", store_password="hunter2")
            assert guarded.ask("ACL", "LOG") == [], "the rule that is recommended does not suffice"


@pytest.mark.parametrize("kind", ["cluster", "sentinel", "tls", "acl"])
def test_every_kind_of_store_does_all_that_a_server_asks_of_it(kind: str) -> None:
    with store_of(kind) as settings:
        a, b = (started(dataclasses.replace(settings, no_reload=True)) for _ in range(2))
        assert [each.poll("happy-path.1") for each in (a, b, a)] == [1, 2, 0]
        a.admin("PUT", "scenarios/mine", text=MINE.format("One.", "processing"))
        a.admin("POST", "faults", {"status": 599, "times": 1})
        a.admin("POST", "clock", {"advance": "1m"})
        assert [b.poll("mine.1"), b.poll("mine.1")] == [599, CODES["processing"]]
        b.admin("POST", "bundle", a.admin("GET", "bundle"))
        assert len(a.admin("GET", "requests")["requests"]) == 5
        assert a.admin("GET", "requests/wait?count=5&timeout=10s")["met"]
        b.admin("POST", "reset", {})
        assert a.admin("GET", "tasks")["tasks"] == []


def test_servers_of_two_namespaces_in_one_cluster_share_nothing() -> None:
    with store_of("cluster") as settings:
        urls = [f"{settings.store}?namespace={name}" for name in ("team-a", "team-b")]
        a, b = (started(dataclasses.replace(settings, store=url, no_reload=True)) for url in urls)
        a.admin("PUT", "scenarios/mine", text=MINE.format("One.", "processing"))
        a.admin("POST", "faults", {"status": 599})
        a.admin("POST", "clock", {"freeze": True})
        assert [each.poll("happy-path.1") for each in (a, b, b, a)] == [599, 1, 2, 599]
        assert [len(each.admin("GET", "requests")["requests"]) for each in (a, b)] == [2, 2]
        assert [each.admin("GET", "clock")["frozen"] for each in (a, b)] == [True, False]
        b.admin("POST", "reset", {})
        assert [len(each.admin("GET", "tasks")["tasks"]) for each in (a, b)] == [1, 0]
        assert b.poll("mine.1") != CODES["processing"]


def test_a_password_is_shown_nowhere(redis: RedisServer) -> None:
    redis.ask("FLUSHALL")
    redis.ask("ACL", "SETUSER", "mock", "on", ">hunter2", "~*", "&*", "+@all")
    settings = Settings(store=redis.url, store_user="mock", store_password="hunter2", no_reload=True)
    server = started(settings)
    assert server.poll("happy-path.1") == CODES["waiting"]
    told = "".join(str(server.admin("GET", path)) for path in ("health", "version", "metrics", "bundle"))
    assert "hunter2" not in told + repr(settings) + str(settings_json(settings))
    with pytest.raises(InvalidInput) as refused:
        create_app(Settings(store=redis.url.replace("://", "://mock:hunter3@")))
    assert "hunter" not in str(refused.value)


def test_servers_on_one_store_are_started_and_stopped_as_the_page_says(redis: RedisServer) -> None:
    """A rolling update: each is ended by SIGTERM and started again, and no task is lost."""
    redis.ask("FLUSHALL")
    seen = []
    with replicas(redis.url, 2) as servers:
        for each in (*servers, *servers):
            with urllib.request.urlopen(f"http://127.0.0.1:{each.port}/status/get/prefop?id=slow.1", timeout=30) as got:
                seen.append(json.load(got)["code"])
            assert each.stop() == 0
            each.launch()
            each.wait()
    assert seen == [1, 1, 1, 2]


def submit(server: ReplicaProcess, receiver: socket.socket) -> None:
    """Submits a job that ends at once, of which the receiver is notified."""
    address = f"http://127.0.0.1:{receiver.getsockname()[1]}/told"
    form = {"bucket": "b", "key": "instant", "fops": "avthumb/mp4", "notifyURL": address}
    data = urllib.parse.urlencode(form).encode()
    urllib.request.urlopen(f"http://127.0.0.1:{server.port}/pfop", data, timeout=30).close()


def test_what_a_dead_server_was_notifying_of_is_taken_over_by_another(redis: RedisServer) -> None:
    """The receiver lets the first attempt hang, the server that makes it is killed, and the next one is another's."""
    redis.ask("FLUSHALL")
    with (
        socket.create_server(("127.0.0.1", 0)) as receiver,
        replicas(redis.url, 3, "--notify-timeout", "3s") as servers,
    ):
        receiver.settimeout(60)
        submit(servers[0], receiver)
        first, _ = receiver.accept()
        (dead,) = [each for each in servers if under_way(each)]
        dead.kill()
        again, _ = receiver.accept()
        assert again.recv(65_536).startswith(b"POST /told ")
        again.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        for link in (first, again):
            link.close()
        alive = next(each for each in servers if each is not dead)
        eventually(lambda: outcomes(alive) == ["delivered"])


def test_an_advance_waits_for_what_another_server_is_sending(redis: RedisServer) -> None:
    redis.ask("FLUSHALL")
    with socket.create_server(("127.0.0.1", 0)) as receiver, replicas(redis.url, 2) as servers:
        receiver.settimeout(60)
        submit(servers[0], receiver)
        link, _ = receiver.accept()
        (other,) = [each for each in servers if not under_way(each)]
        with ThreadPoolExecutor(1) as pool:
            looked = looks(redis)
            over = pool.submit(advance, other)
            eventually(lambda: over.done() or looks(redis) > looked + 10)
            assert not over.done()
            assert link.recv(65_536).startswith(b"POST /told ")
            link.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            assert over.result(60) == 200
        link.close()
        assert outcomes(other) == ["delivered"]


def advance(server: ReplicaProcess) -> int:
    """Moves the clock on through a server, and what it answered."""
    body = json.dumps({"advance": "1m"}).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"http://127.0.0.1:{server.port}/__admin/clock", body, headers)
    with urllib.request.urlopen(request, timeout=60) as response:
        return int(response.status)


def looks(redis: RedisServer) -> int:
    """How often anybody looked whether an attempt is under way."""
    return int(redis.ask("INFO", "commandstats")["cmdstat_zrange"]["calls"])


def under_way(server: ReplicaProcess) -> bool:
    """Whether a server makes an attempt just now."""
    with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/__admin/metrics", timeout=30) as response:
        return b"\nmock_server_notification_attempts_under_way 1.0\n" in response.read()


def outcomes(server: ReplicaProcess) -> list[str]:
    """What became of the attempts, as any server tells."""
    with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/__admin/notifications", timeout=30) as response:
        return [each["outcome"] for each in json.load(response)["notifications"]]


def test_every_poll_is_counted_once_while_servers_are_killed_and_redis_restarts() -> None:
    report = chaos(Plan(clients=16, tasks=150, seconds=4, kills=2))
    assert not report.problems, str(report)
    assert report.killed >= 2
    assert report.cut >= 2
    assert report.outcomes["answered"] > 1_000


def test_the_judge_of_that_finds_a_poll_that_was_counted_twice_and_one_that_was_lost() -> None:
    assert judged([Seen("x", 0, 1, "answered", "waiting", "r1")], ()) != []
    assert judged([Seen("x", 0, 1, "error 404")], ()) != []
