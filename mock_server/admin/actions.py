"""What calls of the admin API did, in words, and the list of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from mock_server.admin.route import Call, Result, Route
from mock_server.api import values
from mock_server.api.codec import Moment
from mock_server.api.questions import length_text
from mock_server.control.server import Controls
from mock_server.journal.actions import Action, Actions
from mock_server.types import Json

NOTHING_DONE = ("verifyRequests", "checkScenario")
"""Routes other than GET that only ask."""
_TRIED = ("dry", "check")
"""Parameters with which a call only says what it would do."""


class _Done(NamedTuple):
    what: str
    detail: Callable[[Call, Any], str]


def _filter(call: Call) -> str:
    return " ".join(f"{name}={value}" for name, value in call.query.items() if name not in ("vendor", "id"))


def _clock(call: Call, _: Any) -> str:
    return " ".join(word if value is True else f"{word} {value}" for word, value in call.body.items())


def _move(call: Call, task: values.Task) -> str:
    item, to = call.body.get("item"), call.body.get("step") or call.body.get("to")
    if item is None:
        return f"to {task.step}"
    if not to and item < len(task.items):
        to = task.items[item].step
    return f"item {item} to {to}" if to else f"item {item}"


def _failure(call: Call, task: values.Task) -> str:
    reason = call.body.get("reason")
    return f"{_move(call, task)}: {reason}" if reason else _move(call, task)


def _effect(call: Call, armed: values.Fault) -> str:
    effect = ", ".join(f"{name} {value}" for name, value in armed.effect.items())
    return f"#{armed.number}: {effect}"


DONE: Mapping[str, _Done] = {
    "createTask": _Done("create", lambda call, task: f"plays {task.scenario}"),
    "moveTaskOn": _Done("next", _move),
    "moveTaskTo": _Done("goto", _move),
    "failTask": _Done("fail", _failure),
    "finishTask": _Done("finish", _move),
    "shiftTask": _Done("shift", lambda call, task: f"by {length_text(call.body['by'])}"),
    "dropTasks": _Done("drop", lambda call, found: f"{found.dropped} tasks {_filter(call)}".strip()),
    "armFault": _Done("arm", _effect),
    "disarmFaults": _Done("disarm", lambda call, found: f"{found.disarmed} faults {_filter(call)}".strip()),
    "addRule": _Done("rule", lambda call, rule: f"#{rule.number}: plays {rule.scenario}"),
    "dropRules": _Done("unrule", lambda call, found: f"{found.dropped} rules {_filter(call)}".strip()),
    "sendNotification": _Done("notify", lambda call, owed: f"#{owed.notice} to {owed.url}"),
    "changeClock": _Done("clock", _clock),
    "uploadScenario": _Done("upload", lambda call, _: call.name),
    "removeScenario": _Done("remove", lambda call, _: call.name),
    "reset": _Done("reset", lambda call, found: ", ".join(found.reset)),
    "loadBundle": _Done("load", lambda call, found: f"{found.tasks} tasks, {found.requests} exchanges"),
    "forgetRequests": _Done("forget", lambda call, found: f"{found.forgotten} exchanges {_filter(call)}".strip()),
}
"""By route, what it does, in one word, and what there is to say of a call that did it."""


def note_action(actions: Actions, route: Route, call: Call, result: Result) -> None:
    """Remembers what a call did, if it did anything."""
    if route.method == "GET" or route.name in NOTHING_DONE or any(call.query.get(name) for name in _TRIED):
        return
    done = DONE.get(route.name)
    of = {**call.query, **(call.body if isinstance(call.body, dict) and route.name != "loadBundle" else {})}
    id = getattr(result.value, "id", None) or of.get("id")
    vendor = of.get("vendor")
    if done is None:
        actions.add(route.name, vendor=_text(vendor), id=_text(id))
    else:
        born = result.value.born.ms if isinstance(result.value, values.Task) else None
        detail = done.detail(call, result.value)
        actions.add(done.what, detail, vendor=_text(vendor), id=_text(id), born=born)


def list_actions(controls: Controls, call: Call) -> Result:
    """The newest actions, oldest first."""
    actions = controls.server.actions
    found = actions.read(call.query.get("after", 0))
    rows = map(hand, found)
    return Result(values.Hands(actions.count, ()), rows={"hands": rows}, length=len(found))


def hand(action: Action) -> values.Hand:
    """One action."""
    return values.Hand(
        number=action.number,
        what=action.what,
        vendor=action.vendor,
        id=action.id,
        detail=action.detail,
        at=Moment.of(action.virtual),
        real=Moment.of(action.real),
    )


def _text(value: Json) -> str | None:
    return value if isinstance(value, str) else None
