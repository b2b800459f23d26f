"""A request that met nothing, and what it came closest to."""

from __future__ import annotations

from typing import NamedTuple

from mock_server.api.exchange import Exchange


class Miss(NamedTuple):
    """A request that met no task or path, what it may have meant (None: nothing is close), and what differs."""

    exchange: Exchange
    nearest: str | None
    differs: str

    def __str__(self) -> str:
        near = "" if self.nearest is None else f" (did you mean {self.nearest!r}?)"
        return f"{self.exchange}\n  it differs in {self.differs}{near}"
