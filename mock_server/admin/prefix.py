"""Where the admin API and its pages are. Apart, since a server tells its paths from the vendors' before anyone asks."""

from __future__ import annotations

PREFIX = "/__admin"
UI = f"{PREFIX}/ui"
PULSE = f"{UI}/pulse"
"""What an open page asks for, to learn whether anything changed."""


def within(path: str) -> bool:
    """Whether a path, collapsed as `Request.path` is, belongs to the admin API or its pages."""
    return path == PREFIX or path.startswith(f"{PREFIX}/")


def is_page(path: str) -> bool:
    """Whether a path within belongs to the pages and not to the API."""
    return path in (PREFIX, UI) or path.startswith(f"{UI}/")
