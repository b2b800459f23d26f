"""Where pages lead to one another, and how they name tasks."""

from __future__ import annotations

from urllib.parse import quote

from mock_server.dashboard.address import SCENARIO, TASK
from mock_server.dashboard.visit import link
from mock_server.engine.ids import IdPattern


def task_page(vendor: str, id: str) -> str:
    """The page of a task."""
    return link(TASK, vendor=vendor, id=id)


def scenario_page(name: str) -> str:
    """The page of a scenario."""
    return f"{SCENARIO}/{quote(name, safe='')}"


def pattern_of(id: str, *, is_prefix: bool = False) -> str:
    """The text of the pattern that means this very id or, with or without a final star, all that begin with it."""
    return str(IdPattern(id.removesuffix("*"), is_prefix=True) if is_prefix else IdPattern(id))
