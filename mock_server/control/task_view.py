"""A task as people see it, and which tasks they mean."""

from __future__ import annotations

from typing import NamedTuple

from mock_server.emulator.decide import whole_state
from mock_server.engine import cursor as engine
from mock_server.engine.ids import IdPattern
from mock_server.engine.scenario import State
from mock_server.engine.task import Key, Task
from mock_server.scenarios.library import Library
from mock_server.vendors.registry import Registry


class TaskView(NamedTuple):
    """One task as people see it, at the present virtual time. Times are virtual milliseconds.

    `state` is the neutral word, None while an error shows; `due` is when the step ends by time, None if it does not;
    `ways` are the steps a hand may move it to with `next`.
    """

    vendor: str
    id: str
    scenario: str
    version: str
    step: str
    state: State | None
    born: int
    since: int
    polls: int
    asked: int
    hops: int
    due: int | None
    ended: bool
    expired: bool
    ways: tuple[str, ...]
    steps: tuple[str, ...]


class Wanted(NamedTuple):
    """Which tasks: all that is given must hold. `id` is the text of an `IdPattern`."""

    vendor: str | None = None
    id: str | None = None
    scenario: str | None = None
    state: str | None = None

    def key_fits(self, key: Key) -> bool:
        """Whether vendor and id are wanted."""
        if self.vendor not in (None, key.vendor):
            return False
        return self.id is None or IdPattern.parse(self.id).matches(key.id)

    def fits(self, view: TaskView) -> bool:
        """Whether this task is wanted."""
        return (
            self.key_fits(Key(view.vendor, view.id))
            and self.scenario in (None, view.scenario)
            and self.state in (None, view.state)
        )


def view_of(library: Library, registry: Registry, key: Key, task: Task, now: int) -> TaskView:
    """A task as it stands at a virtual time, which moves nothing."""
    scenario = library.versions[task.scenario]
    draws, items = task.draws(key.id), scenario.items_of(key.vendor, task.items())
    cursor, _ = engine.advance(scenario, draws, task.cursor, now)
    step = scenario.steps[cursor.step]
    return TaskView(
        key.vendor,
        key.id,
        scenario.name,
        scenario.version,
        step.name,
        whole_state(registry, scenario, key, draws, cursor, now, items),
        cursor.born,
        cursor.since,
        cursor.polls,
        cursor.asked,
        cursor.hops,
        engine.due(scenario, draws, cursor),
        engine.ended(scenario, items, draws, cursor, now),
        engine.expired(scenario, cursor, now),
        tuple(scenario.steps[edge.to].name for edge in scenario.ways_from(cursor.step)),
        tuple(each.name for each in scenario.steps),
    )
