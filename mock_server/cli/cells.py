"""A task in the cells of a table: where it stands, what its client saw last, and how it moves on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import groupby

from mock_server.api.codec import Moment
from mock_server.cli.text import many
from mock_server.client import Task, TaskItem

_MOST_RUNS = 4
"""Runs of items in one step that a cell names."""
_UNITS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


def state(task: Task) -> str:
    """What the next poll will see, and whether the task has ended; `not seen yet` where its client does not know it."""
    word = "error" if task.state is None else str(task.state)
    if task.expired:
        return f"{word} (expired)"
    if task.unseen:
        return f"{word}, not seen yet"
    return f"{word} (ended)" if task.ended else word


def step(task: Task) -> str:
    """The step that a task is in. Where items have steps of their own, where each stands: `0: succeeded, 1-3: waiting`.

    Of many different runs of items only the first ones are named.
    """
    if not task.items:
        return task.step
    runs = list(_runs(task.items))
    return ", ".join([*runs[:_MOST_RUNS], *(["…"] if len(runs) > _MOST_RUNS else [])])


def _runs(items: Sequence[TaskItem]) -> Iterator[str]:
    for name, run in groupby(enumerate(items), lambda numbered: numbered[1].step or numbered[1].state):
        first, *more = [k for k, _ in run]
        yield f"{first}-{more[-1]}: {name}" if more else f"{first}: {name}"


def last_seen(task: Task, now: Moment) -> str:
    """What the client could read last, and how long ago by the server's clock; empty if nothing is known of that.

    An error shows its status, and a fault that left the response readable is named.
    """
    last = task.last
    if last is None:
        return ""
    word = str(last.status) if last.saw == "error" else last.saw
    faults = ", ".join(name for name in last.faults if name != word)
    return f"{word}{f' ({faults})' if faults else ''}, {about(now - last.at)} ago"


def moves_on(task: Task, now: Moment) -> str:
    """What ends its step: so many more polls, so much more time, or a person."""
    moves = task.moves
    by_time = "" if moves.due is None else f"in {about(moves.due - now)}"
    by_polls = "" if moves.polls is None else many(moves.polls, "poll")
    if by_polls or by_time:
        return " or ".join(filter(None, (by_polls, by_time)))
    return {"hand": "by hand", "items": "item by item"}.get(moves.by, "")


def notified(task: Task) -> str:
    """What became of its notifications, and how many it still owes; empty if it has no address."""
    if task.notify_url is None:
        return ""
    owes = f"owes {task.owed}" if task.owed else ""
    return ", ".join(filter(None, (task.outcome, owes)))


def about(length: timedelta) -> str:
    """A length in whole seconds, by its two largest units: `23 s`, `1 min 42 s`, `3 d 2 h`."""
    left = max(0, round(length / timedelta(seconds=1)))
    parts: list[str] = []
    for unit, size in _UNITS:
        count, left = divmod(left, size)
        if count or parts:
            parts.append(f"{count} {unit}" if count else "")
        if len(parts) == 2:
            break
    return " ".join(filter(None, parts)) or "0 s"
