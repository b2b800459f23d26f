"""The steps of a task: what each shows, for every vendor that serves the scenario."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from mock_server.engine.scenario import FAILURES, Shown, State, Step
from mock_server.scenarios.compile.items import Served, check_reason
from mock_server.scenarios.compile.overrides import adjust_of
from mock_server.scenarios.compile.part import Part
from mock_server.scenarios.compile.transitions import (
    Transition,
    check_loops,
    check_reach,
    names_of,
    places_of,
    transition_of,
)
from mock_server.scenarios.compile.words import check_error, check_item_state, error_of, item_state, task_state
from mock_server.vendors.dialect import Dialect


def steps_of(steps: Part, served: Served) -> tuple[Step, ...]:
    """The steps. What leads to them, and their loops, are checked once every single step is sound."""
    before = len(steps.problems)
    names = names_of(steps)
    transitions = list(map(transition_of, steps.elements(), places_of(names)))
    made = tuple(
        _step(step, name, transition, served)
        for step, name, transition in zip(steps.elements(), names, transitions, strict=True)
    )
    if len(steps.problems) == before:
        check_reach(steps, made)
        check_loops(steps, names, transitions)
    return made


def _step(step: Part, name: str, transition: Transition, served: Served) -> Step:
    dialects = served.dialects
    adjust = adjust_of(step, [dialect.name for dialect in dialects])
    if "error" in step:
        check_error(step, dialects)
        for key in ("items", "reason", "inconsistent"):
            if key in step:
                step.report(f"an error response shows no items, so `{key}` means nothing", "drop it", key=key)
        return Step(name, None, error_of(step), *transition, adjust=adjust)
    state = task_state(step.child("state"), dialects)
    shown = _shown(step.child("items"), served) if "items" in step else None
    check_reason(step, "reason" in step and any(one.state in FAILURES for one in shown or (Shown(state),)))
    return Step(name, state, None, *transition, shown, step.get("reason"), adjust)


def _shown(items: Part, served: Served) -> tuple[Shown, ...]:
    """What each item shows, by position; as many as every vendor has items."""
    if isinstance(items.value, dict):
        shown = _counted(items, served)
        total = sum(map(int, items.value.values()))
    else:
        shown = tuple(_one(item, served.dialects) for item in items.elements())
        total = len(shown)
    for dialect in served.dialects:
        have = len(served.items[dialect.name])
        if total != have:
            hint = "say with the scenario's `items` how many there are" if have == 1 else "give each item its state"
            items.report(f"{_number(total)} here, but the scenario has {_number(have)} for {dialect.name}", hint)
    return shown


def _counted(items: Part, served: Served) -> tuple[Shown, ...]:
    """What counts such as `{succeeded: 39, failed: 1}` mean by position; nothing where they are more than all items."""
    for word, count in items.items():
        check_item_state(count, State(word), served.dialects)
    if sum(map(int, items.value.values())) > max(map(len, served.items.values())):
        return ()
    return tuple(chain.from_iterable((Shown(State(word)),) * int(count) for word, count in items.value.items()))


def _one(item: Part, dialects: Sequence[Dialect]) -> Shown:
    if isinstance(item.value, str):
        return Shown(item_state(item, dialects))
    state = item_state(item.child("state"), dialects)
    check_reason(item, state in FAILURES)
    return Shown(state, item.get("reason"))


def _number(count: int) -> str:
    return "1 item" if count == 1 else f"{count} items"
