"""One task for the terminal: where it is, what its client saw, what comes next, and its way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from mock_server.api.exchange import no_response
from mock_server.api.values import Callback, Coming, Hand, PollAhead, SeenRun, TaskWhole
from mock_server.cli.cells import about, moves_on, state
from mock_server.cli.text import printable
from mock_server.client import Task

_WAY = 20
"""Changes of step that are printed: the newest."""
_ATTEMPTS = 20
"""Attempts to notify that are printed: the newest, and those to come."""


def page(whole: TaskWhole, vendor: str, id: str, every: str | None = None) -> Iterator[str]:
    """The lines. `every`: the time between the polls that are ahead, as it was asked for."""
    task = whole.task
    if task is None:
        yield f"{vendor} {printable(id)}: waiting for its first poll, which will play {whole.claimed_by}"
    else:
        yield f"{vendor} {printable(id)}: {_stands(task, whole)}"
        seen = strip(task.seen) or ("nothing that is kept" if task.asked else "nothing yet: it was never polled")
        yield f"its client saw  {seen}"
    if task is not None:
        yield from _submitted(task, whole)
    if whole.ahead:
        between = f"{every} between them" if every else "no time between them"
        yield f"the next polls  {', '.join(map(_ahead, whole.ahead))}{f'; {between}' if len(whole.ahead) > 1 else ''}"
    if whole.forecast:
        yield f"time alone      {', '.join(_coming(each, whole) for each in whole.forecast)}"
    yield from _way(whole)


def _submitted(task: Task, whole: TaskWhole) -> Iterator[str]:
    """What it was submitted with, and where its notification goes."""
    words = [f"{name}={value}" for name, value in task.facts.items()]
    if task.subject is not None and task.subject not in task.facts.values():
        words.append(task.subject)
    if words:
        yield printable(f"submitted       {', '.join(words)}")
    if task.notify_url is not None:
        yield printable(f"notifies        {task.notify_url}")
        for callback in whole.callbacks[-_ATTEMPTS:]:
            yield f"{'':<16}{_callback(callback, whole)}"
    if whole.silence is not None and (task.notify_url is not None or words):
        yield printable(f"notifies nobody {whole.silence}")


def _callback(each: Callback, whole: TaskWhole) -> str:
    """An attempt: when, which, and what came of it."""
    item = "" if each.item is None else f" of item {each.item}"
    what = f"attempt {each.attempt} of notification {each.notice}{item}"
    if each.planned:
        left = each.at - whole.now
        return f"{what} {f'in {about(left)}' if left > timedelta() else 'now'}"
    came = str(each.status) if each.status else no_response(each.outcome)
    why = f" ({each.why})" if each.why else ""
    return printable(f"{each.at:%Y-%m-%d %H:%M:%S}Z {what}: {each.outcome}, {came}{why}")


def strip(seen: Sequence[SeenRun]) -> str:
    """What was seen, run by run: `waiting x 3, 599, processing`."""
    return ", ".join(f"{_word(run.saw, run.status)}{f' x {run.times}' if run.times > 1 else ''}" for run in seen)


def _stands(task: Task, whole: TaskWhole) -> str:
    on = moves_on(task, whole.now)
    where = f"step {task.step_number} of {len(task.steps)}, {task.step}"
    return f"{state(task)} ({where}) of {task.version}{f'; moves on: {on}' if on else ''}"


def _word(saw: str, status: int | None) -> str:
    return str(status) if saw == "error" else saw


def _ahead(poll: PollAhead) -> str:
    word = _word(poll.saw, poll.status)
    faults = ", ".join(name for name in poll.faults if name != word)
    return f"{word} ({faults})" if faults else word


def _coming(each: Coming, whole: TaskWhole) -> str:
    item = f"item {each.item} " if isinstance(each.item, int) else ""
    return f"{item}{each.to} in {about(each.at - whole.now)}"


def _way(whole: TaskWhole) -> Iterator[str]:
    """The changes of step, and where items have steps of their own what people did to those, in order."""
    lines = [(each.at, "born" if each.by == "birth" else f"by {each.by}", each.to or "") for each in whole.way]
    if whole.items:
        lines += [(hand.at, "by hand", hand.detail) for hand in _moves_of_items(whole.hands)]
        lines.sort(key=lambda line: line[0])
    for k, (at, made, to) in enumerate(lines[-_WAY:]):
        head = "its way" if k == 0 else ""
        yield f"{head:<16}{at:%Y-%m-%d %H:%M:%S}Z {made:<8} {printable(to)}".rstrip()


def _moves_of_items(hands: Sequence[Hand]) -> list[Hand]:
    """What moved items, one or all: the way has only changes of step of the whole."""
    found: list[Hand] = []
    for hand in hands:
        if hand.what in ("create", "drop", "load") or (hand.what == "reset" and "tasks" in hand.detail):
            found = []  # what follows is done to another task of this id
        elif hand.what in ("fail", "finish") or (hand.what in ("next", "goto") and hand.detail.startswith("item ")):
            found.append(hand)
    return found
