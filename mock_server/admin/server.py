"""The server as a whole: whether it is well, what it is, and how it is set back."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from mock_server.admin import views
from mock_server.admin.metrics import metrics_response
from mock_server.admin.route import Answer, Asked
from mock_server.control import bundle
from mock_server.control.server import Controls
from mock_server.http.message import Response
from mock_server.settings import ABOUT, Settings
from mock_server.store.store import SCOPES
from mock_server.types import Json
from mock_server.version import VERSION

_COUNTED: Mapping[str, str] = {"tasks": "tasks", "scenarios": "scenarios", "requests": "entries"}


def health(controls: Controls, asked: Asked) -> Answer:
    """Whether the server is ready to be polled, and what is wrong with scenario files that changed since."""
    library = controls.server.catalogue.library
    problems = views.problems(library.problems)
    return Answer({"ready": True, "scenarios": len(library.scenarios), "problems": problems})


def version(controls: Controls, asked: Asked) -> Answer:
    """What runs here, for whom, and how."""
    dialects = controls.server.registry.dialects()
    vendors = [
        {
            "name": dialect.name,
            "profile": dialect.profile,
            "paths": [{"methods": list(route.methods), "path": route.path} for route in dialect.routes],
        }
        for dialect in dialects
    ]
    settings = {each.name: _setting(controls.server.settings, each.name) for each in fields(Settings)}
    python = platform.python_version()
    return Answer({"version": VERSION, "python": python, "vendors": vendors, "settings": settings})


def _setting(settings: Settings, name: str) -> Json:
    """A setting as JSON. Of a secret one is told only that it is set."""
    value: Any = getattr(settings, name)
    if ABOUT[name].secret:
        return None if value is None else True
    return _plain(value)


def _plain(value: Any) -> Json:
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return str(value) if isinstance(value, Path) else value


def metrics(controls: Controls, asked: Asked) -> Response:
    """What Prometheus scrapes."""
    return metrics_response(controls.server)


def save(controls: Controls, asked: Asked) -> Answer:
    """The run as one value."""
    return Answer(bundle.export(controls.server))


def load(controls: Controls, asked: Asked) -> Answer:
    """Puts a run in place of everything."""
    bundle.load(controls.server, asked.body)
    counts = {name: len(asked.body[key]) for name, key in _COUNTED.items()}
    return Answer(counts)


def reset(controls: Controls, asked: Asked) -> Answer:
    """Gives some scopes, or all, what a fresh server has."""
    only = asked.body.get("only", list(SCOPES))
    controls.reset.reset(only)
    return Answer({"reset": list(only)})
