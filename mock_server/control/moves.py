"""Where a person moves a task or one of its items to. Each function gives the run after the move, or refuses it."""

from __future__ import annotations

from collections.abc import Mapping

from mock_server.control.refused import Kind, Refused
from mock_server.engine.ends import item_end, item_ends, task_end
from mock_server.engine.run import Run
from mock_server.engine.task import Reason
from mock_server.errors import did_you_mean

BY_HAND = "by-hand"
"""The shipped scenario that waits to be moved to an end, whichever it is."""


def moved_on(run: Run, to: str | None, item: int | None) -> Run:
    """The run after its task, or one of its items, took a way out of its step.

    Refused: there is none, there are several and none is chosen, or none leads to that step; as `_steps_of`.
    """
    if item is None:
        steps, here = run.scenario.steps, run.step.name
        names = {steps[edge.to].name: edge.to for edge in run.step.edges}
        hint = "goto names any step"
        if run.scenario.by_items:
            hint = "its items have steps of their own: choose one of them, as `item`"
        return run.hopped(_chosen(names, to, f'step "{here}"', hint))
    _check_item(run, item)
    place = run.places[item]
    names = {run.items[item].steps[edge.to].name: edge.to for edge in place.edges}
    end = _chosen(names, to, f'step "{place.name}" of item {item}', "goto names any step")
    return run.items_hopped({item: end})


def moved_to(run: Run, step: str, item: int | None) -> Run:
    """The run after its task, or one of its items, was moved to a step, whatever leads there.

    Refused: there is no such step, or no such item with steps of its own.
    """
    if item is None:
        names = {each.name: k for k, each in enumerate(run.scenario.steps)}
        who = run.scenario.name
    else:
        _check_item(run, item)
        names = {each.name: k for k, each in enumerate(run.items[item].steps)}
        who = f"item {item} of {run.scenario.name}"
    if step in names:
        return run.hopped(names[step]) if item is None else run.items_hopped({item: names[step]})
    hint = did_you_mean(step, names)
    if item is None and run.scenario.by_items:
        hint = "its items have steps of their own: choose one of them, as `item`"
    raise Refused(Kind.INVALID, f'{who} has no step "{step}"', hint=hint)


def failed(run: Run, item: int | None, reason: str | None) -> Run:
    """The run after its task, or one of its items, went to an end in which it failed.

    Refused: the scenario has none.
    """
    if item is not None:
        _check_position(run, item)
    if not run.scenario.by_items:
        end = task_end(run, failed=True, item=item)
        if end is None:
            what = "the task fails" if item is None else f"item {item} fails and not all do"
            raise _no_end(run, what, item=item is not None)
        return run.hopped(end, None if reason is None else Reason(reason, item))
    if item is None:
        return run.items_hopped(_all(run, item_ends(run, failed=True), "the task fails"), reason)
    _check_item(run, item)
    number = item_end(run, item, failed=True)
    if number is None:
        raise _no_end(run, f"item {item} fails", item=True)
    return run.items_hopped({item: number}, reason)


def finished(run: Run) -> Run:
    """The run after its task went to an end in which it succeeded. Refused: the scenario has none.

    Items that failed before stay as they are, if others are unfinished.
    """
    if run.scenario.by_items:
        return run.items_hopped(_all(run, item_ends(run, failed=False), "the task succeeds"))
    end = task_end(run, failed=False)
    if end is None:
        raise _no_end(run, "the task succeeds")
    return run.hopped(end)


def _chosen(names: Mapping[str, int], to: str | None, here: str, hint: str) -> int:
    """The step that `to` names, or the only one."""
    if not names:
        raise Refused(Kind.CONFLICT, f"no way leads out of {here}", hint=hint)
    if to is None and len(names) > 1:
        raise Refused(Kind.CONFLICT, f"from {here} lead {', '.join(names)}", hint="say which, as `to`")
    chosen = to if to is not None else next(iter(names))
    if chosen not in names:
        raise Refused(Kind.CONFLICT, f'no way leads from {here} to "{chosen}"', hint=did_you_mean(chosen, names))
    return names[chosen]


def _check_position(run: Run, item: int) -> None:
    if item >= len(run.items):
        count = len(run.items)
        what = f"{run.scenario.name} has no item {item}"
        many = f"it has {count}, numbered from 0" if count != 1 else "it has one, number 0"
        raise Refused(Kind.INVALID, what, hint=many if count else "it has none")


def _check_item(run: Run, item: int) -> None:
    """Refused: there is no such item, or it has no steps of its own."""
    _check_position(run, item)
    if not run.items[item].steps:
        what = f"item {item} of {run.scenario.name} has no steps of its own"
        raise Refused(Kind.CONFLICT, what, hint="move the task as a whole")


def _all(run: Run, ends: Mapping[int, int] | None, what: str) -> Mapping[int, int]:
    if ends is None:
        raise _no_end(run, what)
    return ends


def _no_end(run: Run, what: str, *, item: bool = False) -> Refused:
    hint = "goto moves it to any of its steps"
    if not item and run.scenario.name != BY_HAND:
        hint = (
            f"the scenario {BY_HAND} has such an end: create the task with it, or name it in the key, asset or URL of "
            f"the submit, or serve with --default-scenario {BY_HAND}"
        )
    return Refused(Kind.CONFLICT, f"{run.scenario.name} has no end in which {what}", hint=hint)
