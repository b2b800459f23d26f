"""Exchanges of the journal as responses show them, whoever asked."""

from __future__ import annotations

from collections.abc import Iterable

from mock_server.admin import views
from mock_server.control.server import Controls
from mock_server.journal.journal import Entry
from mock_server.types import Json


def shown(controls: Controls, entries: Iterable[Entry]) -> list[dict[str, Json]]:
    """Each exchange, with the names that the version it was played from gives its steps."""
    versions = controls.server.catalogue.library.versions
    return [views.entry(entry, versions.get(entry.scenario or "")) for entry in entries]
