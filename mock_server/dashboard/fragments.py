"""The parts of pages that were made lately, so that nothing is made twice, and how often a page may ask for them."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable
from typing import NamedTuple

from mock_server.cache import Cache
from mock_server.types import Bound

FRAGMENTS = Bound(
    "Fragments of pages that are remembered",
    64,
    "fragments",
    "The oldest one is made again when a page asks for it.",
)
_SIZE = 4 << 20
_SLOWEST, _FASTEST, _PACE = 30_000, 1_000, 250
"""The longest and the shortest time between two looks of a page, in milliseconds; and between two looks how often the
cost of one."""
_MEASURED = 3
"""Costs of a part that are remembered. The middle one counts, so that a first one, which also compiles templates, does
not."""

Question = tuple[Hashable, ...]
"""What a fragment depends on, but for the time: who asks alike is answered alike."""


class Fragment(NamedTuple):
    """Parts of a page as they are sent. `tag` is another one for another body; from `due` (virtual) on it is stale."""

    body: bytes
    tag: str
    due: int | None = None


class Fragments:
    """The newest fragments, within a bound. Safe to call from any number of threads."""

    def __init__(self) -> None:
        self._kept: Cache[Question, Fragment] = Cache(FRAGMENTS.value, _SIZE)

    def __len__(self) -> int:
        return len(self._kept)

    def find(self, question: Question, now: int) -> Fragment | None:
        """What was answered to this question, if it is true at this virtual time."""
        found = self._kept.find(question)
        return None if found is None or (found.due is not None and found.due <= now) else found

    def keep(self, question: Question, body: bytes, due: int | None) -> Fragment:
        """Remembers an answer."""
        made = Fragment(body, f'"{hashlib.sha256(body).hexdigest()[:24]}"', due)
        self._kept.keep(question, made, len(body) + len(str(question)))
        return made


class Pace:
    """What the parts of each page cost lately, and so how often it may look. One server's pages are one table of it."""

    def __init__(self) -> None:
        self._costs: dict[tuple[str, str], tuple[float, ...]] = {}

    def note(self, page: str, parts: str, seconds: float) -> None:
        """Takes in how many seconds of the processor these parts of a page took."""
        before = self._costs.get((page, parts), (0.0,) * _MEASURED)
        self._costs[page, parts] = (*before[1:], seconds)

    def every(self, page: str) -> int:
        """Milliseconds between two looks of this page: so many that all that it asks for takes little of them."""
        costs = [sorted(each)[_MEASURED // 2] for (name, _), each in tuple(self._costs.items()) if name == page]
        return min(_SLOWEST, max(_FASTEST, int(sum(costs) * 1_000 * _PACE)))
