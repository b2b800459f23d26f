"""What tasks were created with is read once for all polls, and what is remembered of it is bounded."""

from __future__ import annotations

import json
import tracemalloc

import pytest

from mock_server.emulator import given
from mock_server.emulator.given import Given
from mock_server.engine.cursor import Cursor
from mock_server.engine.task import Key, Task, given_text, new_task
from tests.support.emulators import World, body, scenario

PLAIN = scenario("steps: [{state: waiting, polls: 2}, {state: processing, hold: true}]\n")
FORM = b"bucket=b&key=made-up/1&fops=avthumb/mp4;vframe/jpg"


def created_with(text: str) -> Task:
    return new_task(PLAIN, 0, Cursor(0, 0, 0), given=text)


def test_tasks_of_one_text_share_their_items() -> None:
    known, text = Given(), given_text([{"cmd": "avthumb/mp4"}])
    first, second = created_with(text), created_with(text.encode().decode())
    assert known.items(first) == first.items()
    assert known.items(second) is known.items(first)


def test_polls_of_one_task_share_its_items() -> None:
    world = World(PLAIN)
    key = Key("qiniu", body(world.ask("/pfop", "POST", FORM))["persistentId"])
    runs = []
    for _ in range(3):
        world.poll(key.id)
        runs.append(world.ledger.read(key))
    assert [run is not None and run.items is runs[0].items for run in runs if runs[0]] == [True] * 3


def test_a_reset_of_the_tasks_frees_it() -> None:
    world = World(PLAIN)
    world.poll(body(world.ask("/pfop", "POST", FORM))["persistentId"])
    assert len(world.ledger.given._known) == 1
    world.do.reset.reset(["tasks"])
    assert len(world.ledger.given._known) == 0


def test_no_more_lists_are_remembered_than_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(given, "TEXTS", given.TEXTS._replace(value=10))
    known = Given()
    for k in range(35):
        assert known.items(created_with(given_text([{"cmd": f"avthumb/{k}"}])))[0].fields == {"cmd": f"avthumb/{k}"}
    assert len(known._known) == 10


@pytest.mark.parametrize(
    "items",
    [[{}] * 30, [{"cmd": "avthumb/mp4", "key": "a.mp4"}] * 3, [{"cmd": "\U0001f3a5" * 300}], [{"cmd": "a" * 3_000}]],
)
def test_lists_take_no_more_memory_than_is_counted(
    items: list[dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    room = 1 << 20
    monkeypatch.setattr(given, "SIZE", given.SIZE._replace(value=room))
    tasks = [created_with(given_text(items, {"pipeline": str(k)})) for k in range(1_000)]
    known = Given()
    tracemalloc.start()
    try:
        for task in tasks:
            assert len(known.items(task)) == len(items)
        held = tracemalloc.get_traced_memory()[0]
        known.forget()
        freed = held - tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert room / 100 < freed < room


def test_a_list_larger_than_all_room_is_read_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(given, "SIZE", given.SIZE._replace(value=1_000))
    known, task = Given(), created_with(json.dumps({"items": [{"cmd": "a" * 1_000}]}))
    assert known.items(task) == known.items(task)
    assert len(known._known) == 0
