"""Which version this is; setup.cfg says the same."""

from __future__ import annotations

VERSION = "0.1.0"
