"""How long after the poll before it a poll of a task came."""

from __future__ import annotations

from typing import NamedTuple

from mock_server.journal.entry import Entry


class Gap(NamedTuple):
    """The milliseconds between two polls of a task in a row, by the server's clock and by the machine's."""

    virtual: int
    real: int


def gap_between(before: Entry, poll: Entry) -> Gap | None:
    """The gap between two polls of a task; None if there were others between them."""
    if poll.asked != before.asked + 1:
        return None
    return Gap(poll.virtual - before.virtual, poll.real - before.real)
