"""Bundles that somebody crafted: refused with the place of what is wrong, or loaded and harmless."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_server.control import bundle
from mock_server.control.armed import Aim
from mock_server.emulator.notifications import Result
from mock_server.engine.scenario import Effect, Lognormal, Span
from mock_server.engine.task import Key
from mock_server.errors import InvalidInput, json_path
from mock_server.http.framing import framed
from mock_server.http.message import request_of
from mock_server.server.own_paths import OwnPaths
from tests.support.controls import Bench, bench

STEPS = """
faults: [{when: {rate: 1/s}, error: 599}, {when: {polls: [2]}, fault: html}]
steps: [{state: waiting, polls: 1}, {state: processing, for: 10s}, {state: succeeded}]
"""
WALKING = "items: {count: 2, each: {steps: [{state: waiting, for: 1h}, {state: processing, for: 1h}, {state: failed}]}}"
NOTIFYING = """
notify: {status: real, send: [{}, {after: 1ms..1s}, {on: failed, shows: waiting, signed: wrong, retries: false}]}
steps: [{state: waiting, polls: 1}, {state: failed}]
items: 2
vendors: [wangsu]
"""
LISTS = (
    "notifications",
    "tasks?history=9",
    "tasks?order=activity",
    "pulse",
    "requests",
    "requests/unmatched",
    "metrics",
    "faults",
    "coverage",
    "clock",
    "bundle",
    "health",
)

Path = tuple[str | int, ...]


def world_to_save() -> Bench:
    """A server that has some of everything that a bundle carries."""
    world = bench(STEPS, "[{state: succeeded}]", WALKING, NOTIFYING, max_tasks=4)
    world.server.stopping.set()  # so nobody but this test makes attempts
    for k in range(5):
        world.polls(2, f"made-up-2.{k}")
    world.polls(3, gap=100)
    world.poll("no-such")
    world.do.tasks.create("qiniu", "made-up", "made-up.9", [{"cmd": "avthumb/mp4"}])
    for effect in (
        Effect(delay=Span(1, 2), headers=(("X-A", "b"), ("X-B", None))),
        Effect(delay=Lognormal(5, 9)),
        Effect(fault="dribble", over=50),
        Effect(error="throttled"),
    ):
        world.do.faults.arm(effect, Aim("qiniu", "made-up.1", 5, 60_000))
    world.polls(2)
    world.poll("made-up-3.1")
    world.do.tasks.goto(Key("qiniu", "made-up-3.1"), "processing", 1)
    world.do.tasks.fail(Key("qiniu", "made-up-3.1"), 0, "too large")
    told = Key("wangsu", "made-up-4.1")
    world.do.tasks.create("wangsu", "made-up-4", told.id, notify="http://127.0.0.1:9/told")
    world.do.tasks.fail(told, None, "no codec")
    for result in (Result(200, "OK", (("A", "b"),), b"thanks"), Result(0, why="no response")):
        attempt = world.server.notifications.take(told)
        assert attempt is not None
        world.server.notifications.settle(attempt, result)
    world.server.notifications.owe(told)
    return world


def paths_of(value: Any, path: Path = ()) -> Iterator[Path]:
    """Every place in a JSON value."""
    yield path
    kids = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, kid in kids:
        yield from paths_of(kid, (*path, key))


def with_value(value: Any, path: Path, new: Any) -> Any:
    """A copy of the JSON value with another value at one place."""
    made = copy.deepcopy(value)
    if not path:
        return new
    place = made
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = new
    return made


def nested(depth: int) -> Any:
    value: Any = "deep"
    for _ in range(depth):
        value = [value] if depth % 2 else {"a": value}
    return value


SAVED = json.loads(json.dumps(world_to_save().dump()))
PATHS = list(paths_of(SAVED))
HOSTILE: list[Any] = [
    None, True, 0, -1, 1.5, 2**31, 2**63, 2**64, 10**18, 10**400, -(10**400), "", "a\r\nSet-Cookie: b=c", "a\nb",
    "\x00", "é", "你好", "x" * 10_000, "Content-Length", "Transfer-Encoding", "*", "__proto__", [], {},
    [[]], [["a\r\n", "b"]],
    {"items": nested(40)}, nested(40), nested(41), 204, 304, 100, 101, 99, 1000,
]  # fmt: skip


def probe(world: Bench) -> None:
    """Everything that reads what a bundle brought: nothing fails, and no response is split."""
    own = OwnPaths(world.server)
    polled = [
        world.poll(id, vendor)
        for id in ("made-up.1", "made-up.9", "made-up-2.4", "made-up-4.1", "no-such")
        for vendor in ("qiniu", "wangsu")
    ]
    world.now.ms += 20_000
    for _, key in world.server.store.due(10**18):
        for result in (Result(503), Result(0, why="not allowed", refused=True)):
            attempt = world.server.notifications.take(key)
            if attempt is not None:
                assert not re.search("[\r\n]", "".join(value for _, value in attempt.post.headers))
                assert world.server.notifications.settle(attempt, result) is not None
    for response in (*polled, *world.polls(2), *world.polls(2, "made-up-2.0")):
        head = framed(response, "now").head
        assert len(re.findall(rb"\r\n\r\n", head)) == 1
        assert len(re.findall(rb"[\r\n]", head)) == 2 * head.count(b"\r\n")
        assert b"Set-Cookie" not in head
        assert 100 <= response.status <= 999
        assert 0 <= response.delay <= 10**13
    for path in LISTS:
        answer = own.answer(request_of("GET", f"/__admin/{path}", (("Host", "localhost"),), b""))
        assert answer.status == 200, (path, answer.body[:200])
        assert b"Set-Cookie" not in framed(answer, "now").head


def judged(bad: Any) -> str:
    """What became of a bundle: refused with a place, or loaded and harmless."""
    world = bench(max_tasks=4, no_builtin=True)
    world.server.stopping.set()
    body = json.dumps(bad).encode()
    answer = OwnPaths(world.server).answer(
        request_of("POST", "/__admin/bundle", (("Host", "localhost"), ("Content-Type", "application/json")), body)
    )
    if answer.status == 200:
        probe(world)
        return "loaded"
    assert answer.status in (400, 409, 413, 422, 503), answer.body[:300]
    problems = json.loads(answer.body)["problems"]
    assert problems
    assert all(each["what"] for each in problems)
    return "refused"


def test_the_bundle_itself_loads() -> None:
    assert judged(SAVED) == "loaded"


@settings(max_examples=150)
@given(st.sampled_from(PATHS), st.sampled_from(HOSTILE))
def test_a_bundle_with_one_hostile_value_is_refused_with_its_place_or_harmless(path: Path, value: Any) -> None:
    judged(with_value(SAVED, path, value))


OWING = ("tasks", next(k for k, task in enumerate(SAVED["tasks"]) if task["id"] == "made-up-4.1"), "outbox")
ENTRY, TASK, FAULT = ("entries", 0), ("tasks", 0), ("armed", 0)
SPLIT = "a\r\nSet-Cookie: b=c"
REFUSED: list[tuple[Path, Any]] = [
    ((*FAULT, "effect", "headers", 0, 1), SPLIT),
    ((*FAULT, "effect", "headers", 0, 0), SPLIT),
    ((*FAULT, "effect", "headers", 0, 0), "Content-Length"),
    ((*FAULT, "effect", "delay", "high"), 10**400),
    ((*FAULT, "effect", "delay", "low"), -1),
    ((*FAULT, "effect", "over"), 5),
    ((*FAULT, "effect"), {}),
    ((*FAULT, "effect"), {"error": 304}),
    ((*FAULT, "number"), 0),
    (("armed", 1, "number"), SAVED["armed"][0]["number"]),
    ((*FAULT, "times"), 10**400),
    ((*FAULT, "until"), 10**400),
    ((*ENTRY, "response", "headers", 0, 1), SPLIT),
    ((*ENTRY, "response", "reason"), SPLIT),
    ((*ENTRY, "response", "status"), 99),
    ((*ENTRY, "response", "delay"), 10**400),
    ((*ENTRY, "request", "target"), SPLIT),
    ((*ENTRY, "asked"), -1),
    ((*ENTRY, "sources"), [1] * 9),
    ((*TASK, "seed"), 10**400),
    ((*TASK, "polls"), 10**400),
    ((*TASK, "born"), 10**400),
    ((*TASK, "given"), {"items": [{"cmd": nested(40)}]}),
    ((*TASK, "given"), {"items": [{"no_such_field": "x"}]}),
    ((*TASK, "notify"), SPLIT),
    ((*OWING, "who"), "all"),
    ((*OWING, "owed", 0, 0), 9),
    ((*OWING, "owed", 0, 0), 10**400),
    ((*OWING, "owed", 0, 1), 3),
    ((*OWING, "owed", 0, 2), 2),
    ((*OWING, "owed", 0, 3), 10**400),
    ((*OWING, "owed", 0, 4), 9),
    ((*OWING, "moments", 0, 2), 9),
    ((*OWING, "moments", 0, 0), 10**400),
    ((*OWING, "moments", 0, 5), {"reason": ["x", None], "more": 1}),
    (("counters", "evicted"), -1),
    (("counters", "by_status", 0, 1), 10**400),
    (("counters", "polls"), 10**400),
    (("clock", "now"), 10**400),
    (("clock", "speed"), 10**400),
    (("settings", "seed"), 10**400),
]  # fmt: skip


@pytest.mark.parametrize(("path", "value"), REFUSED, ids=[f"{path}" for path, _ in REFUSED])
def test_what_no_call_could_have_made_is_refused_with_its_place(path: Path, value: Any) -> None:
    world = bench(max_tasks=4, no_builtin=True)
    before = world.dump()
    with pytest.raises(InvalidInput) as caught:
        bundle.load(world.server, with_value(SAVED, path, value))
    place = json_path(path)
    assert any(each.where.startswith(place) or place.startswith(each.where) for each in caught.value.problems)
    assert world.dump() == before
