"""The cells of a task: lengths of time for people, what was seen last, and how the task moves on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from mock_server.api.codec import Moment, decode
from mock_server.api.values import Task, Tasks
from mock_server.cli.cells import about, last_seen, moves_on, state
from tests.support.admin_kit import AdminWorld, admin_world, as_new


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-3, "0 s"),
        (0.4, "0 s"),
        (22.6, "23 s"),
        (60, "1 min"),
        (102, "1 min 42 s"),
        (3_600, "1 h"),
        (3_629, "1 h"),
        (7_500, "2 h 5 min"),
        (266_400, "3 d 2 h"),
        (259_201, "3 d"),
    ],
)
def test_a_length_is_told_by_its_two_largest_units(seconds: float, text: str) -> None:
    assert about(timedelta(seconds=seconds)) == text


STEPS = {
    "steps: [{state: waiting, polls: 3}, {state: failed}]": "2 polls",
    "steps: [{state: waiting, polls: 2}, {state: failed}]": "1 poll",
    "steps: [{state: waiting, polls: 2, for: 90s}, {state: failed}]": "1 poll or in 1 min 30 s",
    "steps: [{state: waiting, for: 90s}, {state: failed}]": "in 1 min 30 s",
    "steps: [{state: waiting, hold: true, next: failed}, {state: failed}]": "by hand",
    "items: [{steps: [{state: waiting, polls: 2}, {state: failed}]}]": "item by item",
    "steps: [{state: failed}]": "",
}


@pytest.fixture(scope="module")
def world() -> AdminWorld:
    """The server of these tests, whose clock stands still."""
    return admin_world()


def task(world: AdminWorld) -> tuple[Task, Moment]:
    """The task of the made-up scenario, and the time by the server's clock."""
    listed = decode(json.dumps(world.ask("GET", "/tasks?id=mine.1").body).encode(), Tasks)
    return listed.tasks[0], listed.now


@pytest.mark.parametrize(("text", "cell"), STEPS.items())
def test_a_task_says_what_moves_it_on(world: AdminWorld, text: str, cell: str) -> None:
    as_new(world).ask("PUT", "/scenarios/mine", text.encode())
    world.poll("mine.1")
    assert moves_on(*task(world)) == cell


SEEN: Mapping[str, tuple[dict[str, Any] | None, str]] = {
    "a state": (None, "waiting, 4 s ago"),
    "an error": ({"error": 599}, "599, 4 s ago"),
    "an error by its word": ({"error": "unknown"}, "404 (unknown), 4 s ago"),
    "no whole response": ({"fault": "reset"}, "cut (reset), 4 s ago"),
    "a body that is none of the vendor's": ({"fault": "malformed"}, "spoiled (malformed), 4 s ago"),
    "what can be read in spite of a fault": ({"delay": "1ms"}, "waiting (delay), 4 s ago"),
}


@pytest.mark.parametrize(("fault", "cell"), SEEN.values(), ids=SEEN)
def test_a_task_says_what_its_client_could_read_last(
    world: AdminWorld, fault: dict[str, Any] | None, cell: str
) -> None:
    as_new(world).ask("PUT", "/scenarios/mine", b"steps: [{state: waiting, polls: 3}, {state: failed}]")
    if fault is not None:
        world.ask("POST", "/faults", fault | {"times": 1})
    with suppress(ValueError):  # its body may be no JSON
        world.poll("mine.1")
    world.now.ms += 4_000
    assert last_seen(*task(world)) == cell


def test_a_task_that_nobody_polled_shows_nothing_as_seen(world: AdminWorld) -> None:
    as_new(world).ask("POST", "/tasks", {"vendor": "qiniu", "scenario": "slow", "id": "mine.1"})
    assert (last_seen(*task(world)), state(task(world)[0])) == ("", "waiting")
