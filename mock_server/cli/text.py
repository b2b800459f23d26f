"""Text that several commands print."""

from __future__ import annotations


def many(count: int, noun: str) -> str:
    """`1 step`, `2 steps`, `2 bodies`."""
    if count == 1:
        return f"1 {noun}"
    return f"{count} {noun[:-1]}ies" if noun.endswith("y") else f"{count} {noun}s"
