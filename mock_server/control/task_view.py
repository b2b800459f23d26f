"""A task as people see it, and which tasks they mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from mock_server.api.words import MovesBy, Outcome
from mock_server.control.seen import Seen
from mock_server.engine.ids import IdPattern
from mock_server.engine.outbox import NOTHING, Outbox
from mock_server.engine.owing import noted
from mock_server.engine.run import Run
from mock_server.engine.scenario import State
from mock_server.engine.task import Key, Task
from mock_server.types import Json
from mock_server.vendors.overlay import laid_over
from mock_server.vendors.registry import Registry

_OBJECTS = ("key", "asset_id")
"""Facts that name the object a job is about."""
_OF_ITEMS = ("url", "key", "cmd")
"""Fields of an item that say what it is about, the clearest first."""


class MovesOn(NamedTuple):
    """How a task moves on: after `polls` more polls that count, at the virtual time `due`; None where these do not."""

    by: MovesBy
    polls: int | None = None
    due: int | None = None


class ItemAt(NamedTuple):
    """Where one item with steps of its own stands: `due` is the virtual time at which time ends the step."""

    step: str
    state: State
    due: int | None


class TaskView(NamedTuple):
    """One task as people see it, at the present virtual time. Times are virtual milliseconds.

    `state` is the neutral word, None while an error shows. `due` is when the step ends by time, None if it does not.
    `ways` are the steps that `next` can move it to. `step_number` counts the steps from 1. `seen` is what its client
    saw of it, empty where nobody asked. `items` is where items with steps of their own stand, None where they have
    none; `due` is then when the next of them moves on. `facts` is what was submitted of the job as a whole, and
    `subject` the one text of all that was submitted that tells people which job it is, "" if there is none. `owed` is
    how many notifications it still owes, `outcome` what became of all that were tried, None if none was.
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
    step_number: int
    moves: MovesOn
    seed: int
    notify: str
    facts: Mapping[str, Json] = {}
    subject: str = ""
    items: tuple[ItemAt, ...] | None = None
    owed: int = 0
    outcome: Outcome | None = None
    seen: Seen = Seen()


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

    def fits(self, run: Run, registry: Registry) -> bool:
        """Whether this task is wanted."""
        return (
            self.key_fits(run.key)
            and self.scenario in (None, run.scenario.name)
            and self.state in (None, state_of(run, registry))
        )


def state_of(run: Run, registry: Registry) -> State | None:
    """The neutral word that a poll would see; None while an error shows."""
    dialect = registry.dialect(run.key.vendor, run.scenario.options)
    laid = laid_over(dialect, run)
    return run.state(dialect.derive) if laid is None else laid.state


def view_of(run: Run, registry: Registry) -> TaskView:
    """A task as it stands, which moves nothing."""
    cursor, scenario, (vendor, id), facts = run.cursor, run.scenario, run.key, run.task.facts()
    box = noted(run).box if run.task.notify else NOTHING
    return TaskView(
        vendor,
        id,
        scenario.name,
        scenario.version,
        run.step.name,
        state_of(run, registry),
        cursor.born,
        cursor.since,
        cursor.polls,
        cursor.asked,
        cursor.hops,
        run.due,
        run.ended,
        run.expired,
        run.transitions,
        tuple([each.name for each in scenario.steps]),
        cursor.step + 1,
        moves_on(run),
        run.task.seed,
        run.task.notify,
        facts,
        subject_of(facts, run.task),
        items_at(run) if scenario.by_items else None,
        len(box.owed),
        outcome_of(box),
    )


_WORST: tuple[Outcome, ...] = ("failed", "refused", "delivered")


def outcome_of(box: Outbox) -> Outcome | None:
    """What became of the notifications of a task: `again` while one is tried again, else the worst of what came of
    those that are done. None if none was tried.
    """
    if any(each.attempts for each in box.owed):
        return "again"
    return next((word for word in _WORST if word in box.done.values()), None)


def subject_of(facts: Mapping[str, Json], task: Task) -> str:
    """What was submitted in one text: the object that it is about, else the first item's URL, key or command."""
    named = next((facts[name] for name in _OBJECTS if name in facts), None)
    if named is None:
        items = task.items()
        first = items[0].fields if items else {}
        named = next((first[name] for name in _OF_ITEMS if first.get(name)), "")
    return str(named)


def items_at(run: Run) -> tuple[ItemAt, ...]:
    """Where items with steps of their own stand; one without has succeeded."""
    found = []
    for k in range(len(run.items)):
        stay = run.stay(k)
        at = ItemAt("", State.SUCCEEDED, None) if stay is None else ItemAt(stay.step.name, stay.step.state, stay.due)
        found.append(at)
    return tuple(found)


def moves_on(run: Run) -> MovesOn:
    """How a task moves on from where it stands."""
    step = run.step
    if run.expired or run.ended:
        return MovesOn("end")
    if run.scenario.by_items:
        return MovesOn("items", None, run.due)
    if not step.moves or (step.polls is None and step.lasts is None):
        return MovesOn("hand")
    polls = None if step.polls is None else max(1, step.polls - run.cursor.polls)
    if step.lasts is None:
        return MovesOn("poll", polls)
    return MovesOn("time" if polls is None else "either", polls, run.due)
