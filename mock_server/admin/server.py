"""The server as a whole: its pulse, its metrics, bundles and resets."""

from __future__ import annotations

from mock_server.admin import views
from mock_server.admin.metrics import metrics_response
from mock_server.admin.route import Call, Result
from mock_server.api import values
from mock_server.api.words import SCOPES
from mock_server.control import bundle
from mock_server.control.server import Controls
from mock_server.http.message import Response


def pulse(controls: Controls, call: Call) -> Result:
    """A few exact figures, for whoever asks again and again."""
    return Result(views.pulse(controls.pulse()))


def metrics(controls: Controls, call: Call) -> Response:
    """What Prometheus scrapes."""
    return metrics_response(controls.server)


def save_bundle(controls: Controls, call: Call) -> Result:
    """The run as one value."""
    head, rows, length = bundle.outline(controls.server)
    return Result(head, rows=rows, length=length)


def load_bundle(controls: Controls, call: Call) -> Result:
    """Replaces everything by the run of a bundle."""
    bundle.load(controls.server, call.body)
    tasks, scenarios, entries = (len(call.body[key]) for key in ("tasks", "scenarios", "entries"))
    return Result(values.Loaded(tasks, scenarios, entries))


def reset(controls: Controls, call: Call) -> Result:
    """Resets some scopes, or all, to what a fresh server has."""
    only = call.body.get("only", list(SCOPES))
    controls.reset.reset(only)
    return Result(values.Reset(tuple(only)))
