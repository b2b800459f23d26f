"""The server as a whole: what it keeps, what it answered, what was done to it, and with which settings it runs."""

from __future__ import annotations

import platform
from typing import NamedTuple

from mock_server.api.exchange import StatusCount
from mock_server.api.words import SCOPES
from mock_server.dashboard.visit import Visit
from mock_server.errors import Problem
from mock_server.journal.actions import Action
from mock_server.settings import settings_json
from mock_server.version import VERSION

_LATEST = 12
"""Actions that the page shows."""
RESET_AT_FIRST = ("tasks", "faults", "journal")
"""Scopes that are ticked when the page opens."""


class Paths(NamedTuple):
    """Where one vendor is served."""

    vendor: str
    profile: str
    paths: tuple[str, ...]


class ServerLook(NamedTuple):
    """What the page shows. `steps` and `seen` count the steps of all scenarios, and those that polls saw."""

    version: str
    python: str
    tasks: int
    most_tasks: int
    by_vendor: tuple[tuple[str, int], ...]
    kept: int
    most_kept: int
    bytes: int
    most_bytes: int
    exchanges: int
    evicted: int
    steps: int
    seen: int
    scenarios: int
    answers: tuple[StatusCount, ...]
    actions: tuple[Action, ...]
    settings: tuple[tuple[str, str], ...]
    vendors: tuple[Paths, ...]
    problems: tuple[Problem, ...]
    notes: tuple[str, ...]
    scopes: tuple[str, ...]
    ticked: tuple[str, ...]
    locked: bool


def look(visit: Visit) -> ServerLook:
    """The page."""
    controls = visit.controls
    server, settings = controls.server, controls.server.settings
    glance, counters = server.store.glance(), server.store.counters(coverage=False)
    totals, library = controls.coverage().all, server.catalogue.library
    answers = (StatusCount(vendor, status, count) for (vendor, status), count in counters.by_status.items())
    return ServerLook(
        VERSION,
        platform.python_version(),
        glance.tasks,
        settings.max_tasks,
        tuple(sorted(server.store.counts().items(), key=lambda pair: -pair[1])),
        glance.exchanges - glance.evicted - glance.forgotten,
        settings.journal_entries,
        glance.size,
        settings.journal_bytes,
        glance.exchanges,
        glance.evicted,
        totals.steps,
        totals.seen,
        len(library.scenarios),
        tuple(sorted(answers, key=lambda each: (each.vendor or "~", each.status))),
        server.actions.read(server.actions.count - _LATEST)[::-1],
        tuple((name, _shown(value)) for name, value in settings_json(settings).items()),
        tuple(
            Paths(dialect.name, dialect.profile, tuple(dict.fromkeys(route.path for route in dialect.routes)))
            for dialect in server.registry.dialects()
        ),
        tuple(library.problems),
        tuple(server.catalogue.notes),
        SCOPES,
        RESET_AT_FIRST,
        settings.admin_token is not None,
    )


def _shown(value: object) -> str:
    """A setting as it is read."""
    if value in (None, "", [], ()):
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
