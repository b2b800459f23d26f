"""The server as a whole: its health, what it is, its metrics, bundles and resets."""

from __future__ import annotations

import platform

from msgspec import UNSET

from mock_server.admin import views
from mock_server.admin.metrics import metrics_response
from mock_server.admin.route import Call, Result
from mock_server.api import values
from mock_server.api.words import SCOPES
from mock_server.control import bundle
from mock_server.control.server import Controls
from mock_server.http.message import Response
from mock_server.settings import settings_json
from mock_server.vendors.dialect import Dialect
from mock_server.version import VERSION


def health(controls: Controls, call: Call) -> Result:
    """Whether the server is ready to be polled, and what is wrong with scenario files that changed since.

    A shared store is asked each time, so that its return is noticed though nobody polls.
    """
    catalogue, outage = controls.server.catalogue, controls.server.outage
    library = catalogue.library
    outage.look()
    store = views.store_health(outage) if outage.where else UNSET
    ready = outage.since is None
    problems = views.problems(library.problems)
    health = values.Health(ready, len(library.scenarios), problems, catalogue.notes, store)
    return Result(health, 200 if ready else 503)


def pulse(controls: Controls, call: Call) -> Result:
    """A few exact figures, for whoever asks again and again."""
    return Result(views.pulse(controls.pulse()))


def version(controls: Controls, call: Call) -> Result:
    """What runs here, for which vendors, and with which settings."""
    vendors = tuple(map(_vendor, controls.server.registry.dialects()))
    settings = settings_json(controls.server.settings)
    return Result(values.Version(VERSION, platform.python_version(), vendors, settings))


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


def _vendor(dialect: Dialect) -> values.VendorInfo:
    paths = tuple(values.VendorPath(route.methods, route.path) for route in dialect.routes)
    return values.VendorInfo(dialect.name, dialect.profile, paths)
