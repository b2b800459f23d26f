"""The words of a page in its drawings, in its language. What scenarios say is as they say it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple

from mock_server.api.exchange import Exchange
from mock_server.api.timeline import Stretch
from mock_server.scenarios.timeline.phrases import MANUALLY


class Words(NamedTuple):
    """The words of a diagram. `stays`: how long a step holds, by the English phrase."""

    here: str = "here"
    manually: str = MANUALLY
    stays: Mapping[str, str] = MappingProxyType({})
    item: Callable[[int, int], str] = lambda first, last: f"item {first}" if first == last else f"items {first}..{last}"
    more: Callable[[int], str] = "and {} more".format

    def stay(self, stretch: Stretch) -> str:
        """How long a step holds."""
        return self.stays.get(stretch.stay, stretch.stay)


ENGLISH = Words()


def length(ms: int) -> str:
    """`250 ms`, `40 s`, `1 min 21 s`, `2 h 5 min`, `10 d`: a length of time in at most two units."""
    if ms < 1_000:
        return f"{ms} ms"
    left = ms // 1_000
    parts: list[tuple[int, str]] = []
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        count, left = divmod(left, size)
        if count or parts:
            parts.append((count, unit))
    return " ".join(f"{count} {unit}" for count, unit in parts[:2] if count)


class PlotWords(NamedTuple):
    """The words of a plot. Lengths are milliseconds."""

    step: str = "step"
    items: str = "items"
    polls: str = "polls"
    hands: str = "hands"
    callbacks: str = "callbacks"
    now: str = "now"
    whole: str = "What happened to the task, on an axis of time"
    length: Callable[[int], str] = length
    ahead: Callable[[int], str] = lambda ms: f"in {length(ms)}"
    time: Callable[[datetime], str] = lambda at: f"{at:%H:%M:%S}"
    poll: Callable[[Exchange], str] = lambda each: f"Poll {each.asked}, {each.at:%H:%M:%S}, {each.saw}"
    polls_at: Callable[[str, int], str] = lambda label, times: f"{label} ×{times}"


ENGLISH_PLOT = PlotWords()
