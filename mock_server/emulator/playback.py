"""A task that is played alone, on a clock of its own: what polls would see, and when something changes. Pure.

The rules are those of every poll (`emulator.decide`). There is no store, no journal and no library: one scenario and
one task are enough, so that a scenario can be played that is in force nowhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from mock_server.emulator.commit import Instant, new_run, outbox_at_birth
from mock_server.emulator.decide import decide_poll
from mock_server.engine.clock import Clock
from mock_server.engine.cursor import born
from mock_server.engine.run import Run, birth, run_of
from mock_server.engine.scenario import DAY, Daily, Fault, Scenario
from mock_server.engine.task import Key, Task, new_task, unpack
from mock_server.http.message import request_of
from mock_server.journal.entry import Entry
from mock_server.scenarios.library import Library
from mock_server.store.store import Control
from mock_server.vendors.render import Renderer


class Polled(NamedTuple):
    """One poll: its exchange, and the task as the poll found it."""

    entry: Entry
    run: Run


class Playback(NamedTuple):
    """A task that is played from `start`, a virtual time in milliseconds. `task` None: nobody has polled it yet.

    `notify` is its notify address; the scenario is then that which tasks with one play (see `engine.pace`).
    """

    renderer: Renderer
    scenario: Scenario
    key: Key
    seed: int
    start: int
    task: Task | None = None
    notify: str = ""

    def at(self, now: int) -> Run:
        """The task as a poll at `now` finds it."""
        if self.task is None:
            return self._notifying(now) if self.notify else new_run(self.scenario, self.key, self.seed, now)
        return run_of(self.scenario, self.key, self.task, now)

    def _notifying(self, now: int) -> Run:
        """A new task that has an address."""
        dialect = self.renderer.registry.dialect(self.key.vendor, self.scenario.options)
        outbox = outbox_at_birth(dialect, {}, self.notify)
        task = new_task(self.scenario, self.seed, born(now), notify=self.notify, outbox=outbox)
        return birth(self.scenario, self.key, task)

    def poll(self, now: int) -> tuple[Polled, Playback]:
        """One poll at `now`, and the task after it."""
        run = self.at(now)
        target = self.renderer.registry.dialect(self.key.vendor, self.scenario.options).example(self.key.id)
        at = Instant(now, now, Control(Clock.starting(now)), Library())
        change = decide_poll(self.renderer, request_of("GET", target, (), b""), run, at)
        assert change.entry is not None, "a poll leaves an exchange"
        return Polled(change.entry, run), self._replace(task=unpack(change.record or ()))

    def next_change(self, now: int, every: int) -> int | None:
        """The next moment after `now` at which a poll sees something else for certain; None if there is none.

        Where polls change it, that is the next poll of a client that polls every `every` milliseconds. Faults that
        apply by chance, by a rate or to every so many polls may change any poll, and are left out.
        """
        run = self.at(now)
        if run.expired:
            return None
        later = [moment for moment in (*_by_time(run), *_windows(run)) if moment > now]
        if _takes_polls(run) or _polls_are_counted(run):
            later.append(now + every)
        whens = [fault.when for fault in run.scenario.faults if not fault.when.submit]
        days = [_next_of_day(when.daily, now) for when in whens if when.daily]
        if days and (later or min(days) < self.start + DAY):
            later.append(min(days))
        return min(later, default=None)


def polls(playback: Playback, every: int, most: int) -> Iterator[Polled]:
    """The first `most` polls of a client that polls every `every` milliseconds."""
    now = playback.start
    for _ in range(most):
        polled, playback = playback.poll(now)
        yield polled
        now += every


def is_unsteady(fault: Fault) -> bool:
    """Whether of two polls of a step a fault may apply to one alone."""
    when = fault.when
    return not when.submit and (when.every is not None or when.chance is not None or when.rate is not None)


def is_over(polled: Polled) -> bool:
    """Whether a poll saw the end: neither polls nor time change the task any more, and no fault hid it."""
    return (polled.run.expired or polled.run.ended) and not polled.entry.faults


def _windows(run: Run) -> Iterator[int]:
    """When windows since the birth begin and end."""
    for fault in run.scenario.faults:
        window = fault.when.time
        if window is not None:
            yield run.cursor.born + window.low
            if window.high is not None:
                yield run.cursor.born + window.high


def _next_of_day(daily: Daily, now: int) -> int:
    """When a window of each day begins or ends next."""
    into = (now - daily.start) % DAY
    return now + (daily.lasts - into if into < daily.lasts else DAY - into)


def _by_time(run: Run) -> Iterator[int]:
    """When time changes what the task shows: its step, one of its items, or that the vendor knows it."""
    if run.scenario.expires is not None:
        yield run.cursor.born + run.scenario.expires
    if run.due is not None:
        yield run.due


def _takes_polls(run: Run) -> bool:
    """Whether polls move the task, or one of its items, on from here."""
    if run.scenario.by_items:
        return any(place.polls is not None and place.edges for place in run.places)
    return run.step.polls is not None and run.step.moves


def _polls_are_counted(run: Run) -> bool:
    """Whether a fault waits for a certain poll."""
    asked = run.cursor.asked
    windows = [window for fault in run.scenario.faults for window in fault.when.polls]
    return any(asked < window.low or (window.high is not None and asked <= window.high) for window in windows)
