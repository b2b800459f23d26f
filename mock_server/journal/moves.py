"""The changes of step that no exchange tells: those made by the clock's walk and by people, and births by hand."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Literal, NamedTuple

from mock_server.engine.cursor import BIRTH, Crossing
from mock_server.types import Bound

MOVES = Bound(
    "Changes of step that no exchange tells",
    10_000,
    "changes",
    "The oldest one is forgotten: a task's way then has a hole. Coverage goes on counting them. Exchanges are kept "
    "apart from them.",
)

MoveBy = Literal["birth", "time", "hand"]
"""Who made a change of step that no exchange tells."""


class Move(NamedTuple):
    """One change of step of one task. `number` counts from 1 in the order of commits.

    `after` is the number of the newest exchange at that moment (0: there was none), `scenario` the version that the
    task plays, `born` when the task was born, as the clock showed that then.
    """

    number: int
    after: int
    vendor: str
    id: str
    scenario: str
    crossing: Crossing
    by: MoveBy
    born: int | None = None


def made_by(crossed: Sequence[tuple[str, Crossing]], *, by_hand: bool) -> Iterator[tuple[str, Crossing, MoveBy]]:
    """Each change of step with who made it. `by_hand`: a person made the last one; time made those before it."""
    last = len(crossed) - 1
    for k, (version, crossing) in enumerate(crossed):
        by: MoveBy = "birth" if crossing.origin == BIRTH else "hand" if by_hand and k == last else "time"
        yield version, crossing, by


class Moves:
    """The newest moves, at most `most`. Whoever owns it guards it: no lock in here."""

    def __init__(self, kept: Iterable[Move] = (), made: int = 0, most: int = MOVES.value) -> None:
        """`made`: how many were made in all, those included that are not kept any more."""
        self._most = most
        self._kept = deque(kept, most)
        self.made = max(made, self._kept[-1].number if self._kept else 0)
        self._newest = {(move.vendor, move.id): move for move in self._kept}

    def __iter__(self) -> Iterator[Move]:
        """Oldest first."""
        return iter(self._kept)

    def add(
        self,
        vendor: str,
        id: str,
        after: int,
        crossed: Iterable[tuple[str, Crossing, MoveBy]],
        born: int | None = None,
    ) -> None:
        """Takes in what one change of a task crossed; the rest is as in `Move`."""
        for version, crossing, by in crossed:
            if len(self._kept) == self._most:
                oldest = self._kept.popleft()
                if self._newest.get((oldest.vendor, oldest.id)) is oldest:
                    del self._newest[oldest.vendor, oldest.id]
            self.made += 1
            move = Move(self.made, after, vendor, id, version, crossing, by, born)
            self._kept.append(move)
            self._newest[vendor, id] = move

    def newest(self, vendor: str, id: str) -> Move | None:
        """The newest kept move of a task."""
        return self._newest.get((vendor, id))

    def of_task(self, vendor: str, id: str) -> tuple[Move, ...]:
        """The kept moves of a task, newest first."""
        if (vendor, id) not in self._newest:
            return ()
        return tuple([move for move in reversed(self._kept) if move.id == id and move.vendor == vendor])

    def before(self, number: int) -> Iterator[Move]:
        """Those with a lower number, newest first."""
        newer = max(0, self.made + 1 - number)
        return islice(reversed(self._kept), newer, None)
