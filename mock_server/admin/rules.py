"""Rules of what submits play: listed, made and dropped."""

from __future__ import annotations

from mock_server.admin import views
from mock_server.admin.body import read_length
from mock_server.admin.route import Call, Result
from mock_server.api import values
from mock_server.control.server import Controls


def list_rules(controls: Controls, call: Call) -> Result:
    """The rules that can still apply, in the order they apply in."""
    return Result(values.Rules(tuple(map(views.rule, controls.rules.list()))))


def add_rule(controls: Controls, call: Call) -> Result:
    """Makes one more rule."""
    body = call.body
    times = int(body["times"]) if "times" in body else None
    lasts = read_length(body, "for") if "for" in body else None
    made = controls.rules.add(body["scenario"], body.get("vendor"), body.get("where"), times=times, lasts=lasts)
    return Result(views.rule(made), 201)


def drop_rules(controls: Controls, call: Call) -> Result:
    """Drops the rule that the query names; without one, all."""
    return Result(values.RulesDropped(controls.rules.drop(call.query.get("number"))))
