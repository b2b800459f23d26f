"""Which version this is. setup.cfg reads it here; the label of the image and the pages are held to it by tests."""

from __future__ import annotations

VERSION = "0.1.0"
