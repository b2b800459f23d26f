"""Tasks: listed, created, moved and dropped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from mock_server.admin import views
from mock_server.admin.body import read_length
from mock_server.admin.route import Call, Result
from mock_server.api import values
from mock_server.api.codec import Moment
from mock_server.control.server import Controls
from mock_server.control.task_view import TaskView, Wanted
from mock_server.engine.task import Key
from mock_server.journal.journal import Entry
from mock_server.types import Json

_DEFAULT_LIMIT = 1_000


def list_tasks(controls: Controls, call: Call) -> Result:
    """The tasks that the query selects, with their last exchanges if it asks for them. Listing moves nothing."""
    limit = call.query.get("limit", _DEFAULT_LIMIT)
    found = controls.tasks.list(wanted_of(call.query), limit + 1)
    listed, last = found[:limit], call.query.get("history", 0)
    tasks = _with_history(controls, listed, last) if last else map(views.task, listed)
    now = Moment.of(controls.time.read().now)
    length = len(listed) * (1 + last)
    return Result(values.Tasks(now, (), more=len(found) > limit), rows={"tasks": tasks}, length=length)


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
    return Result(views.task(controls.tasks.next(_key(call.body), call.body.get("to"))))


def move_to(controls: Controls, call: Call) -> Result:
    """Moves one task to any step."""
    return Result(views.task(controls.tasks.goto(_key(call.body), call.body["step"])))


def shift_task(controls: Controls, call: Call) -> Result:
    """Makes time pass for one task."""
    return Result(views.task(controls.tasks.shift(_key(call.body), read_length(call.body, "by"))))


def wanted_of(query: Mapping[str, Json]) -> Wanted:
    """Which tasks a query selects."""
    return Wanted(*(query.get(name) for name in Wanted._fields))


def _key(body: Mapping[str, Json]) -> Key:
    return Key(body["vendor"], body["id"])


def _with_history(controls: Controls, listed: Sequence[TaskView], last: int) -> Iterator[values.Task]:
    """The tasks, each with its last exchanges, from one walk through the journal."""
    by_key: dict[tuple[str | None, str | None], list[Entry]] = {(view.vendor, view.id): [] for view in listed}
    entries, _ = controls.server.store.entries()
    for entry in entries:
        if (entry.vendor, entry.id) in by_key:
            by_key[entry.vendor, entry.id].append(entry)
    for view in listed:
        yield views.task(view, tuple(views.exchanges(controls, by_key[view.vendor, view.id][-last:])))
