"""The words of a page in a drawing, in its language. What scenarios say is as they say it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

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
