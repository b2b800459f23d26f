"""Notifications: the attempts, what is owed, and one more on request."""

from __future__ import annotations

from mock_server.admin import exchanges
from mock_server.admin.route import Call, Result
from mock_server.api import notifications as api
from mock_server.api.codec import Moment
from mock_server.control.notifications import OwedView
from mock_server.control.server import Controls
from mock_server.engine.task import Key
from mock_server.journal.filter import Filter

_DEFAULT_LIMIT = 1_000
_FIELDS = ("vendor", "id", "outcome", "after")


def list_notifications(controls: Controls, call: Call) -> Result:
    """The attempts that the query selects, of too many the newest, and what tasks of that vendor and id owe."""
    query = call.query
    limit = query.get("limit", query.get("most", _DEFAULT_LIMIT))
    chosen = {name: query[name] for name in _FIELDS if name in query}
    found = controls.notifications.query(Filter(**chosen, told=True), limit)
    rows = (api.attempt_of(each) for each in exchanges.exchanges(controls, found.attempts))
    value = api.Notifications((), found.total, tuple(map(owed, found.owed)))
    return Result(value, rows={"notifications": rows}, length=len(found.attempts))


def send_notification(controls: Controls, call: Call) -> Result:
    """Makes a task owe what it shows now."""
    return Result(owed(controls.notifications.send(Key(call.body["vendor"], call.body["id"]))), 201)


def owed(view: OwedView) -> api.Owed:
    """What a task owes."""
    return api.Owed(*view.key, view.url, view.notice, view.item, view.attempts, Moment.of(view.due))
