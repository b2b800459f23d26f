"""Moments as text: milliseconds since 1970 on our side, ISO 8601 in UTC on everybody else's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

LATEST = 253_370_764_799_999
"""The end of the year 9998 in milliseconds: a year later, east of here, dates have no form that clients read."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment_text(ms: int) -> str:
    """`2026-11-22T02:55:00.000Z`. What lies beyond the years that dates can tell is told as the first or the last."""
    try:
        at = _EPOCH + timedelta(milliseconds=ms)
    except OverflowError:
        at = (datetime.min if ms < 0 else datetime.max).replace(tzinfo=UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment_of(text: str) -> int:
    """The moment that a text tells. ValueError: there is no such moment."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("a moment needs its zone, such as Z or +08:00")
    try:
        return (at - _EPOCH) // timedelta(milliseconds=1)
    except OverflowError:
        raise ValueError("out of range") from None
