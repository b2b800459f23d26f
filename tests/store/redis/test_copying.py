"""Reading all that is stored: as of one moment, though others change it and no command reads more than a slice."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from mock_server.engine.clock import Clock
from mock_server.engine.cursor import Crossing
from mock_server.engine.task import Key
from mock_server.http.message import Response, request_of
from mock_server.journal.journal import Entry
from mock_server.store.redis import copying, exchanges, slices
from mock_server.store.redis.exchanges import Exchanges
from mock_server.store.redis.link import Link, ScriptName, Word
from mock_server.store.redis.redis_store import RedisStore
from mock_server.store.redis.whole import read_whole
from mock_server.store.store import Away, Change, Control, Whole
from tests.support.redis_servers import eventually, redis_server
from tests.support.stores import namespace, primary, redis_store, server

CONTROL = Control(Clock.starting(0))
SLICE = 10
ROOM, KEPT = 55, 45
"""Tasks and exchanges that there is room for: several slices, the oldest of which go."""
IDS = 70


@pytest.fixture(autouse=True)
def _small_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (slices, copying, exchanges):
        monkeypatch.setattr(module, "SLICE", SLICE)


def entry_of(vendor: str, id: str) -> Entry:
    """A poll of a task."""
    return Entry(0, 0, request_of("GET", "/", (), b""), Response(200, "", (), b""), "fits", True, vendor, id)


def write(store: RedisStore, turn: int, number: int) -> None:
    """The change with this number since the store began anew for the so manyth time."""
    key = Key(("v", "w")[number % 2], str(number * 7 % IDS))
    change = Change(
        entry_of(*key)._replace(real=number, virtual=turn),
        (turn, number),
        ended=number % 3 > 0,
        wake=number if number % 5 else None,
    )
    if number % 11 == 0:
        change = Change(drop=True)
    elif number % 13 == 0:
        change = change._replace(entry=None, crossed=(("version", Crossing(0, 1, number)),))
    store.transact(key, lambda *_: change)


class Writer(threading.Thread):
    """Changes one task after the other, in this order, until told to stop; and resets all now and then."""

    def __init__(self, store: RedisStore, over: threading.Event, turn_at: int) -> None:
        super().__init__(daemon=True)
        self._store, self._over, self._turn_at = store, over, turn_at
        self.made = 0

    def run(self) -> None:
        """Writes."""
        turn = 0
        while not self._over.is_set():
            for number in range(1, self._turn_at + 1):
                write(self._store, turn, number)
                self.made += 1
                if self._over.is_set():
                    return
            turn += 1
            self._store.reset(["tasks", "journal", "coverage"], CONTROL)


@contextmanager
def written(name: str, turn_at: int) -> Iterator[Writer]:
    """A store that somebody changes all the time."""
    over = threading.Event()
    writer = Writer(redis_store(CONTROL, ROOM, KEPT, name), over, turn_at)
    writer.start()
    yield writer
    over.set()
    writer.join()


def is_of_one_moment(whole: Whole) -> bool:
    """Whether a store of its own holds the same after some of these changes."""
    last, turn = max(((entry.real, entry.virtual) for entry in whole.entries), default=(0, 0))
    store = redis_store(CONTROL, ROOM, KEPT)
    for number in range(1, last + 1):
        write(store, turn, number)
    for number in range(last + 1, last + 4):  # a few changes have no entry
        if store.export() == whole:
            return True
        write(store, turn, number)
    return False


@pytest.mark.parametrize(("turn_at", "exports"), [(10**9, 6), (300, 12), (40, 12), (1, 12)])
def test_an_export_is_of_one_moment_while_others_change_and_reset_everything(turn_at: int, exports: int) -> None:
    name = namespace()
    store = redis_store(CONTROL, ROOM, KEPT, name)
    found: list[Whole] = []
    with written(name, turn_at) as writer:
        for _ in range(exports):
            before = writer.made
            eventually(lambda before=before: writer.made > before + 10)  # type: ignore[misc]  # a default binds
            found.append(store.export())
            assert writer.made > before
    assert all(map(is_of_one_moment, found))


def test_two_copies_at_once_are_each_whole() -> None:
    name = namespace()
    found: list[Whole] = []

    def export() -> None:
        store = redis_store(CONTROL, ROOM, KEPT, name)
        found.extend(store.export() for _ in range(5))

    with written(name, 10**9) as writer:
        eventually(lambda: writer.made > 100)
        threads = [threading.Thread(target=export) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(found) == 10
    assert all(map(is_of_one_moment, found))


class Disturbed(Link):
    """A connection after each of whose questions somebody else changes the store."""

    def __init__(self, name: str, act: Callable[[], object]) -> None:
        super().__init__(primary(server().url, name))
        self._act = act
        self.asked = 0

    def ask(self, name: ScriptName, *words: Word) -> Any:
        """What the script answers, before the change."""
        answer = super().ask(name, *words)
        self.asked += 1
        self._act()
        return answer


def fill(store: RedisStore) -> None:
    """Changes three slices of tasks."""
    for number in range(1, 3 * SLICE + 1):
        write(store, 0, number)


def begin_anew(store: RedisStore) -> None:
    """Resets all, and changes three slices of tasks."""
    store.reset(["tasks", "journal", "coverage"], CONTROL)
    fill(store)


@pytest.mark.parametrize("act", [fill, begin_anew])
def test_a_copy_ends_though_others_never_let_it_catch_up(
    act: Callable[[RedisStore], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "_STEPS", 20)
    name = namespace()
    store = redis_store(CONTROL, ROOM, KEPT, name)
    fill(store)
    link = Disturbed(name, lambda: act(store))
    assert read_whole(link) == store.export()
    assert link.asked <= 60


def test_the_exchanges_are_read_though_others_begin_them_anew_again_and_again() -> None:
    name = namespace()
    store = redis_store(CONTROL, ROOM, KEPT, name)
    begin_anew(store)
    link = Disturbed(name, lambda: begin_anew(store))
    found, counters, _ = Exchanges(link).all(0)
    assert (found, counters) == store.entries()
    assert link.asked <= 3 * (slices.TRIES + 1)


def test_a_store_that_takes_no_writes_is_exported_all_the_same() -> None:
    with redis_server() as redis:
        store = RedisStore(primary(redis.url), CONTROL)
        for number in range(1, 31):
            write(store, 0, number)
        before = store.export()
        redis.ask("CONFIG", "SET", "min-replicas-to-write", 1)
        with pytest.raises(Away, match="NOREPLICAS"):
            write(store, 0, 31)
        assert store.export() == before


def test_no_command_reads_more_than_a_slice() -> None:
    with redis_server() as redis:
        store = RedisStore(primary(redis.url), CONTROL, max_tasks=200, entries=150)
        for number in range(1, 301):
            polled, moved = Change(entry_of("v", str(number)), (1,), ended=True, wake=number), Change(record=(2,))
            moved = moved._replace(crossed=(("version", Crossing(0, 1, number)),), ended=True)
            for change in (polled, moved):
                store.transact(Key("v", str(number)), lambda *_, change=change: change)
        commands: list[list[str]] = []
        with redis.client() as client, client.monitor() as monitor:
            store.export()
            assert len(list(store.scan())) == 200
            assert len(store.entries()[0]) == 150
            redis.ask("ECHO", "over")
            while (command := str(monitor.next_command()["command"]).split(" "))[0] != "ECHO":
                commands.append(command)
        for command in commands:
            if command[0] == "HGETALL":
                assert command[1].rpartition(":")[2] in {"c", "y", "v", "z", "s"}, "what grows with tasks is read whole"
            assert at_most(command) <= SLICE + 1, command
        assert sum(command[0] == "HMGET" for command in commands) > 60, "it was not read in slices"


def at_most(command: list[str]) -> int:
    """How many values of what grows with tasks and exchanges a command reads at most."""
    name, *words = command
    if name in ("XRANGE", "XREVRANGE"):
        return int(words[words.index("COUNT") + 1])
    if name == "ZRANGEBYSCORE":
        return int(words[-1])
    if name == "ZRANGE":
        return 10**9 if words[0].endswith((":x", ":w")) else 1
    return len(words) - 1 if name in ("HMGET", "ZMSCORE") else 1


def test_a_scan_finds_every_task_that_stays_though_others_come_and_go() -> None:
    name = namespace()
    store, other = (redis_store(CONTROL, 10_000, name=name) for _ in range(2))
    staying = {Key("v", f"stays-{k}") for k in range(60)}
    for k, key in enumerate(sorted(staying)):
        store.transact(key, lambda *_: Change(record=(1,)))
        store.transact(Key("v", f"goes-{k}"), lambda *_: Change(record=(1,)))
    over = threading.Event()

    def come_and_go() -> None:
        for k in range(60):
            other.transact(Key("v", f"goes-{k}"), lambda *_: Change(drop=True))
            other.transact(Key("v", f"comes-{k}"), lambda *_: Change(record=(1,)))
        over.set()

    thread = threading.Thread(target=come_and_go)
    thread.start()
    while not over.is_set():
        found = [key for key, _ in store.scan()]
        assert len(found) == len(set(found))
        assert set(found) >= staying
    thread.join()
