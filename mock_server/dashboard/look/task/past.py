"""What happened to a task: the plot of its polls, and the table of them and of what was done in between."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from mock_server.api.codec import Moment
from mock_server.api.exchange import Exchange
from mock_server.api.values import Clock, Hand, Task, TaskWhole
from mock_server.dashboard.address import REQUESTS
from mock_server.dashboard.look.drawings import at_prefix, plot_of
from mock_server.dashboard.look.task.plays import looks_of, name_of, version_of
from mock_server.dashboard.look.task.shown import LIMIT, TaskPage
from mock_server.dashboard.look.task.table import lines_of
from mock_server.dashboard.visit import Visit, link
from mock_server.engine.task import Key
from mock_server.scenarios.timeline.light import own_polls

_OF_FILES = ("upload", "remove")
"""What is done to one scenario, which says nothing of tasks of others."""
_MAKES = ("create", "next", "goto", "fail", "finish")
"""What may have made a task that nobody had polled."""


def with_past(visit: Visit, page: TaskPage, whole: TaskWhole, *, clock: Clock, chosen: Exchange | None) -> TaskPage:
    """With the table and the plot, in which the chosen exchange is marked. The page is that of a task."""
    assert whole.task is not None
    looks = looks_of(version_of(visit, whole.task))
    lived = _as_lived(visit, whole, whole.task)
    markup, plot = plot_of(visit, lived, clock, looks, None if chosen is None else chosen.number)
    hidden = plot.missing if whole.older is not None else 0
    return page._replace(
        at=at_prefix(visit),
        requests_address=link(REQUESTS, vendor=page.vendor, id=page.id),
        lines=tuple(lines_of(whole, chosen)),
        plot=markup,
        plot_now=round(plot.now),
        missing=plot.missing - hidden,
        hidden=hidden,
    )


def of_this_life(whole: TaskWhole) -> TaskWhole:
    """With those of the hands that say something of the task, or of what an id would play."""
    hands = tuple(hand for hand in whole.hands if hand.what not in _OF_FILES or hand.detail == name_of(whole))
    return replace(whole, hands=tuple(_since_birth(whole, hands)))


def _since_birth(whole: TaskWhole, hands: Sequence[Hand]) -> Iterator[Hand]:
    """What was done in the life of the task: what was done to all before its birth says nothing of it."""
    task = whole.task
    if task is None:
        yield from hands
        return
    own = [hand for hand in hands if (hand.vendor, hand.id) == (task.vendor, task.id) and hand.what in _MAKES]
    own = [hand for hand in own if hand.at.ms >= task.born.ms]
    polls = own_polls(whole)
    born = [each for each in whole.history if each.submits and each.at.ms >= task.born.ms]
    born += [each for each in polls[:1] if each.asked < 2]
    begins = [*(hand.real.ms for hand in own[:1]), *(each.real.ms for each in born)]
    for hand in hands:
        if hand.at.ms >= task.born.ms and (not begins or hand.real.ms >= min(begins)):
            yield hand


def _as_lived(visit: Visit, whole: TaskWhole, task: Task) -> TaskWhole:
    """The task with its polls at the moments of its life as it is now, since time may have passed for it alone."""
    entries = visit.controls.server.store.history(Key(task.vendor, task.id), LIMIT)
    moved = {entry.number: task.born.ms - entry.born for entry in entries if entry.born is not None}
    if not any(moved.values()):
        return whole
    history = (replace(each, at=Moment.of(each.at.ms + moved.get(each.number, 0))) for each in whole.history)
    return replace(whole, history=tuple(history))
