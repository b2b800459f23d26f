"""Why a hand's wish is not done: one class, with the name and HTTP status that the admin API gives it."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from mock_server.errors import InvalidInput, Problem
from mock_server.http.errors import OwnError
from mock_server.journal.journal import Entry


class Kind(Enum):
    """Which of our errors a control may answer with."""

    INVALID = OwnError.INVALID
    NOT_FOUND = OwnError.NOT_FOUND
    CONFLICT = OwnError.CONFLICT
    UNMET = OwnError.UNMET
    EVICTED = OwnError.EVICTED
    FULL = OwnError.FULL
    BUSY = OwnError.BUSY


class Refused(InvalidInput):
    """A wish that cannot be done; nothing was changed, unless the message says how far it got.

    `entries` are the exchanges it is about, if it is about any.
    """

    def __init__(
        self,
        kind: Kind,
        message: str,
        problems: Sequence[Problem] = (),
        hint: str = "",
        entries: Sequence[Entry] = (),
    ) -> None:
        self.kind = kind
        self.message = message
        self.entries = tuple(entries)
        super().__init__(problems or [Problem("", message, hint)])
