"""A task as people see it, and which tasks they mean."""

from __future__ import annotations

from typing import NamedTuple

from mock_server.engine.ids import IdPattern
from mock_server.engine.run import Run
from mock_server.engine.scenario import State
from mock_server.engine.task import Key
from mock_server.vendors.registry import Registry


class TaskView(NamedTuple):
    """One task as people see it, at the present virtual time. Times are virtual milliseconds.

    `state` is the neutral word, None while an error shows. `due` is when the step ends by time, None if it does not.
    `ways` are the steps that `next` can move it to.
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


def view_of(run: Run, registry: Registry) -> TaskView:
    """A task as it stands, which moves nothing."""
    cursor, scenario, (vendor, id) = run.cursor, run.scenario, run.key
    return TaskView(
        vendor,
        id,
        scenario.name,
        scenario.version,
        run.step.name,
        run.state(registry.dialect(vendor).derive),
        cursor.born,
        cursor.since,
        cursor.polls,
        cursor.asked,
        cursor.hops,
        run.due,
        run.ended,
        run.expired,
        run.transitions,
        tuple(each.name for each in scenario.steps),
    )
