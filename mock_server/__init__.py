"""A local stand-in for three cloud vendors' task-status APIs, scripted by scenario files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mock_server.version import VERSION

if TYPE_CHECKING:
    from mock_server.client import Client as Client
    from mock_server.client.local import serve as serve
    from mock_server.server.app import create_app as create_app

__version__ = VERSION


def __getattr__(name: str) -> Any:
    """`serve`, `Client` and `create_app`, fetched on first use: a server that a command starts needs no Flask."""
    if name == "create_app":
        from mock_server.server.app import create_app

        return create_app
    if name == "Client":
        from mock_server.client import Client

        return Client
    if name == "serve":
        from mock_server.client.local import serve

        return serve
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
