"""Wangsu: how a task's end is told to its `notifyURL`.

Source: the vendor's page on notifications, https://documents.cdnetworks.com/document/16033/26239.
"""

from __future__ import annotations

from collections.abc import Mapping

from mock_server.engine.scenario import State
from mock_server.vendors.notices import Progress, Terms

_MINUTE = 60_000
TERMS = Terms((0, 0, 0, *(_MINUTE,) * 5))
"""Three attempts more at once, then five a minute apart."""

_WORDS: Mapping[Progress, State] = {
    "owed": State.NOTIFYING,
    "trying": State.NOTIFYING,
    "delivered": State.NOTIFIED,
    "failed": State.NOTIFY_FAILED,
}
_WORDS_OF_FAILURE: Mapping[Progress, State] = {
    "owed": State.FAILURE_NOTIFYING,
    "trying": State.FAILURE_NOTIFYING,
    "delivered": State.FAILURE_NOTIFIED,
    "failed": State.FAILURE_NOTIFY_FAILED,
}


def overlaid(state: State, progress: Progress) -> State:
    """What a task shows whose work ended, while its notification is so far; of a failed one too."""
    return _WORDS[progress] if state in (State.SUCCEEDED, State.FAILED) else state


def overlaid_item(state: State, progress: Progress) -> State:
    """What an operation shows that ended in `state`, while the notification is so far."""
    if state is State.FAILED:
        return _WORDS_OF_FAILURE[progress]
    return _WORDS[progress] if state is State.SUCCEEDED else state
