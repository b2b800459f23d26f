"""One task whole: what happened to it, what the next polls would see, and what time will do. Nothing is changed."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import NamedTuple

from mock_server.control.callbacks import Callback, callbacks_of, silence_of
from mock_server.control.recorded import Recorded, recorded
from mock_server.control.refused import Kind, Refused
from mock_server.control.seen import polls_of, seen_of
from mock_server.control.task_view import TaskView, view_of
from mock_server.control.way import Crossed, way_of
from mock_server.emulator import near_miss
from mock_server.emulator.ahead import polls_ahead
from mock_server.emulator.commit import Ledger
from mock_server.emulator.decide import Rules
from mock_server.engine.forecast import Coming, forecast
from mock_server.engine.task import Key
from mock_server.engine.walk import Stay
from mock_server.http.message import Request, request_of
from mock_server.journal.journal import Entry
from mock_server.scenarios.library import Library
from mock_server.types import Bound

MOST_AHEAD = 50
AHEAD = Bound("Polls that are computed ahead", MOST_AHEAD, "polls", "422: a higher `ahead` is refused.")
_DEEP = 4_000
"""Exchanges that are looked at for what a client saw, and for the way of a task."""
_COMING = 200
"""Things to come that are told."""


class Whole(NamedTuple):
    """One task whole. `view` is None for an id that nobody polled yet; a first poll would play `claimed_by`.

    `history` is newest first, and `older` the number before which it goes on, None at its end. `way` is oldest first.
    """

    view: TaskView | None
    claimed_by: str | None
    scenario: str
    history: tuple[Entry, ...]
    older: int | None
    way: tuple[Crossed, ...]
    ahead: tuple[Entry, ...]
    forecast: tuple[Coming, ...]
    items: tuple[tuple[Stay, ...], ...]
    """The steps of each item that walks by itself, those to come included; empty where none does."""
    callbacks: tuple[Callback, ...] = ()
    """The attempts to notify of it, and those that are planned."""
    silence: str = ""
    """Why it will never notify anybody by itself; "" if it may."""


class Looking(NamedTuple):
    """How much to tell of a task: so many polls ahead with so much virtual time between them, and of its history at
    most `limit` exchanges, from `before` on (0: the newest).
    """

    ahead: int = 6
    every: int = 0
    limit: int = 100
    before: int = 0


class Wholes:
    """Tells of single tasks of one server."""

    def __init__(self, ledger: Ledger, rules: Rules) -> None:
        self._ledger = ledger
        self._rules = rules

    def read(self, key: Key, looking: Looking) -> Whole:
        """One task, or an id that a scenario claims. Refused: there is no such task, and nothing claims the id."""
        run, at = self._ledger.simulate(key)
        store, registry = self._ledger.store, self._rules.renderer.registry
        claimed = None
        if run is None:
            claimed = None if at.dropped else self._rules.scenario_of(at.library, key)
            if claimed is None:
                raise _nothing(key, at.library, dropped=at.dropped)
        entries = store.history(key, looking.limit + 1, looking.before)
        kept = entries[: looking.limit]
        polls = () if run is None else tuple(polls_of(store, run, _DEEP))
        view = None if run is None else view_of(run, registry)._replace(seen=seen_of(registry, run, lambda: polls))
        ahead: Iterable[Entry] = ()
        if looking.ahead:
            ahead = polls_ahead(self._rules, key, self._request(key), run, at, every=looking.every)
        return Whole(
            view,
            None if claimed is None else claimed.name,
            run.scenario.version if run is not None else claimed.version if claimed is not None else "",
            kept,
            kept[-1].number if len(entries) > len(kept) else None,
            () if run is None else way_of(self._ledger, run, polls),
            tuple(islice(ahead, looking.ahead)),
            () if run is None else tuple(islice(forecast(run), _COMING)),
            ()
            if run is None or not run.scenario.by_items
            else tuple(map(tuple, map(run.stays, range(len(run.items))))),
            () if run is None else callbacks_of(store, run, _DEEP),
            "" if run is None else silence_of(run, registry),
        )

    def recorded(self, key: Key) -> Recorded:
        """A scenario that shows what a task showed. Refused: there is no such task, or not yet."""
        run, at = self._ledger.simulate(key)
        if run is None:
            claimed = None if at.dropped else self._rules.scenario_of(at.library, key)
            if claimed is not None:
                what = f"the {key.vendor} task {key.id!r} was never polled, so it showed nothing yet"
                raise Refused(Kind.NOT_FOUND, what, hint=f"its first poll will play {claimed.name}")
            raise _nothing(key, at.library, dropped=at.dropped)
        return recorded(self._ledger, self._rules.renderer, run)

    def _request(self, key: Key) -> Request:
        """The last poll of this id, or the one that the vendor's document shows: what the next one will be."""
        last = next((entry for entry in self._ledger.store.history(key, 20) if entry.poll), None)
        if last is not None:
            return last.request
        target = self._rules.renderer.registry.dialect(key.vendor).example(key.id)
        return request_of("GET", target, (), b"")


def _nothing(key: Key, library: Library, *, dropped: bool) -> Refused:
    if dropped:
        hint = "raise --max-tasks, or create it again"
        return Refused(Kind.NOT_FOUND, f"the {key.vendor} task {key.id!r} was dropped to make room", hint=hint)
    close = near_miss.nearest_claim(library, key.vendor, key.id)
    hint = f"the nearest id that a scenario claims is {close!r}" if close else "a task is born at its first poll"
    return Refused(Kind.NOT_FOUND, f"no {key.vendor} task {key.id!r}, and no scenario claims the id", hint=hint)
