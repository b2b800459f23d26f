"""The ends of a scenario: where a task, or one of its items, has failed or finished, and which of them is nearest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mock_server.engine.cursor import step_items
from mock_server.engine.run import Run
from mock_server.engine.scenario import FAILURES, Edge, ItemStep, State, Step


def task_end(run: Run, *, failed: bool, item: int | None = None) -> int | None:
    """The end that a task with steps of its own goes to when it fails, or finishes; None if it has no such end.

    It is the nearest one on the ways from its step, or else the first in the file. With `item` one in which this item
    failed and not all of several did, one with few failures before one with many.
    """
    steps, count = run.scenario.steps, len(run.items)
    order = list(_nearest([step.edges for step in steps], run.cursor.step))
    if item is None:
        return next((k for k in order if _is_end(steps[k], failed=failed)), None)
    failures = {k: _failed_items(steps[k], count) for k in order if steps[k].is_final and steps[k].state is not None}
    fitting = [k for k, items in failures.items() if item in items and (len(items) < count or count == 1)]
    return min(fitting, key=lambda k: len(failures[k]), default=None)


def item_end(run: Run, item: int, *, failed: bool) -> int | None:
    """The same for an item with steps of its own, among these."""
    steps = run.items[item].steps
    order = _nearest([step.edges for step in steps], run.walked.numbers[item])
    return next((k for k in order if _is_item_end(steps[k], failed=failed)), None)


def item_ends(run: Run, *, failed: bool) -> dict[int, int] | None:
    """The ends that all items with steps of their own go to when their task fails, or finishes.

    Those that are unfinished go, or all if none is. A task fails with every item that can fail; the others finish.
    None: an item that goes has no such end, or none of them can fail.
    """
    walking = [k for k, item in enumerate(run.items) if item.steps]
    going = [k for k in walking if not run.places[k].is_final] or walking
    failing = {k: item_end(run, k, failed=True) if failed else None for k in going}
    if failed and not any(end is not None for end in failing.values()):
        return None
    found = {}
    for k, end in failing.items():
        chosen = item_end(run, k, failed=False) if end is None else end
        if chosen is None:
            return None
        found[k] = chosen
    return found


def _nearest(edges: Sequence[Sequence[Edge]], start: int) -> Iterator[int]:
    """Every step once: from `start` on as the ways lead, near ones first, and then those that no way leads to."""
    found = [start]
    for k in found:
        yield k
        found += [edge.to for edge in edges[k] if edge.to not in found]
    yield from (k for k in range(len(edges)) if k not in found)


def _is_end(step: Step, *, failed: bool) -> bool:
    if not step.is_final or step.state is None:
        return False
    # A notify word alone does not tell how the work ended: its items do.
    told = step.state in (State.SUCCEEDED, State.FAILED)
    return failed is (step.state is State.FAILED if told else bool(_failed_items(step, 1)))


def _is_item_end(step: ItemStep, *, failed: bool) -> bool:
    return step.is_final and failed is (step.state in FAILURES)


def _failed_items(step: Step, count: int) -> tuple[int, ...]:
    return tuple(k for k, shown in enumerate(step_items(step, count)) if shown.state in FAILURES)
