"""A local stand-in for three cloud vendors' task-status APIs, scripted by scenario files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mock_server.app import create_app as create_app

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """`create_app`, fetched on first use: Flask alone takes a third of a start."""
    if name == "create_app":
        from mock_server.app import create_app

        return create_app
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
