"""What runs here, and whether it is ready: the routes that need no token, and nothing of what the others import."""

from __future__ import annotations

import platform

from msgspec import UNSET

from mock_server.admin.errors import problem_values
from mock_server.admin.route import Call, OfServer, Result, Route
from mock_server.api import values
from mock_server.api.codec import Moment
from mock_server.assembly import Server
from mock_server.settings import settings_json
from mock_server.store.outage import Outage
from mock_server.vendors.dialect import Dialect
from mock_server.version import VERSION


def health(server: Server, call: Call) -> Result:
    """Whether the server is ready to be polled, and what is wrong with scenario files that changed since.

    A shared store is asked each time, so that its return is noticed though nobody polls.
    """
    catalogue, outage = server.catalogue, server.outage
    library = catalogue.library
    outage.look()
    store = _store(outage) if outage.where else UNSET
    ready = outage.since is None
    problems = problem_values(library.problems)
    health = values.Health(ready, len(library.scenarios), problems, catalogue.notes, store)
    return Result(health, 200 if ready else 503)


def version(server: Server, call: Call) -> Result:
    """What runs here, for which vendors, and with which settings."""
    vendors = tuple(map(_vendor, server.registry.dialects()))
    return Result(values.Version(VERSION, platform.python_version(), vendors, settings_json(server.settings)))


def _store(outage: Outage) -> values.StoreHealth:
    """Whether a shared store answers."""
    since = outage.since
    if since is None:
        return values.StoreHealth(outage.where, None)
    return values.StoreHealth(outage.where, Moment.of(since), outage.why)


def _vendor(dialect: Dialect) -> values.VendorInfo:
    paths = tuple(values.VendorPath(route.methods, route.path) for route in dialect.routes)
    return values.VendorInfo(dialect.name, dialect.profile, paths)


ROUTES = (
    Route("GET", "/health", "health", "Whether the server is ready, and what is wrong with scenario files",
          OfServer(health), "Health", free=True, also=503),
    Route("GET", "/version", "version", "What runs here, and with which settings",
          OfServer(version), "Version", free=True),
)  # fmt: skip
