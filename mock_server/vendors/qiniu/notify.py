"""Qiniu: how a job's end is told to its `notifyURL`.

Sources: answers of the vendor's staff, segmentfault.com/q/1010000004609933 (any answer but 200 and 4xx is tried again,
13 times, after 1, 2, 4, 8 … seconds) and 1010000005809636 (4: the work succeeded, telling of it did not). That a job
shows 4 as long as the retries go on, and 0 after one was taken, was seen in production.
"""

from __future__ import annotations

from mock_server.engine.scenario import State
from mock_server.vendors.notices import Progress, Terms

TERMS = Terms(tuple(1000 << k for k in range(13)), ends_on_4xx=True)


def overlaid(state: State, progress: Progress) -> State:
    """What a job shows whose work ended in `state`, while its notification is so far."""
    ended = state in (State.SUCCEEDED, State.FAILED)
    return State.NOTIFY_FAILED if ended and progress in ("trying", "failed") else state
