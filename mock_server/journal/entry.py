"""One recorded exchange."""

from __future__ import annotations

from typing import NamedTuple

from mock_server.api.words import EntryKind, Outcome, Verdict
from mock_server.engine.cursor import Crossing
from mock_server.engine.notify import Signed
from mock_server.engine.state import State
from mock_server.http.message import Request, Response


class Told(NamedTuple):
    """What an attempt to deliver a notification was: the numbers of the notification (`notice`, from 0), of the item
    it is about (None: the whole) and of the attempt (from 1).

    `key` is the access key that signed it, empty if none did. `signed` says how it was signed: right, wrong on purpose,
    or not at all; None of an entry that an older version saved, which does not tell right from wrong. `next` is when
    the next attempt is due, in virtual milliseconds, None if none follows.
    """

    notice: int
    item: int | None
    attempt: int
    key: str
    outcome: Outcome
    next: int | None = None
    signed: Signed | None = None


class Entry(NamedTuple):
    """One exchange. `real` and `virtual` are milliseconds; `number` counts from 1 in the order of commits.

    `response` is what left; `original` what would have left without faults (None: the same). `poll` is false for a peek
    and for requests that name no task. `state` is the neutral word of what the vendor said, None if that is an error.
    `sources` say of each of `faults` where it comes from: the number of an armed fault, or -1 for the scenario's first
    fault, -2 for its second, and so on.

    `born` is when its task was born, as the clock showed that then; None if it met none. A reset of the clock moves
    tasks, and so does a shift: the age that a task had, `virtual - born`, stays true.

    `read` is what a client reads in a body that a fault put in the place of the vendor's, None if that is no status of
    the vendor, or if no fault did.

    An attempt to deliver a notification is an entry too: `told` is None of everything else. Its `request` is what was
    sent, with the whole URL as target; its `response` is what the receiver answered, with status 0 if nothing came, and
    `note` then says why. It is no poll, and its `vendor`, `id` and `scenario` are those of the task.
    """

    real: int
    virtual: int
    request: Request
    response: Response
    verdict: Verdict
    poll: bool = False
    vendor: str | None = None
    id: str | None = None
    scenario: str | None = None
    step: str | None = None
    asked: int = 0
    faults: tuple[str, ...] = ()
    crossed: tuple[Crossing, ...] = ()
    original: Response | None = None
    note: str = ""
    number: int = 0
    state: State | None = None
    sources: tuple[int, ...] = ()
    born: int | None = None
    told: Told | None = None
    read: State | None = None

    @property
    def kind(self) -> EntryKind:
        """What it is. A submit made the task that it names, and is no poll."""
        if self.told is not None:
            return "told"
        return "submit" if self.scenario is not None and self.asked == 0 else "request"

    @property
    def submits(self) -> bool:
        """Whether the request made the task that it names. It is no poll."""
        return self.kind == "submit"
