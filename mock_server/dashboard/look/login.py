"""Where a visitor gives the admin token."""

from __future__ import annotations

from mock_server.dashboard.address import way_back
from mock_server.dashboard.visit import Visit


def look(visit: Visit) -> str:
    """Where to go once the token was right."""
    return way_back(visit.get("back") or "")
