"""What the page of a task shows, as values."""

from __future__ import annotations

from typing import NamedTuple

from mock_server.api.timeline import Timeline
from mock_server.api.values import PollAhead, Task, TaskWhole
from mock_server.dashboard.abouts import About
from mock_server.dashboard.look.drawings import Drawn
from mock_server.dashboard.look.exchange import ExchangeLook, Piece
from mock_server.dashboard.look.task.table import Line
from mock_server.scenarios.timeline.strip import Strip

LIMIT = 60
"""Exchanges of the history that the page has."""


class Miss(NamedTuple):
    """An id that nothing claims: why, what to do, and the nearest id that something claims."""

    vendor: str
    id: str
    message: str
    hint: str
    nearest: str
    asked: tuple[Piece, ...] = ()
    pieces: tuple[Piece, ...] = ()


class Item(NamedTuple):
    """An item in the response that a poll would get now."""

    name: str
    state: str
    code: str


class TaskPage(NamedTuple):
    """What the page shows. Of an id that was not polled yet `task` is None. `due`: when it changes by time.

    `missing` earlier polls are no longer kept or, where `hidden`, kept and not shown. `at` is the address of a poll
    without its number.
    """

    vendor: str
    id: str
    whole: TaskWhole | None = None
    task: Task | None = None
    miss: Miss | None = None
    about: About = About()
    scenario: str = ""
    outdated: bool = False
    timeline: Timeline | None = None
    level: Drawn = Drawn()
    upright: Drawn = Drawn()
    plot: Drawn = Drawn()
    plot_now: int = 0
    missing: int = 0
    hidden: int = 0
    at: str = ""
    lines: tuple[Line, ...] = ()
    ahead: PollAhead | None = None
    items: tuple[Item, ...] = ()
    more_items: int = 0
    after: Strip = Strip((), 0)
    shown: ExchangeLook | None = None
    item_steps: tuple[str, ...] = ()
    scenario_address: str = ""
    faults_address: str = ""
    edit_address: str = ""
    requests_address: str = ""
    nearest_address: str = ""
    before: int | None = None
    next: int | None = None
    ways: tuple[tuple[str, str], ...] = ()
    steps: tuple[tuple[str, str], ...] = ()
    target: str = ""
    due: int | None = None
    real: bool = False
    report: str = ""

    @property
    def word(self) -> str:
        """What a poll would show now."""
        if self.task is None:
            return "waiting"
        return "expired" if self.task.expired else self.task.state or "error"
