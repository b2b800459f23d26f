"""Tasks: listed, created, moved and dropped."""

from __future__ import annotations

from collections.abc import Mapping

from mock_server.admin import views
from mock_server.admin.check import read_length
from mock_server.admin.exchanges import shown
from mock_server.admin.route import Answer, Asked
from mock_server.control.server import Controls
from mock_server.control.task_view import TaskView, Wanted
from mock_server.engine.task import Key
from mock_server.engine.timestamps import moment_text
from mock_server.types import Json

_DEFAULT_LIMIT = 1_000


def look(controls: Controls, asked: Asked) -> Answer:
    """The wanted tasks, with some of their history where asked for. Looking moves nothing."""
    limit = asked.query.get("limit", _DEFAULT_LIMIT)
    found = controls.tasks.list(wanted_of(asked.query), limit + 1)
    tasks = [views.task(view) for view in found[:limit]]
    last = asked.query.get("history", 0)
    if last:
        _add_history(controls, tasks, last)
    now = controls.time.read().now
    return Answer({"now": moment_text(now), "tasks": tasks, "more": len(found) > limit})


def create(controls: Controls, asked: Asked) -> Answer:
    """A new task."""
    body = asked.body
    made = controls.tasks.create(
        body["vendor"], body["scenario"], body.get("id"), body.get("items", ()), body.get("notify_url", "")
    )
    return Answer(views.task(made), 201)


def drop(controls: Controls, asked: Asked) -> Answer:
    """Forgets the wanted tasks."""
    return Answer({"dropped": controls.tasks.drop(wanted_of(asked.query))})


def move_next(controls: Controls, asked: Asked) -> Answer:
    """Moves one task along a way out of its step."""
    return _moved(controls.tasks.next(_key(asked.body), asked.body.get("to")))


def move_to(controls: Controls, asked: Asked) -> Answer:
    """Moves one task to any step."""
    return _moved(controls.tasks.goto(_key(asked.body), asked.body["step"]))


def shift(controls: Controls, asked: Asked) -> Answer:
    """Makes time pass for one task."""
    return _moved(controls.tasks.shift(_key(asked.body), read_length(asked.body, "by")))


def wanted_of(query: Mapping[str, Json]) -> Wanted:
    """Which tasks a query means."""
    return Wanted(*(query.get(name) for name in Wanted._fields))


def _moved(view: TaskView) -> Answer:
    return Answer(views.task(view))


def _key(body: Mapping[str, Json]) -> Key:
    return Key(body["vendor"], body["id"])


def _add_history(controls: Controls, tasks: list[dict[str, Json]], last: int) -> None:
    """Gives each task its last exchanges, in one walk through the journal."""
    by_key: dict[tuple[str, str], list[Json]] = {(task["vendor"], task["id"]): [] for task in tasks}
    entries, _ = controls.server.store.entries()
    for entry in entries:
        if entry.vendor is not None and entry.id is not None and (entry.vendor, entry.id) in by_key:
            by_key[entry.vendor, entry.id].append(entry)
    for task in tasks:
        task["history"] = shown(controls, by_key[task["vendor"], task["id"]][-last:])
