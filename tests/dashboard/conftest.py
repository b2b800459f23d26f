"""One browser for the tests of a module, and a busy server behind each kind of HTTP server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.support.browser import chromium
from tests.support.live import LiveServer, serving_parts
from tests.support.pages import busy_server


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The browser, for one module: while it is open its event loop keeps all others in this thread from running."""
    with chromium() as found:
        yield found


@pytest.fixture(scope="session")
def axe(node_sdks: Path) -> Path:
    """The script that judges a page."""
    path = node_sdks / "node_modules" / "axe-core" / "axe.min.js"
    assert path.is_file(), "axe-core is not installed: run make test"
    return path


@pytest.fixture(scope="session")
def busy() -> Iterator[LiveServer]:
    """A server with something of everything, on a clock that stands still. Tests only look at it."""
    with serving_parts(busy_server()) as server:
        yield server
