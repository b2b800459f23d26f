"""Where the admin API is. Apart, since a server tells its paths from the vendors' before anyone asks for one."""

from __future__ import annotations

PREFIX = "/__admin"


def within(path: str) -> bool:
    """Whether a path, collapsed as `Request.path` is, belongs to the admin API."""
    return path == PREFIX or path.startswith(f"{PREFIX}/")
