"""A task and the scenario version it plays, where it stands at one moment: what polls, people and the clock look at."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from mock_server.engine.cursor import (
    BIRTH,
    Crossing,
    Cursor,
    advance,
    due,
    expired,
    hop,
    item_places,
    poll,
    step_items,
)
from mock_server.engine.draws import Draws
from mock_server.engine.scenario import Item, ItemStep, Scenario, Shown, State, Step, is_end
from mock_server.engine.task import Key, Record, Task, new_task, place_of

Derive = Callable[[tuple[State, ...]], State]
"""A dialect's rule for the word of the whole, given the words of the items."""


class Run(NamedTuple):
    """A task at the virtual time `now`, moved on by time but not by any poll.

    `task` is the task as it is stored, `cursor` where it stands now, `crossed` the changes of step in between. `items`
    are those it plays with, `step` is the step it is in. `expired`: the vendor has forgotten it. `places`: where items
    with steps of their own stand; empty where there are none. Many steps take long to walk, so they are walked once,
    when the run is made.
    """

    scenario: Scenario
    key: Key
    task: Task
    cursor: Cursor
    now: int
    items: tuple[Item, ...]
    draws: Draws
    step: Step
    expired: bool
    crossed: tuple[Crossing, ...] = ()
    places: tuple[ItemStep, ...] = ()

    @property
    def ended(self) -> bool:
        """Whether its work is over, so that neither polls nor time will change it any more."""
        if not self.scenario.by_items:
            return self.step.is_final
        return all(not place.edges and is_end(place.state) for place in self.places)

    @property
    def due(self) -> int | None:
        """The virtual time at which its step ends by itself, None if it waits for polls or for a person."""
        return due(self.scenario, self.draws, self.cursor)

    @property
    def shown(self) -> tuple[Shown, ...]:
        """What each item shows to a poll now. Only for a step with a state, or items with steps of their own."""
        if not self.scenario.by_items:
            return step_items(self.step, len(self.items))
        return tuple([Shown(place.state, place.reason) for place in self.places])

    @property
    def transitions(self) -> tuple[str, ...]:
        """The names of the steps that its step leads to, those that only people choose included."""
        return tuple(self.scenario.steps[edge.to].name for edge in self.step.edges)

    def state(self, derive: Derive) -> State | None:
        """The neutral word of the whole task; None where an error shows."""
        if not self.scenario.by_items:
            return self.step.state
        return derive(tuple([place.state for place in self.places]))

    def polled(self, *, counts: bool = True) -> tuple[Cursor, tuple[Crossing, ...]]:
        """Where one poll takes it, and every change of step since the task was stored. The poll sees this run."""
        scenario, _, _, cursor, now, _, draws, _, _, crossed, _ = self
        after, crossing = poll(scenario, draws, cursor, now, counts=counts)
        return after, crossed if crossing is None else (*crossed, crossing)

    def hopped(self, to: int) -> Run:
        """The run after a person moved it to step `to`. The new step begins now."""
        cursor, crossing = hop(self.cursor, to, max(self.now, self.cursor.since))
        places = _places(self.scenario, self.items, self.draws, cursor, self.now)
        step, crossed = self.scenario.steps[to], (*self.crossed, crossing)
        return self._replace(cursor=cursor, step=step, crossed=crossed, places=places)


def run_of(scenario: Scenario, key: Key, task: Task, now: int) -> Run:
    """A stored task as it stands at `now`; `scenario` is the version it plays."""
    draws = tuple.__new__(Draws, (task.seed, key.id))
    cursor, crossed = advance(scenario, draws, task.cursor, now)
    items = scenario.items_of(key.vendor, task.items() if task.given else ())
    forgotten = scenario.expires is not None and expired(scenario, cursor, now)
    step = scenario.steps[cursor.step]
    places = _places(scenario, items, draws, cursor, now)
    # Every poll makes one: past the constructor of a NamedTuple, which is a function of its own.
    return tuple.__new__(Run, (scenario, key, task, cursor, now, items, draws, step, forgotten, crossed, places))


def surely_in(scenario: Scenario, record: Record, now: int) -> Step | None:
    """The step that a stored task stands in at `now`, where that is plain without a draw or a walk; None elsewhere.

    It costs a tenth of a run, for whoever looks at many tasks and wants few.
    """
    if scenario.by_items:
        return None
    place, since = place_of(record)
    step = scenario.steps[place]
    if step.lasts is None or not step.moves or now < since + step.lasts.low:
        return step
    return None


def birth(scenario: Scenario, key: Key, task: Task) -> Run:
    """A task that is new: it stands at its first step, which it entered from nowhere."""
    items = scenario.items_of(key.vendor, task.items() if task.given else ())
    crossed = (Crossing(BIRTH, 0, task.born),)
    draws = Draws(task.seed, key.id)
    first = scenario.steps[0]
    places = _places(scenario, items, draws, task.cursor, task.born)
    return tuple.__new__(
        Run, (scenario, key, task, task.cursor, task.born, items, draws, first, False, crossed, places)
    )


def sample(scenario: Scenario, vendor: str, step: int = 0, items: tuple[Item, ...] | None = None) -> Run:
    """A task in a step of a scenario that nobody polls: for whoever wants to see what the step shows.

    It is born at time 0 with seed 0, and its id is the scenario's name. `items` None: those of the scenario.
    """
    key, cursor = Key(vendor, scenario.name), Cursor(0, 0, step)
    listed = scenario.items_of(vendor) if items is None else items
    task = new_task(scenario, 0, cursor)
    draws = Draws(0, key.id)
    places = _places(scenario, listed, draws, cursor, 0)
    return Run(scenario, key, task, cursor, 0, listed, draws, scenario.steps[step], False, places=places)


def _places(
    scenario: Scenario, items: tuple[Item, ...], draws: Draws, cursor: Cursor, now: int
) -> tuple[ItemStep, ...]:
    """Where each item stands; nothing where the steps are the task's own."""
    return item_places(items, draws, cursor, now) if scenario.by_items else ()
