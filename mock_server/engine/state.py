"""The states of a task and of an item, and how far along each is. Apart, since clients need no more of the engine."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class State(StrEnum):
    """A step's neutral words. A dialect maps each to its vendor's code and text, or lacks it."""

    WAITING = "waiting"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    NOTIFYING = "notifying"
    NOTIFY_FAILED = "notify_failed"
    NOTIFIED = "notified"
    # The notify words of a failed item; a whole task never shows them.
    FAILURE_NOTIFYING = "failure_notifying"
    FAILURE_NOTIFY_FAILED = "failure_notify_failed"
    FAILURE_NOTIFIED = "failure_notified"


RANK: Mapping[State, int] = {
    State.WAITING: 0,
    State.PROCESSING: 1,
    State.SUCCEEDED: 2,
    State.FAILED: 2,
    **{state: 3 for state in State if "notif" in state},
}
"""How far along a state is. From 2 on no path of a scenario goes below 2."""

FAILURES = frozenset({State.FAILED, State.FAILURE_NOTIFYING, State.FAILURE_NOTIFY_FAILED, State.FAILURE_NOTIFIED})
"""The words of an item that failed."""


def is_end(state: State) -> bool:
    """Whether work is over in this state (a notify word tells how the telling of it goes)."""
    return RANK[state] >= 2
