"""The table of what happened to a task: its exchanges, and what was done to it between them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from mock_server.api.exchange import Exchange
from mock_server.api.values import TaskWhole
from mock_server.engine.durations import BadTime, length, length_text
from mock_server.scenarios.timeline.happened import TOOLS

ROWS = 30
"""Lines of the table: the newest, or those around the chosen exchange."""


class HandRow(NamedTuple):
    """Something that was done, or changes of the clock between two polls."""

    at: Any
    sign: str
    what: str
    detail: str
    times: int


class Line(NamedTuple):
    """A line of the table: an exchange, or something that was done."""

    exchange: Exchange | None
    hand: HandRow | None
    chosen: bool = False


def lines_of(whole: TaskWhole, chosen: Exchange | None) -> Iterator[Line]:
    """The exchanges and what was done, newest first by the machine's clock."""
    rows: list[tuple[int, int, int, Line]] = [
        (each.real.ms, each.at.ms, each.number, Line(each, None, chosen is not None and each.number == chosen.number))
        for each in whole.history
    ]
    oldest = rows[-1][0] if rows and whole.older is not None else 0
    rows += [
        (
            hand.real.ms,
            hand.at.ms,
            0,
            Line(None, HandRow(hand.at, TOOLS.get(hand.what, "hand"), hand.what, hand.detail, 1)),
        )
        for hand in whole.hands
        if hand.real.ms >= oldest
    ]
    rows.sort(key=lambda row: row[:3])
    found: list[Line] = []
    for *_, line in rows:
        last = found[-1].hand if found else None
        if line.hand is not None and last is not None and line.hand.what == last.what == "clock":
            found[-1] = Line(None, _together(last, line.hand))
        else:
            found.append(line)
    rows_chosen = next((k for k, line in enumerate(reversed(found)) if line.chosen), 0)
    yield from list(reversed(found))[max(0, rows_chosen - ROWS // 2) :][:ROWS]


def _together(one: HandRow, other: HandRow) -> HandRow:
    """Two changes of the clock with no poll between them: what passed is added up."""
    passed = [_passed(each.detail) for each in (one, other)]
    if None in passed:
        return other._replace(times=one.times + 1)
    total = sum(each for each in passed if each is not None)
    return other._replace(times=one.times + 1, detail=f"advance {length_text(total)}")


def _passed(detail: str) -> int | None:
    word, _, text = detail.partition(" ")
    if word != "advance":
        return None
    try:
        return length(text)
    except BadTime:
        return None
