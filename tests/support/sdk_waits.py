"""How an SDK's caller waits for a task: it polls until what it sees is an end, and never for ever."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

MOST_POLLS = 12
"""More than any task takes that the SDKs are made to wait for."""

Seen = TypeVar("Seen")


def wait(ask: Callable[[], Seen], ends: Callable[[Seen], bool]) -> list[Seen]:
    """What the caller saw at each poll, the end included."""
    seen = [ask()]
    while not ends(seen[-1]):
        assert len(seen) < MOST_POLLS, f"no end after {len(seen)} polls: {seen}"
        seen.append(ask())
    return seen
