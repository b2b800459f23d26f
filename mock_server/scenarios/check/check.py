"""Every step and edge of a scenario, and through `bodies` every body, checked before anyone polls it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from mock_server.engine.scenario import Edge, Item, Scenario, Shown, State, Step
from mock_server.scenarios.check.bodies import BodyCheck
from mock_server.scenarios.check.reach import disagreement, reach
from mock_server.scenarios.compile.part import Part
from mock_server.vendors.dialect import Dialect
from mock_server.vendors.render import Renderer

Edges = Sequence[tuple[Edge, ...]]


class Checked(NamedTuple):
    """How much a check looked at."""

    steps: int
    edges: int
    bodies: int


def check(root: Part, scenario: Scenario, renderer: Renderer) -> Checked:
    """Checks all that a scenario can show. `root` is the file it was compiled from; problems are reported there."""
    bodies = BodyCheck(root, scenario, renderer)
    edges = _check_items(root, scenario, bodies) if scenario.by_items else _check_steps(root, scenario, bodies)
    bodies.check_faults()
    return Checked(len(edges), sum(map(len, edges)), bodies.count)


def _check_steps(root: Part, scenario: Scenario, bodies: BodyCheck) -> Edges:
    """Checks each step by itself, and each way through them. The edges out of each step."""
    steps = scenario.steps
    bodies.check_steps(steps)
    found: dict[int, str] = {}
    for arrival in reach([step.state for step in steps], [step.edges for step in steps]):
        step = steps[arrival.step]
        what = arrival.breach or _contradiction(step, arrival.failed, bodies.dialects)
        if what:
            found.setdefault(arrival.step, what)
    for k in sorted(found):
        if not steps[k].adjust.inconsistent:
            hint = "mend the steps, or say `inconsistent: true` here"
            root.child("steps", k).report(f'step "{steps[k].name}": {found[k]}', hint)
    return [step.edges for step in steps]


def _contradiction(step: Step, failed: bool | None, dialects: Sequence[Dialect]) -> str:
    """How the step contradicts its items for a vendor whose bodies show the whole; "" if it does not."""
    if step.state is None:
        return ""
    for dialect in dialects:
        if not dialect.has_whole:
            continue
        shown = {one.state for one in step.items} if step.items is not None else {step.state}
        # An item without the step's word shows how the work ended.
        words = {word if word in dialect.item_states else State.SUCCEEDED for word in shown}
        what = disagreement(step.state, failed, words)
        if what:
            return f"{what} ({dialect.name})"
    return ""


def _check_items(root: Part, scenario: Scenario, bodies: BodyCheck) -> Edges:
    """Checks each item's steps by themselves, and each whole that follows from them. The edges out of each step."""
    distinct = {item.steps: item for items in scenario.items.values() for item in items}
    for item in distinct.values():
        _check_item(root, scenario, item)
    for dialect in bodies.dialects:
        items = scenario.items_of(dialect.name)
        for steps, item in distinct.items():
            for step in steps:
                bodies.check_derived(dialect, (item,), (Shown(step.state, step.reason),))
        wholes: set[State] = set()
        for row in _rows(items):
            whole = dialect.derive(tuple(one.state for one in row))
            if whole not in wholes:
                wholes.add(whole)
                bodies.check_derived(dialect, items, row)
    return [step.edges for steps in distinct for step in steps]


def _check_item(root: Part, scenario: Scenario, item: Item) -> None:
    """Checks the ways through an item's steps."""
    if not item.steps:
        return
    for arrival in reach([step.state for step in item.steps], [step.edges for step in item.steps]):
        if arrival.breach:
            what = f'step "{item.steps[arrival.step].name}" of the item {arrival.breach}'
            _steps_part(root, scenario, item).child(arrival.step).report(what, "mend the steps")


def _steps_part(root: Part, scenario: Scenario, item: Item) -> Part:
    """Where the file writes an item's steps."""
    if not isinstance(root.get("items"), list):
        return root.child("items", "each", "steps")
    items = next(iter(scenario.items.values()))
    return root.child("items", next(k for k, other in enumerate(items) if other.steps == item.steps), "steps")


def _rows(items: tuple[Item, ...]) -> Iterator[tuple[Shown, ...]]:
    """What all items show together, often enough to meet every whole.

    All at the same step, for each; then one ahead of the rest, and one behind.
    """
    last = max(len(item.steps) for item in items) - 1
    for k in range(last + 1):
        yield tuple(_shown(item, k) for item in items)
    for ahead in range(min(len(items), 2)):
        yield tuple(_shown(item, last if (j == 0) is (ahead == 0) else 0) for j, item in enumerate(items))


def _shown(item: Item, k: int) -> Shown:
    """What the item shows at step `k` of its own, or at its last; one without steps has succeeded."""
    if not item.steps:
        return Shown(State.SUCCEEDED)
    step = item.steps[min(k, len(item.steps) - 1)]
    return Shown(step.state, step.reason)
