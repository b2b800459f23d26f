"""A run as one JSON value: where everything stood, and what was said. Loading it goes on from there."""

from mock_server.control.bundle.read import load, settings_in
from mock_server.control.bundle.schema import BUNDLE_SCHEMA
from mock_server.control.bundle.write import export, outline

__all__ = ("BUNDLE_SCHEMA", "export", "load", "outline", "settings_in")
