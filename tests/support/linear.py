"""Whether what clients saw of one task could have come from one task that answers one poll after the other.

A poll that was answered took effect at some moment between its start and its end. One that was not may have taken
effect at any moment after its start, or never. The task is a count of polls; what it shows depends on the count alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

NEVER = float("inf")


class Poll(NamedTuple):
    """One poll as its client saw it: when it was sent and answered, and what it showed."""

    start: float
    end: float = NEVER
    """`NEVER`: it was not answered."""
    shown: object = None


def is_linear(polls: Sequence[Poll], shows: Callable[[int], object]) -> bool:
    """Whether an order of the polls exists, in keeping with their times, in which each shows what it did.

    `shows` tells what the n-th poll shows, from 0. The search is that of Wing and Gong: whatever may come first is
    tried, and no state is tried twice. Polls without an answer are alike, but for when they may take effect first: so
    only how many of them did is part of a state, and those that were sent first are taken to be those.
    """
    answered = sorted((poll for poll in polls if poll.end != NEVER), key=lambda poll: poll[:2])
    lost = sorted(poll.start for poll in polls if poll.end == NEVER)
    everything = (1 << len(answered)) - 1
    waiting, known = [(0, 0)], {(0, 0)}
    while waiting:
        done, used = waiting.pop()
        if done == everything:
            return True
        left = [k for k in range(len(answered)) if not done >> k & 1]
        first_end = min(answered[k].end for k in left)
        shown = shows(done.bit_count() + used)
        following = [
            (done | 1 << k, used) for k in left if answered[k].start <= first_end and answered[k].shown == shown
        ]
        if used < len(lost) and lost[used] <= first_end:
            following.append((done, used + 1))
        for state in following:
            if state not in known:
                known.add(state)
                waiting.append(state)
    return False
