"""Long lists: the same JSON as short ones, made a few at a time, in memory that does not grow with the clients."""

from __future__ import annotations

import json
import threading
import tracemalloc
from collections.abc import Callable

import pytest

from mock_server.admin import lists
from mock_server.admin.lists import Turns, encoded
from mock_server.admin.route import Result
from mock_server.api.codec import plain
from mock_server.http.json import json_bytes
from mock_server.http.message import request_of
from mock_server.server.own_paths import OwnPaths
from tests.support.admin_kit import AdminWorld, admin_world

PATHS = ("/requests?limit=10000", "/requests/unmatched?limit=10000", "/tasks?history=5&limit=10000", "/bundle")


def filled(count: int) -> AdminWorld:
    """A server whose journal holds so many exchanges, a third of which met nothing."""
    world = admin_world()
    for k in range(count):
        id = f"no-such.{k}" if k % 3 == 0 else f"happy-path.{k % 50}"
        headers = (("Host", "localhost"), ("X-Long", f"{k} {'x' * 1_000}"))
        world.server.emulator.answer(request_of("GET", f"/status/get/prefop?id={id}", headers, b""))
    return world


def get(own: OwnPaths, path: str) -> tuple[int, str | None, int]:
    """The status, Retry-After and length of an answer, which is then let go."""
    answer = own.answer(request_of("GET", f"/__admin{path}", (("Host", "localhost"),), b""))
    return answer.status, answer.header("Retry-After"), len(answer.body)


def peak_of(act: Callable[[], object]) -> int:
    """The most memory that an act takes beyond what was there before."""
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        act()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


def at_once(count: int, act: Callable[[], object]) -> None:
    threads = [threading.Thread(target=act) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.parametrize("path", PATHS)
def test_a_long_list_takes_little_more_memory_than_its_text(path: str) -> None:
    own = OwnPaths(filled(1_500).server)
    _, _, length = get(own, path)
    assert peak_of(lambda: get(own, path)) < 4 * length


def test_32_long_lists_at_once_take_no_more_memory_than_a_few() -> None:
    own = OwnPaths(filled(1_500).server)
    length = get(own, PATHS[0])[2]
    answers: list[tuple[int, str | None, int]] = []
    peak = peak_of(lambda: at_once(32, lambda: answers.append(get(own, PATHS[0]))))
    assert peak < 3 * lists.LISTS.value * length
    assert {answer[:2] for answer in answers} <= {(200, None), (503, "1")}
    assert sum(status == 200 for status, *_ in answers) >= lists.LISTS.value


LONG = Result({}, length=lists.LONG.value + 1)


def test_beyond_those_a_long_list_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "_PATIENCE", 1e-9)
    turns = Turns()
    short = LONG._replace(length=lists.LONG.value)
    with turns.turn(LONG) as first, turns.turn(LONG) as second, turns.turn(LONG) as third, turns.turn(short) as fourth:
        assert (first, second, third, fourth) == (True, True, False, True)
    with turns.turn(LONG) as again:
        assert again


def test_one_that_waits_is_made_when_its_turn_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "_PATIENCE", 60)
    turns, made = Turns(), list[bool]()

    def make() -> None:
        with turns.turn(LONG) as mine:
            made.append(mine)

    with turns.turn(LONG), turns.turn(LONG):
        threads = [threading.Thread(target=make) for _ in range(lists.WAITING.value)]
        for thread in threads:
            thread.start()
        while turns._waiting.acquire(blocking=False):  # until all of them wait
            turns._waiting.release()
        with turns.turn(LONG) as beyond:
            assert not beyond
    for thread in threads:
        thread.join()
    assert made == [True] * lists.WAITING.value


def test_a_refused_list_says_when_to_ask_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "_PATIENCE", 1e-9)
    monkeypatch.setattr(lists, "LISTS", lists.LISTS._replace(value=0))
    world = filled(300)
    refused = world.ask("GET", "/requests")
    assert (refused.status, refused.body["error"], refused.headers["Retry-After"]) == (503, "busy", "1")
    assert world.ask("GET", "/requests?limit=100").status == 200


@pytest.mark.parametrize("count", [0, 1, 3])
def test_rows_made_one_by_one_are_the_same_json(count: int) -> None:
    value = {"first": [], "name": "é\ud800", "rows": [], "number": 1.5}
    rows = [{"k": k, "text": "ü"} for k in range(count)]
    made = encoded(Result(value, rows={"rows": iter(rows)}))
    assert made == json_bytes(plain({**value, "rows": rows}))
    assert json.loads(made)["rows"] == rows


@pytest.mark.parametrize("path", ["/requests", "/requests/unmatched", "/tasks"])
def test_a_longer_list_than_there_may_be_is_refused(path: str) -> None:
    refused = admin_world().ask("GET", f"{path}?limit=10001")
    assert (refused.status, refused.problems[0][0]) == (422, "?limit")
