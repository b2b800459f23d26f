"""Text that several commands print."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

import click

from mock_server.errors import one_line


def print_file(text: str) -> None:
    """Prints what other programs read, in UTF-8 whatever the locale; to a terminal, in the terminal's encoding."""
    click.echo(text if sys.stdout.isatty() else text.encode(), nl=False)


def printable(text: str) -> str:
    """The text with what would break a line or steer a terminal written as an escape."""
    return text if text.isprintable() else one_line(text)


def many(count: int, noun: str) -> str:
    """`1 step`, `2 steps`, `2 bodies`."""
    if count == 1:
        return f"1 {noun}"
    return f"{count} {noun[:-1]}ies" if noun.endswith("y") else f"{count} {noun}s"


def columns(rows: Sequence[Sequence[str]]) -> Iterable[str]:
    """Lines with the cells of each column below each other, each cell as `printable` text."""
    rows = [[printable(cell) for cell in row] for row in rows]
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    return ["  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
