"""The known words among which the one that somebody meant is looked for, however many there are."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import islice

from mock_server.cache import Cache
from mock_server.errors import nearest
from mock_server.types import Bound

MOST_SPELLINGS = 5_000
"""Words that are known; further ones are never suggested."""
LONGEST_SPELLING = 64
"""Characters of a word that is looked up; the others are ignored."""
SPELLINGS = Bound(
    "Names and ids among which the nearest to an unknown id is looked for, per vendor",
    MOST_SPELLINGS,
    "words",
    "Further ones are never suggested.",
)
SPELLING = Bound(
    "Part of an unknown id for which the nearest name is looked for",
    LONGEST_SPELLING,
    "characters",
    "The rest of the id is ignored in the search.",
)
NEIGHBOURS = 16
"""Words on either side, in each of two orders, that are compared with a word; of fewer than four times as many, all."""
_FORGOTTEN = "The oldest is forgotten, and looked for again when it is asked for again."
REMEMBERED = Bound("Unknown ids whose nearest name is remembered, per vendor", 1_000, "ids", _FORGOTTEN)
REMEMBERED_SIZE = Bound("Memory of unknown ids, per vendor", 1 << 20, "bytes", _FORGOTTEN)


class Spellings:
    """Words in alphabetical order, read forwards and backwards: what is alike begins or ends alike, and is near there.

    What was found is remembered, for clients ask again and again.
    """

    def __init__(self, words: Iterable[str]) -> None:
        known = dict.fromkeys(islice(words, MOST_SPELLINGS))
        self._forwards = sorted(known)
        self._backwards = sorted(word[::-1] for word in known)
        self._found: Cache[str, tuple[str | None]] = Cache(REMEMBERED.value, REMEMBERED_SIZE.value)

    @property
    def words(self) -> tuple[str, ...]:
        """The known words, in order."""
        return tuple(self._forwards)

    def found(self, word: str) -> tuple[str | None] | None:
        """The nearest known word, which may be None, as it is remembered; None if it has to be looked for."""
        return self._found.find(word[:LONGEST_SPELLING])

    def nearest(self, word: str) -> str | None:
        """The nearest known word, if any is close. It takes some milliseconds at most, and no time once it is known."""
        found = self.found(word)
        if found is None:
            word = word[:LONGEST_SPELLING]
            found = (nearest(word, self._candidates(word)),)
            self._found.keep(word, found, 8 * LONGEST_SPELLING)
        return found[0]

    def _candidates(self, word: str) -> Iterable[str]:
        if len(self._forwards) <= 4 * NEIGHBOURS:
            return self._forwards
        backwards = _around(self._backwards, word[::-1])
        return {*_around(self._forwards, word), *(each[::-1] for each in backwards)}


def _around(words: Sequence[str], word: str) -> Sequence[str]:
    """The words that stand around the place of another."""
    place = bisect_left(words, word)
    return words[max(0, place - NEIGHBOURS) : place + NEIGHBOURS]
