"""How the application knows that a request came to the port that is the admin API's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

_KEY = "mock_server.admin_door"
"""No header can bring a key of this form into an environment."""


def admin_door(app: Callable[..., Any]) -> Callable[..., Any]:
    """The same WSGI application at the port of `--admin-port`, where it serves the admin API and nothing else."""

    def serve(environ: Mapping[str, Any], start_response: Callable[..., Any]) -> Any:
        return app({**environ, _KEY: True}, start_response)

    return serve


def came_to_it(environ: Mapping[str, Any]) -> bool:
    """Whether a request came through `admin_door`."""
    return _KEY in environ
