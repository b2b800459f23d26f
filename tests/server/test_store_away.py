"""While the store is away nobody makes up a state: every path says so, and all is well once it is back."""

from __future__ import annotations

import json
import logging
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple, cast

import pytest

from mock_server.assembly import assemble
from mock_server.settings import Settings
from mock_server.store.outage import Outage
from mock_server.store.store import Away, Store
from tests.support.harness import LoadedOnce, Now
from tests.support.live import LiveServer, serving_parts

POLL = "/status/get/prefop?id=happy-path.1"


class Leaving:
    """A store that can be away, and then does nothing."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.is_away = False

    def __getattr__(self, name: str) -> Any:
        if self.is_away:
            raise Away("ConnectionError: nothing answers")
        return getattr(self._store, name)


class Answer(NamedTuple):
    """What a client got."""

    status: int
    headers: Mapping[str, str]
    body: Any


def ask(url: str, method: str = "GET") -> Answer:
    """The answer to a request; a body of JSON is read."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, method=method), timeout=30) as response:
            found = response.status, response.headers, response.read()
    except urllib.error.HTTPError as error:
        found = error.code, error.headers, error.read()
    status, headers, body = found
    return Answer(status, dict(headers), json.loads(body) if body[:1] == b"{" else body)


@contextmanager
def leaving(kind: str, clock: Now) -> Iterator[tuple[LiveServer, Leaving]]:
    """A server whose store can be away."""
    parts = assemble(Settings(no_fast_path=True), real_clock=clock, shipped=LoadedOnce())
    store = Leaving(parts.store)
    parts.ledger.store = cast(Store, store)
    parts = parts._replace(store=cast(Store, store))
    parts.outage.where = "redis://store:6379/0"
    parts.outage.check = lambda: store.control()
    with serving_parts(parts, flask=kind == "flask") as server:
        yield server, store


@pytest.mark.parametrize("kind", ["wire", "flask"])
def test_every_path_says_that_the_store_is_away_and_goes_on_when_it_is_back(kind: str) -> None:
    with leaving(kind, Now()) as (server, store):
        before = ask(server.url + POLL)
        store.is_away = True
        for path in (POLL, "/status/get/prefop", "/nowhere"):
            away = ask(server.url + path)
            assert (away.status, away.headers["X-Mock-Server-Error"]) == (503, "store")
            assert "code" not in away.body
        assert ask(server.url + POLL, "HEAD").body == b""
        for path in ("tasks", "requests", "clock", "metrics", "coverage"):
            away = ask(f"{server.url}/__admin/{path}")
            assert (away.status, away.body["error"]) == (503, "store")
            assert away.headers["Retry-After"] == "1"
        page = ask(f"{server.url}/__admin/")
        assert (page.status, page.headers["X-Mock-Server-Error"]) == (503, "store")
        store.is_away = False
        after = ask(server.url + POLL)
        assert (before.status, after.status) == (200, 200)
        assert len(server.requests("happy-path.1")) == 2
        assert b"mock_server_store_missed_total 10.0" in ask(f"{server.url}/__admin/metrics").body


@pytest.mark.parametrize("kind", ["wire", "flask"])
def test_health_says_since_when_and_notices_by_itself_that_the_store_is_back(kind: str) -> None:
    now = Now()
    with leaving(kind, now) as (server, store):
        url = f"{server.url}/__admin/health"
        well = ask(url)
        assert (well.status, well.body["ready"]) == (200, True)
        assert well.body["store"] == {"url": "redis://store:6379/0", "away_since": None, "why": ""}
        store.is_away = True
        since = ask(url).body["store"]["away_since"]
        assert since == "2023-11-14T22:13:20.000Z"
        now.ms += 5_000
        ask(f"{server.url}/__admin/version")
        away = ask(url)
        assert (away.status, away.body["ready"]) == (503, False)
        assert away.body["store"] == {
            **well.body["store"],
            "away_since": since,
            "why": "ConnectionError: nothing answers",
        }
        store.is_away = False
        assert ask(url).body == well.body


def test_health_of_a_server_that_keeps_its_tasks_itself_says_nothing_of_a_store(live: LiveServer) -> None:
    assert "store" not in ask(f"{live.url}/__admin/health").body


def test_the_log_says_once_that_the_store_is_away_and_for_how_long_it_was(caplog: pytest.LogCaptureFixture) -> None:
    now = Now(1_000)
    outage = Outage(now, "redis://h:6379/0")
    with caplog.at_level(logging.INFO, "mock_server"):
        outage.met()
        for _ in range(3):
            outage.missed(Away("refused"))
            now.ms += 500
        outage.met()
        outage.met()
    assert [record.getMessage() for record in caplog.records] == [
        "the store at redis://h:6379/0 is away: refused",
        "the store is back after 1.5 s",
    ]
