"""Every step and edge of a scenario, and through `bodies` every body, checked before anyone polls it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from typing import NamedTuple

from mock_server.engine.scenario import Edge, Item, ItemStep, Scenario, Shown, State
from mock_server.scenarios.check.bodies import BodyCheck
from mock_server.scenarios.check.notices import check_item_notices, check_step_notices
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
    check_step_notices(root, scenario, bodies)
    found: dict[int, str] = {}
    shown = [frozenset(one.state for one in step.items) if step.items else frozenset({step.state}) for step in steps]
    for arrival in reach([step.state for step in steps], [step.edges for step in steps]):
        step = steps[arrival.step]
        what = arrival.breach or _contradiction(step.state, shown[arrival.step], arrival.failed, bodies.dialects)
        if what:
            found.setdefault(arrival.step, what)
    for k in sorted(found):
        if not steps[k].adjust.inconsistent:
            hint = "mend the steps, or say `inconsistent: true` here"
            root.child("steps", k).report(f'step "{steps[k].name}": {found[k]}', hint)
    return [step.edges for step in steps]


def _contradiction(
    state: State | None, shown: Set[State | None], failed: bool | None, dialects: Sequence[Dialect]
) -> str:
    """How a step contradicts its items for a vendor whose bodies show the whole; "" if it does not.

    `shown`: the states of its items; `failed`: whether the last end shown was a failure.
    """
    if state is None:
        return ""
    for dialect in dialects:
        if not dialect.has_whole:
            continue
        # An item without the step's word shows how the work ended.
        words = {word if word in dialect.item_states else State.SUCCEEDED for word in shown if word is not None}
        what = disagreement(state, failed, words)
        if what:
            return f"{what} ({dialect.name})"
    return ""


def _check_items(root: Part, scenario: Scenario, bodies: BodyCheck) -> Edges:
    """Checks each item's steps by themselves, and each whole that follows from them. The edges out of each step."""
    distinct = {item.steps: item for items in scenario.items.values() for item in items}
    places = _item_places(root, scenario)
    for steps, item in distinct.items():
        _check_item(places.get(steps, root), item)
    wholes: dict[str, list[tuple[Shown, ...]]] = {}
    for dialect in bodies.dialects:
        items = scenario.items_of(dialect.name)
        for steps, item in distinct.items():
            for step in steps:
                bodies.check_derived(dialect, (item,), (Shown(step.state, step.reason),))
        rows = {dialect.derive(tuple(one.state for one in row)): row for row in reversed(list(_rows(items)))}
        wholes[dialect.name] = list(reversed(rows.values()))
        for row in wholes[dialect.name]:
            bodies.check_derived(dialect, items, row)
    check_item_notices(root, scenario, bodies, wholes)
    return [step.edges for steps in distinct for step in steps]


def _check_item(steps: Part, item: Item) -> None:
    """Checks the ways through an item's steps, which are written at `steps`."""
    if not item.steps:
        return
    for arrival in reach([step.state for step in item.steps], [step.edges for step in item.steps]):
        if arrival.breach:
            what = f'step "{item.steps[arrival.step].name}" of the item {arrival.breach}'
            steps.child(arrival.step).report(what, "mend the steps")


def _item_places(root: Part, scenario: Scenario) -> dict[tuple[ItemStep, ...], Part]:
    """Where the file writes the steps of items, for each different list of them the first place."""
    items = next(iter(scenario.items.values()))
    if not isinstance(root.get("items"), list):
        return {items[0].steps: root.child("items", "each", "steps")}
    return {item.steps: root.child("items", k, "steps") for k, item in reversed(list(enumerate(items)))}


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
