"""The addresses of the dashboard."""

from __future__ import annotations

from mock_server.admin.prefix import PREFIX, UI

HOME = f"{PREFIX}/"
"""As it is written; requests have it as `PREFIX`, without the slash."""
STATIC = f"{UI}/static/"
DO = f"{UI}/do/"
LOGIN = f"{UI}/login"
TASK = f"{UI}/task"
REQUESTS = f"{UI}/requests"
SCENARIOS = f"{UI}/scenarios"
SCENARIO = f"{UI}/scenario"
"""Behind it a slash and the name of a scenario."""
EDIT = f"{UI}/edit"
SERVER = f"{UI}/server"
FAULTS = f"{UI}/faults"
RUN = f"{UI}/run"
"""The whole run, as a file."""


def way_back(text: str) -> str:
    """The address to return to: one of the dashboard's, else its home. Nothing that a browser may read as a host."""
    plain = text.isascii() and text.isprintable() and "\\" not in text and " " not in text
    path = text.partition("?")[0].partition("#")[0]
    fits = path in (PREFIX, HOME) or path.startswith(f"{UI}/")
    return text if plain and fits and "//" not in path and ".." not in path else HOME
