"""Tasks: listed, created, moved and dropped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec.structs import replace

from mock_server.admin import actions, exchanges, views
from mock_server.admin.body import read_length
from mock_server.admin.route import Call, Result
from mock_server.api import values
from mock_server.api.codec import Moment
from mock_server.api.words import MadeBy
from mock_server.control.listing import Paging
from mock_server.control.server import Controls
from mock_server.control.task_view import TaskView, Wanted
from mock_server.control.whole import Looking, Whole
from mock_server.engine.cursor import Crossing
from mock_server.engine.scenario import Scenario
from mock_server.engine.task import Key
from mock_server.types import Json


def list_tasks(controls: Controls, call: Call) -> Result:
    """The tasks that the query selects, with their last exchanges if it asks for them. Listing moves nothing."""
    last = call.query.get("history", 0)
    paging = Paging(**{name: call.query[name] for name in Paging._fields if name in call.query})
    found, looked, kept, next = controls.tasks.page(wanted_of(call.query), paging)
    tasks = _with_history(controls, found, last) if last else map(views.task, found)
    now = Moment.of(controls.time.read().now)
    value = values.Tasks(now, (), more=next is not None, next=next, looked=looked, kept=kept)
    return Result(value, rows={"tasks": tasks}, length=len(found) * (1 + last))


def read_task(controls: Controls, call: Call) -> Result:
    """One task with what happened to it and what is to come. Nothing is changed by asking."""
    query = call.query
    given = {name: query[name] for name in Looking._fields if name in query}
    if "every" in query:
        given["every"] = read_length(query, "every", query=True, zero=True)
    key = _key(query)
    whole = controls.wholes.read(key, Looking(**given))
    history = exchanges.exchanges(controls, whole.history, controls.requests.gaps(whole.history))
    return Result(_told(controls, key, whole), rows={"history": history}, length=len(whole.history))


def task_whole(controls: Controls, key: Key, looking: Looking) -> values.TaskWhole:
    """The same as a value, with its history. Refused: there is no such task, and nothing claims the id."""
    whole = controls.wholes.read(key, looking)
    history = exchanges.exchanges(controls, whole.history, controls.requests.gaps(whole.history))
    return replace(_told(controls, key, whole), history=tuple(history))


def _told(controls: Controls, key: Key, whole: Whole) -> values.TaskWhole:
    """All but the history."""
    scenario = controls.server.catalogue.library.versions.get(whole.scenario)
    return values.TaskWhole(
        now=Moment.of(controls.time.read().now),
        task=None if whole.view is None else views.task(whole.view),
        claimed_by=whole.claimed_by,
        history=(),
        older=whole.older,
        way=tuple(_way(scenario, *each) for each in whole.way),
        ahead=tuple(exchanges.poll_ahead(controls, each, whole=k == 0) for k, each in enumerate(whole.ahead)),
        forecast=tuple(map(views.coming, whole.forecast)),
        items=tuple(tuple(map(views.stay, stays)) for stays in whole.items),
        hands=tuple(_hands(controls, key, whole.view)),
        callbacks=tuple(map(views.callback, whole.callbacks)),
        silence=whole.silence or None,
    )


def read_scenario(controls: Controls, call: Call) -> Result:
    """A scenario that shows what one task showed."""
    return Result(values.TaskScenario(*controls.wholes.recorded(_key(call.query))))


def create_task(controls: Controls, call: Call) -> Result:
    """A new task."""
    body = call.body
    made = controls.tasks.create(
        body["vendor"], body["scenario"], body.get("id"), body.get("items", ()), body.get("notify_url", "")
    )
    return Result(views.task(made), 201)


def drop_tasks(controls: Controls, call: Call) -> Result:
    """Forgets the tasks that the query selects; without one, all."""
    return Result(values.Dropped(controls.tasks.drop(wanted_of(call.query))))


def move_next(controls: Controls, call: Call) -> Result:
    """Moves one task along a way out of its step."""
    return Result(views.task(controls.tasks.next(_key(call.body), call.body.get("to"), _item(call.body))))


def move_to(controls: Controls, call: Call) -> Result:
    """Moves one task to any step."""
    return Result(views.task(controls.tasks.goto(_key(call.body), call.body["step"], _item(call.body))))


def fail_task(controls: Controls, call: Call) -> Result:
    """Moves one task, or one of its items, to an end in which it failed."""
    body = call.body
    return Result(views.task(controls.tasks.fail(_key(body), _item(body), body.get("reason"))))


def finish_task(controls: Controls, call: Call) -> Result:
    """Moves one task to an end in which it succeeded."""
    return Result(views.task(controls.tasks.finish(_key(call.body))))


def shift_task(controls: Controls, call: Call) -> Result:
    """Makes time pass for one task."""
    return Result(views.task(controls.tasks.shift(_key(call.body), read_length(call.body, "by"))))


def wanted_of(query: Mapping[str, Json]) -> Wanted:
    """Which tasks a query selects."""
    return Wanted(*(query.get(name) for name in Wanted._fields))


def _way(scenario: Scenario | None, crossing: Crossing, by: MadeBy) -> values.Way:
    named = exchanges.crossing(scenario, *crossing)
    return values.Way(named.origin, named.to, named.at, by)


def _hands(controls: Controls, key: Key, task: TaskView | None) -> Iterator[values.Hand]:
    """What was done to a task, with moves of it at the moments that they have on its way."""
    for each in controls.server.actions.read():
        if each.concerns(*key):
            moved = 0 if task is None or each.born is None else task.born - each.born
            yield actions.hand(each._replace(virtual=each.virtual + moved))


def _key(body: Mapping[str, Json]) -> Key:
    return Key(body["vendor"], body["id"])


def _item(body: Mapping[str, Json]) -> int | None:
    return int(body["item"]) if "item" in body else None


def _with_history(controls: Controls, listed: Sequence[TaskView], last: int) -> Iterator[values.Task]:
    """The tasks, each with its last exchanges, oldest first."""
    for view in listed:
        entries = controls.server.store.history(Key(view.vendor, view.id), last)
        yield views.task(view, tuple(exchanges.exchanges(controls, entries[::-1])))
