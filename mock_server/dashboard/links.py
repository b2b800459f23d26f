"""Where pages lead to one another."""

from __future__ import annotations

from mock_server.dashboard.address import TASK
from mock_server.dashboard.visit import link


def task_page(vendor: str, id: str) -> str:
    """The page of a task."""
    return link(TASK, vendor=vendor, id=id)
