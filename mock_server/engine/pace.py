"""The variant of a scenario that a task with a notify address plays: no step waits for polls that may never come.

Who waits for a notification does not poll, so a step that only polls end would never end. In the variant such a step
also ends by time, after one *pace* for each poll that it waits for, whichever comes first. So a client that polls more
often than that sees the scenario as it is written, and nobody sees a step end later than written.

Steps that say themselves how time ends them (`for`), that wait for people, or that stand on a loop are left as they
are: a loop needs a step that time alone does not end. Items with steps of their own have no cursor (see `walk`), and
the moment at which a poll ended a step of theirs is not known. So there each pace since an item's start stands for a
poll, unless there were more polls than that.

The variant has the steps, edges and names of the scenario, in the same order, and the same draws. So a task may go on
in the one where it stood in the other, and counts for both are the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mock_server.engine.durations import LONGEST, Span
from mock_server.engine.scenario import Item, ItemStep, Scenario, Step

PACE = 3_000
"""Milliseconds that stand for a poll, if nothing else is set."""


def paced(scenario: Scenario, pace: int) -> Scenario:
    """The variant for tasks with an address; the scenario itself, if nothing in it waits for polls alone."""
    steps = paced_steps(scenario.steps, pace)
    scripts: dict[int, tuple[ItemStep, ...]] = {}
    items = {vendor: tuple(_item(item, pace, scripts) for item in found) for vendor, found in scenario.items.items()}
    if steps == scenario.steps and items == scenario.items:
        return scenario
    return replace(scenario, steps=steps, items=items)


def paced_steps(steps: Sequence[Step], pace: int) -> tuple[Step, ...]:
    """The steps of a task, as the variant has them."""
    waiting = [k for k, step in enumerate(steps) if step.polls is not None and step.lasts is None and step.moves]
    if not waiting:
        return tuple(steps)
    looping = _on_loops(steps)
    return tuple(
        replace(step, lasts=_lasting(step.polls, pace)) if k in waiting and k not in looping else step
        for k, step in enumerate(steps)
    )


def _lasting(polls: int | None, pace: int) -> Span:
    length = min((polls or 0) * pace, LONGEST)
    return Span(length, length)


def _on_loops(steps: Sequence[Step]) -> frozenset[int]:
    """The steps to which polls and time may lead back. Who may follow on whom is kept as a set of bits for each."""
    after = [sum({1 << edge.to for edge in step.edges if edge.weight}) if step.moves else 0 for step in steps]
    for between in range(len(steps)):
        for k, found in enumerate(after):
            if found >> between & 1:
                after[k] = found | after[between]
    return frozenset(k for k, found in enumerate(after) if found >> k & 1)


def _item(item: Item, pace: int, scripts: dict[int, tuple[ItemStep, ...]]) -> Item:
    """An item whose steps know the pace if they count polls. Items that share their steps go on sharing them."""
    if all(step.polls is None for step in item.steps):
        return item
    made = scripts.get(id(item.steps))
    if made is None:
        made = scripts[id(item.steps)] = tuple(replace(step, pace=pace) for step in item.steps)
    return replace(item, steps=made)
