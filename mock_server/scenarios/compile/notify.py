"""The `notify` of a scenario: its notifications, and what nobody could send or would ever see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import NamedTuple

from mock_server.engine import durations
from mock_server.engine.notify import ONE_AT_THE_END, Notify, Sending
from mock_server.engine.scenario import RANK, Item, State, Step
from mock_server.errors import did_you_mean
from mock_server.scenarios.compile.part import Part
from mock_server.vendors.dialect import Dialect

_NOTIFY_RANK = RANK[State.NOTIFIED]


class Notifying(NamedTuple):
    """What notifications are about: the vendors, the task's steps, and by vendor the items that the file sets."""

    dialects: Sequence[Dialect]
    steps: Sequence[Step]
    items: Mapping[str, tuple[Item, ...]]

    @property
    def by_items(self) -> bool:
        """Whether items have steps of their own."""
        return any(item.steps for items in self.items.values() for item in items)


def notify_of(root: Part, about: Notifying) -> Notify:
    """The notifications of a file."""
    notify = root.child("notify")
    if notify.value is None:
        return ONE_AT_THE_END
    if not any(dialect.terms for dialect in about.dialects):
        names = ", ".join(dialect.name for dialect in about.dialects)
        root.report(f"no vendor of this scenario sends notifications: {names}", "drop `notify`", key="notify")
    if notify.get("status") == "real":
        _check_real(notify, about)
    if "send" not in notify:
        return Notify(notify.get("status", "script"))
    send = tuple(_sending(sending, about) for sending in notify.child("send").elements())
    return Notify(notify.get("status", "script"), send)


def _sending(sending: Part, about: Notifying) -> Sending:
    if "item" in sending:
        _check_item(sending, about)
    return Sending(
        _step(sending, "on", about),
        sending.child("after").read(durations.span),
        _step(sending, "shows", about),
        int(sending.get("item")) if "item" in sending else None,
        sending.get("signed", "right"),
        sending.get("retries", True),
    )


def _step(sending: Part, key: str, about: Notifying) -> int | None:
    """The position of the step that a key names; one that cannot be meant is reported."""
    name = sending.get(key)
    if name is None:
        return None
    if about.by_items:
        what = "the items have steps of their own, and a notification cannot name one of them"
        sending.report(what, f"drop `{key}`; `item` and `after` say when each item is notified", key=key)
        return None
    names = [step.name for step in about.steps]
    if name not in names:
        sending.child(key).report(f'there is no step "{name}"', partial(did_you_mean, name, names))
        return None
    found = names.index(name)
    if about.steps[found].error is not None:
        what = f'step "{name}" shows an error, and a notification has the body of a state'
        sending.child(key).report(what, "name a step that shows a state")
    return found


def _check_item(sending: Part, about: Notifying) -> None:
    """Reports an item that no task has, or that no vendor notifies of by itself."""
    item, number = sending.child("item"), sending.get("item")
    having = [dialect.name for dialect in about.dialects if dialect.may_tell_items]
    if not having:
        names = ", ".join(dialect.name for dialect in about.dialects)
        item.report(f"no vendor of this scenario notifies of single items: {names}", "drop `item`")
    elif not about.items:
        item.report("the scenario does not say how many items there are", "say it with the scenario's `items`")
    else:
        counts = {name: len(about.items[name]) for name in having}
        name = min(counts, key=lambda name: counts[name])
        if number >= counts[name]:
            many = "1 item, number 0" if counts[name] == 1 else f"{counts[name]} items, counted from 0"
            item.report(f"there is no item {number}: the scenario has {many}, for {name}", "name one of them")


def _check_real(notify: Part, about: Notifying) -> None:
    """Reports the first step that shows a notification state itself, which is not to be scripted as well."""
    for step in about.steps:
        states = [step.state, *(shown.state for shown in step.items or ())]
        found = next((state for state in states if state is not None and RANK[state] == _NOTIFY_RANK), None)
        if found is not None:
            _report_real(notify, f'step "{step.name}"', found)
            return
    items = next(iter(about.items.values()), ())
    for k, item in enumerate(items):
        for own in item.steps:
            if RANK[own.state] == _NOTIFY_RANK:
                _report_real(notify, f'step "{own.name}" of item {k}', own.state)
                return


def _report_real(notify: Part, where: str, state: State) -> None:
    what = f'`real` shows what becomes of the notification, and {where} says "{state}" itself'
    notify.child("status").report(what, "end with succeeded or failed, or say `status: script`")
