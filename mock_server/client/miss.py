"""A request that met nothing, and what it came closest to."""

from __future__ import annotations

from typing import NamedTuple

from mock_server.api.exchange import Exchange

_MISSING = "·"
"""Stands where one of two words has a character that the other lacks."""
_LONGEST = 100
"""Characters of a word that are compared."""


class Miss(NamedTuple):
    """A request that met no task or path, what it may have meant (None: nothing is close), and what differs."""

    exchange: Exchange
    nearest: str | None
    differs: str

    def __str__(self) -> str:
        return "\n".join([str(self.exchange), *(f"  {line}" for line in self.difference())])

    def difference(self) -> list[str]:
        """What differs; where something is close, both words below each other, with a mark below each difference."""
        near = "" if self.nearest is None else f" (did you mean {self.nearest!r}?)"
        lines = [f"it differs in {self.differs}{near}"]
        asked = self._asked()
        if self.nearest is not None and asked != self.nearest:
            first, second, marks = compared(asked, self.nearest)
            lines += [f"  asked    {first}", f"  nearest  {second}", f"           {marks}"]
        return lines

    def _asked(self) -> str:
        """What stands where the nearest stands: the path, or the id up to its first dot."""
        if self.nearest is not None and self.nearest.startswith("/"):
            return self.exchange.request.target.partition("?")[0][:_LONGEST]
        return (self.exchange.id or "").partition(".")[0][:_LONGEST]


def compared(asked: str, nearest: str) -> tuple[str, str, str]:
    """Two words, written so that what they share is below each other, and marks where they differ."""
    import difflib  # on first use: it takes others with it

    first, second, marks = "", "", ""
    for kind, start, end, low, high in difflib.SequenceMatcher(None, asked, nearest, autojunk=False).get_opcodes():
        width = max(end - start, high - low)
        first += asked[start:end].ljust(width, _MISSING)
        second += nearest[low:high].ljust(width, _MISSING)
        marks += (" " if kind == "equal" else "^") * width
    return first, second, marks.rstrip()
