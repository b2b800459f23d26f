"""A task and the scenario version it plays, where it stands at one moment: what polls, people and the clock look at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from mock_server.engine.cursor import (
    BIRTH,
    Crossing,
    Cursor,
    advance,
    due,
    expired,
    hop,
    poll,
    step_items,
)
from mock_server.engine.draws import Draws
from mock_server.engine.scenario import FAILURES, Item, ItemStep, Scenario, Shown, State, Step
from mock_server.engine.task import Key, Manual, Reason, Record, Task, new_task, place_of
from mock_server.engine.walk import (
    NOT_WALKED,
    Counted,
    Crossed,
    Start,
    Stay,
    Walked,
    Walkers,
    begun,
    stays,
    step_at_start,
    walk,
)

Derive = Callable[[tuple[State, ...]], State]
"""A dialect's rule for the word of the whole, given the words of the items."""


class Run(NamedTuple):
    """A task at the virtual time `now`, moved on by time but not by any poll.

    `task` is the task as it is stored, `cursor` where it stands now, `crossed` the changes of step in between. `items`
    are those it plays with, `step` is the step it is in. `expired`: the vendor has forgotten it. `walked`: where items
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
    walked: Walked = NOT_WALKED

    @property
    def places(self) -> tuple[ItemStep, ...]:
        """The step of its own that each item is in; empty where the steps are the task's."""
        return self.walked.places

    @property
    def ended(self) -> bool:
        """Whether its work is over, so that neither polls nor time will change it any more."""
        if not self.scenario.by_items:
            return self.step.is_final
        return all(place.is_final for place in self.places)

    @property
    def due(self) -> int | None:
        """The virtual time at which its step ends by itself, None if it waits for polls or for a person.

        Where the items have steps of their own: the time at which the next of them moves on.
        """
        if not self.scenario.by_items:
            return due(self.scenario, self.draws, self.cursor)
        times = [stay.due for stay in map(self.stay, range(len(self.items))) if stay and stay.due is not None]
        return min(times, default=None)

    @property
    def shown(self) -> tuple[Shown, ...]:
        """What each item shows to a poll now. Only for a step with a state, or items with steps of their own."""
        if self.scenario.by_items:
            return tuple([Shown(place.state, place.reason) for place in self.places])
        shown = step_items(self.step, len(self.items))
        reason = self.task.set_by_hand().reason
        return shown if reason is None else _because(shown, reason)

    def stays(self, item: int) -> Iterator[Stay]:
        """The steps of an item that has some of its own, from where it started on, the coming ones included.

        See `walk.stays`.
        """
        return stays(Walkers(self.items, self.draws, self.task.set_by_hand().starts), item, self.cursor)

    def stay(self, item: int) -> Stay | None:
        """The step that an item is in; None where it has none of its own."""
        found = None
        for found in self.stays(item):
            if found.due is not None and self.now < found.due:
                break
        return found

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

    def item_changes(self, after: Cursor) -> Walked:
        """Where the items stand, and every change of step of theirs that is not counted yet, up to this cursor.

        That is the run's own, or the one that a poll takes it to.
        """
        if not self.scenario.items_count_polls or after.polls == self.cursor.polls:
            return self.walked
        counted = Counted(self.cursor.polls, max(0, self.now - self.cursor.born))
        walkers = Walkers(self.items, self.draws, self.task.set_by_hand().starts)
        more = walk(walkers, after, self.now, counted).crossed
        return self.walked._replace(crossed=(*self.walked.crossed, *more)) if more else self.walked

    def hopped(self, to: int, reason: Reason | None = None) -> Run:
        """The run after a person moved it to step `to`, for this reason. The new step begins now, and so do all items.

        What people set before is over.
        """
        cursor, crossing = hop(self.cursor, to, max(self.now, self.cursor.since))
        task = self.task.by_hand(Manual(reason=reason))
        step, crossed = self.scenario.steps[to], (*self.crossed, crossing)
        walked = self.walked
        if self.scenario.by_items:
            counted = Counted(0, walked.until)
            again = walk(Walkers(self.items, self.draws), cursor, self.now, counted)
            walked = again._replace(crossed=(*walked.crossed, *begun(self.items)), until=walked.until)
        return self._replace(task=task, cursor=cursor, step=step, crossed=crossed, walked=walked)

    def items_hopped(self, to: Mapping[int, int], reason: str | None = None) -> Run:
        """The run after a person moved items, each to a step that begins now. `reason` is why they failed."""
        manual = self.task.set_by_hand()
        starts, places, numbers = dict(manual.starts), list(self.places), list(self.walked.numbers)
        crossed = list(self.walked.crossed)
        for k, number in to.items():
            stay = self.stay(k)
            assert stay is not None, "the item has steps"
            since = max(self.now, self.cursor.born if stay.since is None else stay.since) - self.cursor.born
            starts[k] = Start(number, since, self.cursor.polls, stay.hops + 1, reason)
            places[k], numbers[k] = step_at_start(self.items[k], starts[k]), number
            crossed.append(Crossed(k, stay.number, number))
        walked = Walked(tuple(places), tuple(numbers), tuple(crossed), self.walked.until)
        return self._replace(task=self.task.by_hand(manual._replace(starts=starts)), walked=walked)


def run_of(scenario: Scenario, key: Key, task: Task, now: int, given: tuple[Item, ...] | None = None) -> Run:
    """A stored task as it stands at `now`; `scenario` is the version it plays.

    `given`: the items that it was created with, for whoever knows them; None: they are read from the task.
    """
    draws = tuple.__new__(Draws, (task.seed, key.id))
    cursor, crossed = advance(scenario, draws, task.cursor, now)
    if given is None:
        given = task.items() if task.given else ()
    items = scenario.items_of(key.vendor, given)
    forgotten = scenario.expires is not None and expired(scenario, cursor, now)
    step = scenario.steps[cursor.step]
    walked = NOT_WALKED
    if scenario.by_items:
        walked = walk(Walkers(items, draws, task.set_by_hand().starts), cursor, now, task.counted)
    # Every poll makes one: past the constructor of a NamedTuple, which is a function of its own.
    return tuple.__new__(Run, (scenario, key, task, cursor, now, items, draws, step, forgotten, crossed, walked))


def stood(run: Run, cursor: Cursor) -> Run:
    """The run as it would be if it stood at this place, at its own time. Nothing moves it on from there."""
    walked = NOT_WALKED
    if run.scenario.by_items:
        walked = walk(Walkers(run.items, run.draws, run.task.set_by_hand().starts), cursor, run.now)
    return run._replace(cursor=cursor, step=run.scenario.steps[cursor.step], crossed=(), walked=walked)


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
    """A task that is new: it stands at its first step, which it entered from nowhere, and so did its items."""
    items = scenario.items_of(key.vendor, task.items() if task.given else ())
    crossed = (Crossing(BIRTH, 0, task.born),)
    draws = Draws(task.seed, key.id)
    first, cursor = scenario.steps[0], task.cursor
    walked = NOT_WALKED
    if scenario.by_items:
        walked = walk(Walkers(items, draws), cursor, task.born)._replace(crossed=begun(items))
    return tuple.__new__(Run, (scenario, key, task, cursor, task.born, items, draws, first, False, crossed, walked))


def sample(scenario: Scenario, vendor: str, step: int = 0, items: tuple[Item, ...] | None = None) -> Run:
    """A task in a step of a scenario that nobody polls: for whoever wants to see what the step shows.

    It is born at time 0 with seed 0, and its id is the scenario's name. `items` None: those of the scenario.
    """
    key, cursor = Key(vendor, scenario.name), Cursor(0, 0, step)
    listed = scenario.items_of(vendor) if items is None else items
    task = new_task(scenario, 0, cursor)
    draws = Draws(0, key.id)
    walked = walk(Walkers(listed, draws), cursor, 0) if scenario.by_items else NOT_WALKED
    return Run(scenario, key, task, cursor, 0, listed, draws, scenario.steps[step], False, walked=walked)


def _because(shown: tuple[Shown, ...], reason: Reason) -> tuple[Shown, ...]:
    """What the items show when those that failed did for this reason."""
    return tuple(
        each._replace(reason=reason.text) if each.state in FAILURES and reason.item in (None, k) else each
        for k, each in enumerate(shown)
    )
