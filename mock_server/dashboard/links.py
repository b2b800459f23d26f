"""Where pages lead to one another."""

from __future__ import annotations

from mock_server.dashboard.address import HOME
from mock_server.dashboard.visit import link


def task_page(vendor: str, id: str) -> str:
    """The page of a task."""
    return link(HOME, vendor=vendor, id=id)
