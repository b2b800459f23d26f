"""Which notifications a task that is played alone would send, and when. Pure: nobody receives them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from mock_server.engine.owing import noted
from mock_server.engine.run import Run


class Sent(NamedTuple):
    """The first attempt of a notification: the virtual moment, and the vendors that make it then.

    `item` is the one that it is about, None for the whole; `sending` is its position in the scenario's `notify`.
    """

    at: int
    sending: int
    item: int | None
    vendors: tuple[str, ...]


def sent_by(runs: Iterable[Run]) -> tuple[Sent, ...]:
    """All that tasks of one scenario, each of another vendor, owe as they stand, in the order of time."""
    found: dict[tuple[int, int, int], tuple[str, ...]] = {}
    for run in runs:
        for owed in noted(run).box.owed:
            which = (owed.due, owed.sending or 0, -1 if owed.item is None else owed.item)
            found[which] = (*found.get(which, ()), run.key.vendor)
    return tuple(
        Sent(at, sending, None if item < 0 else item, vendors) for (at, sending, item), vendors in sorted(found.items())
    )
