"""Exchanges as a failed test shows them: one line each, with the gaps between the polls of a task."""

from __future__ import annotations

from collections.abc import Container, Sequence
from datetime import timedelta

from mock_server.api.exchange import Exchange, among_them
from mock_server.engine.durations import length_words

SHOWN = 10
"""Exchanges in a list: the newest. A line before them says how many earlier ones are not shown."""

_LONGEST = 60
"""Characters of a body in a line: enough to tell responses apart."""


def listing(
    exchanges: Sequence[Exchange], *, complete: bool = True, without: Container[int] = frozenset()
) -> list[str]:
    """The lines. A poll shows the gap since the poll before, by the server's clock, if that is among them.

    `complete`: false if there may be still earlier ones. `without`: the numbers of those that are shown elsewhere; if
    these are all that would be shown, there are no lines.
    """
    hidden = len(exchanges) - SHOWN
    newest = list(zip(exchanges, _gaps(exchanges), strict=True))[max(hidden, 0) :]
    lines = [each.line(gap, _LONGEST) for each, gap in newest if each.number not in without]
    if hidden <= 0 or not lines:
        return lines
    count = f"{hidden} earlier {'one is' if hidden == 1 else 'ones are'}" if complete else f"{hidden} or more are"
    submits = among_them(sum(each.submits for each in exchanges[:hidden]), hidden)
    return [f"… {count} not shown{f', {submits}' if submits else ''}", *lines]


def _gaps(exchanges: Sequence[Exchange]) -> list[str]:
    last: dict[tuple[str | None, str | None], Exchange] = {}
    found = []
    for each in exchanges:
        before = last.get((each.vendor, each.id))
        consecutive = before is not None and each.asked == before.asked + 1
        found.append(_gap(before, each) if each.poll and before is not None and consecutive else "")
        if each.poll:
            last[each.vendor, each.id] = each
    return found


def gap_words(exchange: Exchange) -> str:
    """The gap between a poll and the one before it by the server's clock, and by the machine's if that is another."""
    if exchange.gap_ms is None or exchange.real_gap_ms is None:
        return ""
    return _words(exchange.gap_ms, exchange.real_gap_ms)


def _gap(before: Exchange, after: Exchange) -> str:
    return _words(*(round(gap / timedelta(milliseconds=1)) for gap in (after.at - before.at, after.real - before.real)))


def _words(virtual: int, real: int) -> str:
    apart = "" if abs(virtual - real) <= 1 else f" ({length_words(real)} real)"
    return f"+{length_words(virtual)}{apart}"
