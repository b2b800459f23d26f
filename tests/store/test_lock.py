"""How much is done while nobody else may use the store: as much for few tasks and exchanges as for many."""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Callable, Mapping
from typing import cast

import pytest

from mock_server.api.words import SCOPES
from mock_server.control import bundle
from mock_server.control.armed import Aim
from mock_server.control.listing import Paging
from mock_server.control.task_view import Wanted
from mock_server.control.whole import Looking
from mock_server.engine.scenario import Effect
from mock_server.engine.task import Key
from mock_server.journal.filter import Filter
from mock_server.journal.verify import question_of
from mock_server.scenarios import Loader
from mock_server.store import memory
from tests.support.emulators import Texts, World, scenario

TIMED = "steps: [{state: waiting, for: 10d}, {state: succeeded}]"


class CountingLock:
    """A lock that counts the functions that are called while it is held: the most of all times.

    No garbage is collected meanwhile: that calls finalizers of whatever the process has dropped.
    """

    def __init__(self) -> None:
        self.most = self._calls = 0

    def __enter__(self) -> None:
        self._calls = 0
        gc.disable()
        sys.setprofile(self._count)

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)
        gc.enable()
        self.most = max(self.most, self._calls)

    def _count(self, _: object, event: str, __: object) -> None:
        self._calls += event in ("call", "c_call")


def load(world: World) -> None:
    saved = json.loads(json.dumps(bundle.export(world.server)))
    saved["scenarios"][0]["text"] = saved["scenarios"][0]["version"]
    loader = cast(Loader, Texts(world.library.versions))
    bundle.load(world.server._replace(loader=loader), saved)


ACTS: Mapping[str, Callable[[World], object]] = {
    **{f"reset {scope}": lambda world, scope=scope: world.do.reset.reset([scope]) for scope in SCOPES},  # type: ignore[misc]  # a default binds
    "reset": lambda world: world.do.reset.reset(),
    "save": lambda world: bundle.export(world.server),
    "load": load,
    "list tasks": lambda world: world.do.tasks.list(),
    "a page of tasks": lambda world: world.do.tasks.page(Wanted(), Paging(20)),
    "the latest tasks": lambda world: world.do.tasks.page(Wanted(), Paging(20, order="activity")),
    "one task": lambda world: world.do.tasks.page(Wanted(id="made-up.5"), Paging()),
    "one task whole": lambda world: world.do.wholes.read(Key("qiniu", "made-up.5"), Looking()),
    "what one task showed": lambda world: world.do.wholes.recorded(Key("qiniu", "made-up.5")),
    "pulse": lambda world: world.do.pulse(),
    "list requests": lambda world: world.do.requests.query(),
    "newest requests": lambda world: world.do.requests.query(Filter(after=world.counters().exchanges - 5)),
    "requests of a state": lambda world: world.do.requests.query(Filter(state="failed"), total=True),
    "one request": lambda world: world.do.requests.one(world.counters().exchanges - 7),
    "gaps": lambda world: world.do.requests.gaps(world.do.requests.query().entries),
    "try a fault": lambda world: world.do.faults.targets(Effect(error=599), Aim(id="made-up.*")),
    "unmatched": lambda world: world.do.requests.unmatched(),
    "verify": lambda world: world.do.requests.verify(question_of({"where": {"poll": True}, "at_least": 1})),
    "drop": lambda world: world.do.tasks.drop(Wanted(id="made-up.5")),
    "coverage": lambda world: world.do.coverage(),
    "advance": lambda world: world.do.time.advance(1_000),
}


def calls(act: Callable[[World], object], count: int) -> int:
    """The most calls in one hold of the lock, with so many tasks and exchanges."""
    world = World(scenario(TIMED), room=10_000)
    for k in range(count):
        world.poll(f"made-up.{k}")
    for k in range(count):
        world.poll(f"made-up.{k}")
    world.poll("no-such.1")
    lock = world.store._lock = CountingLock()
    act(world)
    return lock.most


@pytest.mark.parametrize("act", ACTS)
def test_what_is_done_under_the_lock_does_not_grow_with_what_is_stored(act: str) -> None:
    few, many = calls(ACTS[act], 50), calls(ACTS[act], 2_000)
    assert many <= few + 10


def test_what_is_forgotten_is_forgotten_in_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_SLICE", 20)
    few, many = (calls(lambda world: world.do.requests.forget(Filter(id="made-up.1*")), count) for count in (50, 2_000))
    assert many <= few + 300


def test_nothing_is_forgotten_of_a_journal_that_was_reset_meanwhile() -> None:
    world = World(scenario(TIMED))
    world.statuses(3)

    def reset_first(*_: object) -> bool:
        if world.counters().exchanges == 3:
            world.do.reset.reset(["journal"])
            world.statuses(3)
            world.statuses(1)
        return True

    world.store.entries(forget=reset_first)
    assert len(world.entries()) == 4
