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
    tried, and no state is tried twice.
    """
    order = sorted(polls, key=lambda poll: poll[:2])
    everything = (1 << len(order)) - 1
    answered = sum(1 << k for k, poll in enumerate(order) if poll.end != NEVER)
    waiting, known = [(0, 0)], {(0, 0)}
    while waiting:
        done, count = waiting.pop()
        if done & answered == answered:
            return True
        left = everything & ~done
        first_end = min(order[k].end for k in _places(left))
        for k in _places(left):
            poll = order[k]
            if poll.start > first_end:
                break  # another one ended before it began, and so do all behind it
            if poll.end == NEVER or poll.shown == shows(count):
                state = (done | 1 << k, count + 1)
                if state not in known:
                    known.add(state)
                    waiting.append(state)
    return False


def _places(bits: int) -> list[int]:
    return [k for k in range(bits.bit_length()) if bits >> k & 1]
