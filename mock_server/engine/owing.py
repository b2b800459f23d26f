"""What a task comes to owe as it moves. Pure.

A task with an address owes a notification from the moment of its **cause** on: the first time that its work ends, or
the first entry of the step that a `Sending` names. A cause is noted when the task moves across it, with where the task
stood at that very moment. Each sending is owed at most once a task, however often a person moves it back.

By time the moment is the due one, however late anyone looks. Items with steps of their own store no crossings: of them
it is looked which have ended, and since when. So whoever moves a task by hand notes before what time did to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from mock_server.engine.cursor import Crossing, Cursor, due, step_items
from mock_server.engine.notify import Sending
from mock_server.engine.outbox import Moment, Outbox, Owed, Which, outbox_of
from mock_server.engine.run import Run, stood
from mock_server.engine.state import State, is_end

_UNTOLD = frozenset({State.NOTIFY_FAILED, State.FAILURE_NOTIFY_FAILED})
"""The words that say that the notification failed."""


class Noted(NamedTuple):
    """A run in whose task all is noted that it came to owe, and the outbox that this task has."""

    run: Run
    box: Outbox

    def with_box(self, box: Outbox) -> Noted:
        """The same with another outbox."""
        return Noted(self.run._replace(task=self.run.task._replace(outbox=box.text())), box)

    def wake(self, cursor: Cursor | None = None) -> int | None:
        """When the task wants to be looked at again, None for never; `cursor`: it stands there, if not where it did.

        That is when an attempt is due, or when time may make it owe more.
        """
        run, box = self
        owed = box.next_due
        if _is_complete(box, run):
            return owed
        if cursor is None or cursor is run.cursor:
            ends = run.due
        elif run.scenario.by_items:
            ends = stood(run, cursor).due
        else:
            ends = due(run.scenario, run.draws, cursor)
        return min([moment for moment in (owed, ends) if moment is not None], default=None)


def noted(run: Run, polled: Cursor | None = None) -> Noted:
    """The run with all noted that it came to owe: by time, at its birth, or by a person. Without an address: nothing.

    `polled`: where a poll takes it from there; what that makes it owe is noted too.
    """
    box = outbox_of(run.task.outbox)
    if not run.task.notify or _is_complete(box, run):
        return Noted(run, box)
    causes = list(_item_ends(run) if run.scenario.by_items else _step_causes(run, run.crossed, box))
    if polled is not None and run.scenario.by_items:
        causes += _item_ends(stood(run, polled), polled=True) if run.scenario.items_count_polls else ()
    elif polled is not None and polled.hops != run.cursor.hops:
        causes += _step_causes(run, (Crossing(run.cursor.step, polled.step, polled.since),), box)
    after = _after(box, run, causes)
    return Noted(run, box) if after is box else Noted(run, box).with_box(after)


def asked(run: Run) -> Noted:
    """The run that owes, now and because a person asks for it, what it shows now."""
    run, box = noted(run)
    return Noted(run, box).with_box(box.plus(None, None, run.now, _moment(run, run.now)))


def told(run: Run, owed: Owed) -> Run:
    """The run as a notification tells it: where it stood at the cause, or in the step that the sending shows."""
    moment = owed.moment
    shows = None if owed.sending is None else run.scenario.notify.send[owed.sending].shows
    cursor = Cursor(
        moment.born, moment.born + moment.since, moment.step if shows is None else shows, moment.polls, 0, 0
    )
    task = run.task.at(cursor, run.task.buckets)._replace(manual=moment.manual)
    return stood(run._replace(task=task, now=moment.born + moment.age), cursor)


class _Cause(NamedTuple):
    """What may make a task owe something: the step it entered, the state in which its work ended, and its items'."""

    moment: Moment
    step: int | None = None
    whole: State | None = None
    items: Mapping[int, State] = {}


def _is_complete(box: Outbox, run: Run) -> bool:
    """Whether the task cannot come to owe any more but by hand."""
    sendings = run.scenario.notify.send if box.who != "nobody" else ()
    if not sendings or (not box.made and not box.done):
        return not sendings
    known, count = _known(box), len(run.items)
    for k, sending in enumerate(sendings):
        if box.who == "whole":
            if sending.item is None and (k, None) not in known:
                return False
        elif any((k, item) not in known for item in range(count) if sending.item in (None, item)):
            return False
    return True


def _known(box: Outbox) -> set[Which]:
    return {(each.sending, each.item) for each in box.owed}.union(box.done)


def _after(box: Outbox, run: Run, causes: Iterable[_Cause]) -> Outbox:
    """The outbox after these causes, in their order; the very same if they make the task owe nothing new."""
    known, before = _known(box), box
    born = run.cursor.born
    for cause in causes:
        for k, sending in enumerate(run.scenario.notify.send):
            for item, state in _caused(box, sending, cause, len(run.items)):
                if (k, item) in known:
                    continue
                known.add((k, item))
                if state in _UNTOLD:
                    box = box._replace(done={**box.done, (k, item): "none"})
                    continue
                delay = (
                    0
                    if sending.after is None
                    else sending.after.draw(run.draws, "notify", k, -1 if item is None else item)
                )
                box = box.plus(k, item, born + cause.moment.age + delay, cause.moment)
    return box if box is not before else before


def _caused(box: Outbox, sending: Sending, cause: _Cause, count: int) -> Iterable[tuple[int | None, State | None]]:
    """What a cause makes a task owe by a sending: of which items, None for the whole, and how these ended."""
    if sending.on is not None:
        if sending.on != cause.step:
            return ()
        everyone: Iterable[int | None] = range(count) if box.who == "each" else (None,)
        return [(item, None) for item in everyone if sending.item in (None, item)]
    if box.who == "whole":
        return ((None, cause.whole),) if cause.whole is not None and sending.item is None else ()
    if sending.item is None:
        return cause.items.items()
    return ((sending.item, cause.items[sending.item]),) if sending.item in cause.items else ()


def _step_causes(run: Run, crossed: Iterable[Crossing], box: Outbox) -> Iterator[_Cause]:
    """The causes that are changes of step of the whole."""
    steps, born = run.scenario.steps, run.cursor.born
    for _, to, at in crossed:
        state = steps[to].state
        if state is None:
            continue
        shown = enumerate(step_items(steps[to], len(run.items)) if box.who == "each" else ())
        items = {k: each.state for k, each in shown if is_end(each.state)}
        moment = Moment(born, at - born, to, at - born, 0, run.task.manual)
        yield _Cause(moment, to, state if is_end(state) else None, items)


def _item_ends(run: Run, *, polled: bool = False) -> Iterator[_Cause]:
    """The causes that are ends of items with steps of their own. `polled`: what is new was brought about by a poll."""
    ends = {k: _first_end(run, k) for k, place in enumerate(run.places) if is_end(place.state)}
    times = {k: run.now if since is None else since for k, (_, since) in ends.items()}
    by_time: dict[int, dict[int, State]] = {}
    for k, at in sorted(times.items(), key=lambda pair: pair[1]):
        by_time.setdefault(at, {})[k] = ends[k][0]
    for at, items in by_time.items():
        yield _Cause(_moment(run, at), items=items)
    if len(ends) == len(run.places):
        untold = next((state for state, _ in ends.values() if state in _UNTOLD), None)
        known = [since for _, since in ends.values() if since is not None]
        last = run.now if polled else max(known, default=run.now)
        yield _Cause(_moment(run, last), whole=untold or State.SUCCEEDED)


def _first_end(run: Run, item: int) -> tuple[State, int | None]:
    """How an item that has ended first did, and when; None if a poll did it. One without steps does with the task's."""
    for stay in run.stays(item):
        if is_end(stay.step.state):
            return stay.step.state, stay.since
    return State.SUCCEEDED, run.cursor.since


def _moment(run: Run, at: int) -> Moment:
    """Where the run stands; its items, at this moment."""
    cursor = run.cursor
    return Moment(cursor.born, at - cursor.born, cursor.step, cursor.since - cursor.born, cursor.polls, run.task.manual)
