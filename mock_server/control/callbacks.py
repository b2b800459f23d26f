"""The attempts to notify of one task: those that were made, and those that are planned. Nothing is changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from mock_server.api.words import Outcome
from mock_server.control.way import as_now
from mock_server.engine.forecast import forecast
from mock_server.engine.outbox import Owed, outbox_of
from mock_server.engine.owing import noted
from mock_server.engine.run import Run, run_of
from mock_server.journal.journal import Entry
from mock_server.store.store import Store
from mock_server.vendors.registry import Registry

_SLICE = 256
"""Exchanges that are taken from the store at once."""


class Callback(NamedTuple):
    """One attempt, at the virtual moment `at`. `number` is its exchange; None, as `outcome`, for one that is planned.

    `status` is what the receiver answered, 0 if nothing came, and None for one that is planned. `why` it
    was not taken, "" if the status says that.
    """

    at: int
    notice: int
    item: int | None
    attempt: int
    number: int | None = None
    status: int | None = None
    outcome: Outcome | None = None
    why: str = ""


def callbacks_of(store: Store, run: Run, most: int) -> tuple[Callback, ...]:
    """The attempts of a task, oldest first, as far as `most` exchanges tell them; then those that are planned.

    Of each notification that is owed the next attempt is planned, and the first of each that time alone will bring.
    """
    if not run.task.notify:
        return ()
    planned = sorted(_planned(run), key=lambda each: (each.at, each.notice))
    return (*reversed(list(_made(store, run, most))), *planned)


def _made(store: Store, run: Run, most: int) -> Iterator[Callback]:
    """The attempts, newest first, without those of an earlier task of this id, whose numbers begin again at the top."""
    lowest: dict[tuple[int, int | None], int] = {}
    made, before = noted(run).box.made, 0
    while most > 0:
        entries = store.history(run.key, min(_SLICE, most), before)
        for entry in entries:
            told = entry.told
            if told is None:
                continue
            which = (told.notice, told.item)
            if told.notice >= made or told.attempt >= lowest.get(which, told.attempt + 1):
                return
            lowest[which] = told.attempt
            yield _callback(run, entry)
        if len(entries) < _SLICE:
            return
        most, before = most - len(entries), entries[-1].number


def _callback(run: Run, entry: Entry) -> Callback:
    told = entry.told
    assert told is not None, "only attempts are asked for"
    at = as_now(run, entry.virtual, entry.born)
    which = (told.notice, told.item, told.attempt)
    return Callback(at, *which, entry.number, entry.response.status, told.outcome, entry.note)


def _planned(run: Run) -> Iterator[Callback]:
    """The next attempt of each notification that is owed, and of each that time alone will make the task owe."""
    last = max((coming.at for coming in forecast(run) if coming.what != "expiry"), default=run.now)
    later = run if last <= run.now else run_of(run.scenario, run.key, run.task, last)
    yield from map(_next, noted(later).box.owed)


def _next(owed: Owed) -> Callback:
    return Callback(owed.due, owed.number, owed.item, owed.attempts + 1)


def silence_of(run: Run, registry: Registry) -> str:
    """Why a task will never notify anybody by itself, for people, of whom it is the subject; "" if it may."""
    task, scenario = run.task, run.scenario
    if registry.dialect(run.key.vendor, scenario.options).terms is None:
        return f"{run.key.vendor} notifies nobody"
    if not task.notify:
        return f"it was {'submitted' if task.facts() else 'made by a poll or by hand,'} without an address to notify"
    if not scenario.notify.send:
        return f"its scenario {scenario.name} says `notify: {{send: []}}`"
    if outbox_of(task.outbox).who == "whole" and all(each.item is not None for each in scenario.notify.send):
        return f"its scenario {scenario.name} notifies of single items alone, and the job is told of as a whole"
    return ""
