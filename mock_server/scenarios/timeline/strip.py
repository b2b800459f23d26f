"""A strip: what clients saw, poll after poll, as a row of signs. Up to three equal ones stand for themselves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

from mock_server.scenarios.timeline.signs import look_of, sign_of

SINGLE = 3
"""So many equal signs stand for themselves; more are one sign with its count."""
NEWEST = 9
"""Runs of equal polls that a list of tasks has room for."""


class Run(Protocol):
    """Polls in a row of which a client could read the same: `SeenRun` of the API, or `PollRun`."""

    @property
    def saw(self) -> str:
        """The word of what was read."""

    @property
    def status(self) -> int | None:
        """The status; None if no whole response arrived."""

    @property
    def times(self) -> int:
        """How many polls."""


class Mark(NamedTuple):
    """One sign of a strip, which stands for `times` polls. `bolt`: faults were applied that left it readable."""

    sign: str
    look: str
    word: str
    status: int | None
    times: int
    bolt: bool

    @property
    def counted(self) -> str:
        """What is written beside the sign: `×12`, or nothing."""
        return f"×{self.times}" if self.times > 1 else ""


class Strip(NamedTuple):
    """The marks, oldest first, and how many polls before them are left out."""

    marks: tuple[Mark, ...]
    before: int


def strip(runs: Sequence[Run], most: int = NEWEST) -> Strip:
    """The newest `most` of these runs, which come oldest first."""
    kept = runs[max(0, len(runs) - most) :]
    left_out = runs[: len(runs) - len(kept)]
    return Strip(tuple(mark for run in kept for mark in marks_of(run)), sum(run.times for run in left_out))


def marks_of(run: Run) -> Iterator[Mark]:
    """The signs of one run."""
    struck = bool(getattr(run, "struck", False)) and run.saw not in ("cut", "spoiled", "error")
    mark = Mark(sign_of(run.saw), look_of(run.saw), run.saw, run.status, 1, struck)
    if run.times > SINGLE:
        yield mark._replace(times=run.times)
    else:
        yield from [mark] * run.times
