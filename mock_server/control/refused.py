"""Why a hand's wish is not done: one class, with the name and HTTP status that the admin API gives it."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import NamedTuple

from mock_server.errors import InvalidInput, Problem
from mock_server.journal.journal import Entry


class _Kind(NamedTuple):
    name: str
    status: int


class Kind(Enum):
    """The table of refusals."""

    INVALID = _Kind("invalid", 422)
    NOT_FOUND = _Kind("not_found", 404)
    CONFLICT = _Kind("conflict", 409)
    UNMET = _Kind("unmet", 409)
    EVICTED = _Kind("evicted", 410)
    FULL = _Kind("full", 503)


class Refused(InvalidInput):
    """A wish that cannot be done; nothing was changed. `entries` are the exchanges it is about, if it is about any."""

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
