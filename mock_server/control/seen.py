"""What a task's client saw of it so far, run by run, as far as the journal keeps it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain, groupby, islice
from typing import NamedTuple

from mock_server.engine.run import Run
from mock_server.journal.journal import Entry
from mock_server.journal.saw import Saw, saw_of
from mock_server.store.store import Store
from mock_server.vendors.registry import Registry

RUNS = 24
"""Runs of equal polls that a task is shown with: the newest."""
_SLICE = 64
"""Exchanges that are taken from the store at once."""


class SeenRun(NamedTuple):
    """Polls in a row whose client saw the same."""

    saw: Saw
    times: int


class Seen(NamedTuple):
    """What the client of a task saw: the newest runs, oldest first, and its last poll.

    `unseen`: the task has ended, and its client has yet to read that.
    """

    runs: tuple[SeenRun, ...] = ()
    last: Entry | None = None
    unseen: bool = False


def seen_of(registry: Registry, run: Run, polls: Callable[[], Iterable[Entry]]) -> Seen:
    """What the client of a task saw. `polls` gives its kept polls, newest first, as `polls_of` does."""
    newest = iter(polls())
    last = next(newest, None)
    entries = () if last is None else chain((last,), newest)
    runs = [SeenRun(saw, len(list(equal))) for saw, equal in islice(groupby(map(saw_of, entries)), RUNS)]
    return Seen(tuple(runs[::-1]), last, is_unseen(registry, run, polls))


def polls_of(store: Store, run: Run, most: int) -> Iterator[Entry]:
    """The kept polls of a task, newest first, without those of an earlier task of its id."""
    asked, before = run.cursor.asked, 0
    while asked > 0 and most > 0:
        entries = store.history(run.key, min(_SLICE, most), before)
        for entry in entries:
            # A higher number is that of a poll that came since the run was read, or of an earlier task of this id.
            if entry.poll and 0 < entry.asked <= asked:
                asked = entry.asked - 1
                yield entry
        if len(entries) < _SLICE:
            return
        most, before = most - len(entries), entries[-1].number


def is_unseen(registry: Registry, run: Run, polls: Callable[[], Iterable[Entry]]) -> bool:
    """Whether a task has ended and its client has yet to read that. False where too little is kept to tell."""
    if not run.ended or run.expired:
        return False
    if run.scenario.by_items:
        word = run.state(registry.dialect(run.key.vendor).derive)
        every = list(polls())
        return len(every) == run.cursor.asked and all(saw_of(entry).word != word for entry in every)
    if not run.cursor.polls:
        return True
    if not run.scenario.counts_all:  # only what was seen counts
        return False
    at_end = list(islice(polls(), run.cursor.polls))
    return len(at_end) == run.cursor.polls and not any(_showed(entry, run) for entry in at_end)


def _showed(entry: Entry, run: Run) -> bool:
    """Whether the client could read the end that the task stands at."""
    word = saw_of(entry).word
    if run.step.state is None:
        return word == "error" and entry.original is None
    return word == run.step.state.value
