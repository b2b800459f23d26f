"""What the next polls of a task would see."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mock_server.api.values import PollAhead, SeenRun, Task, TaskWhole
from mock_server.dashboard.look.task.shown import Item, TaskPage
from mock_server.scenarios.timeline.strip import strip

AHEAD = 6
"""Polls to come that a page shows."""
_ITEMS = 24
"""Items of the next response that are named."""


def with_ahead(page: TaskPage, whole: TaskWhole) -> TaskPage:
    """With what the next polls would see."""
    if not whole.ahead:
        return page
    first, *rest = whole.ahead
    runs: list[SeenRun] = []
    for each in rest:
        seen = SeenRun(each.saw, each.status, bool(each.faults), 1)
        if runs and (runs[-1].saw, runs[-1].status, runs[-1].struck) == (seen.saw, seen.status, seen.struck):
            runs[-1] = SeenRun(seen.saw, seen.status, seen.struck, runs[-1].times + 1)
        else:
            runs.append(seen)
    items = tuple(_items(first, whole.task))
    return page._replace(ahead=first, after=strip(runs), items=items[:_ITEMS], more_items=max(0, len(items) - _ITEMS))


def _items(first: PollAhead, task: Task | None) -> Iterator[Item]:
    """The items of the response, where they walk by themselves, each by its first text and its code."""
    if task is None or not task.items or not first.response or first.saw != task.state:
        return
    try:
        body = first.response.json()
    except (ValueError, RecursionError):
        return
    rows: list[dict[str, Any]] = (
        next((each for each in body.values() if _is_rows(each)), []) if isinstance(body, dict) else []
    )
    for row, item in zip(rows, task.items, strict=False):
        name = next((value for value in row.values() if isinstance(value, str)), "")
        yield Item(name, item.state.value, str(row.get("code", row.get("status", ""))))


def _is_rows(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(row, dict) for row in value)
