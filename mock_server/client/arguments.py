"""What a caller may say, as the admin API wants to hear it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, TypedDict

Length = str | timedelta
"""A length of time: `"10m"`, as scenario files write it, or a timedelta."""


class Where(TypedDict, total=False):
    """Which exchanges: all that is given must hold. `id` is exact, or a prefix with one final `*`."""

    vendor: str
    id: str
    scenario: str
    step: str
    state: str
    status: int
    method: str
    fault: str
    matched: bool
    poll: bool
    after: int


class Cadence(TypedDict, total=False):
    """How each task should have been polled; gaps lie between two polls of one task. `clock`: `real` or `virtual`."""

    clock: str
    min_gap: Length
    max_gap: Length
    honours_retry_after: bool
    backs_off: bool
    polls_after_end: int


def length(said: Length) -> str:
    """`10m` as it is, a timedelta in milliseconds."""
    return said if isinstance(said, str) else f"{round(said / timedelta(milliseconds=1))}ms"


def moment(said: str | datetime) -> str:
    """A moment with its zone. A datetime without one is taken as UTC."""
    if isinstance(said, str):
        return said
    return said.isoformat() if said.tzinfo is not None else f"{said.isoformat()}Z"


def given(**said: Any) -> dict[str, Any]:
    """What was said, without what was not."""
    return {name: value for name, value in said.items() if value is not None}


def paced(cadence: Cadence) -> dict[str, Any]:
    """A cadence with its lengths of time as texts."""
    return {name: length(value) if isinstance(value, timedelta) else value for name, value in cadence.items()}
