"""Why attempts to notify that were waited for have not come, as far as the server's tasks tell."""

from __future__ import annotations

from datetime import datetime, timedelta

from mock_server.api.notifications import Notifications
from mock_server.api.values import Clock, Task, Tasks, TaskWhole
from mock_server.client.transport import Transport
from mock_server.engine.durations import length_words
from mock_server.engine.ids import IdPattern

_SHOWN = 3
"""Tasks of which it is told why they notify nobody, where no task is meant in particular."""


def why_untold(transport: Transport, vendor: str | None, id: str | None) -> str:
    """What is between now and the next attempt: of the task with this id, or, without one, of all tasks."""
    clock = transport.call("GET", "clock", Clock)
    where = {"vendor": vendor, "id": id}
    if id is not None and not IdPattern.parse(id).is_prefix:
        tasks = transport.call("GET", "tasks", Tasks, where).tasks
        return _of_task(transport, tasks[0], clock) if tasks else f"there is no task {IdPattern.parse(id).start!r}"
    owed = transport.call("GET", "notifications", Notifications, {**where, "limit": 1}).owed
    if owed:
        count = f"{len(owed)} is owed" if len(owed) == 1 else f"{len(owed)} are owed, the soonest"
        return f"{count} by {owed[0].vendor} {owed[0].id}, due {_when(owed[0].due, clock)}"
    listed = transport.call("GET", "tasks", Tasks, {**where, "limit": _SHOWN + 1, "order": "activity"}).tasks
    reasons = [_of_task(transport, task, clock) for task in listed[:_SHOWN]]
    return "; ".join(["no task owes a notification", *reasons, *(["…"] if len(listed) > _SHOWN else [])])


def _whole(transport: Transport, vendor: str, id: str) -> TaskWhole:
    query = {"vendor": vendor, "id": id, "ahead": 0, "limit": 1}
    return transport.call("GET", "tasks/one", TaskWhole, query)


def _of_task(transport: Transport, task: Task, clock: Clock) -> str:
    name = f"{task.vendor} {task.id}"
    whole = _whole(transport, task.vendor, task.id)
    planned = [each for each in whole.callbacks if each.planned]
    if planned:
        each = min(planned, key=lambda callback: callback.at)
        about = "" if each.item is None else f" of item {each.item}"
        what = f"attempt {each.attempt} of notification {each.notice}{about}"
        return f"{name} is in step {task.step}, and {what} is due {_when(each.at, clock)}"
    if whole.silence is not None:
        return f"{name} will not notify: {whole.silence}"
    if not task.ended:
        return f"{name} has not ended: it is in step {task.step}, {_moved(task, clock)}"
    if task.outcome is None:
        return f"{name} has ended in step {task.step}, and its scenario {task.scenario} sends nothing of that end"
    return f"{name} has ended in step {task.step} and owes no more"


def _moved(task: Task, clock: Clock) -> str:
    """What moves it on."""
    words = [] if task.moves.polls is None else [f"{task.moves.polls} more polls"]
    words += [] if task.due is None else [f"time, {_when(task.due, clock)}"]
    return f"which {' or '.join(words)} will end" if words else "which neither polls nor time end"


def _when(due: datetime, clock: Clock) -> str:
    left = max(due - clock.now, timedelta(0))
    words = length_words(round(left / timedelta(milliseconds=1)))
    frozen = ", which is frozen: advance it" if clock.frozen and left else ""
    return f"in {words} by the server's clock{frozen}" if left else "now"
