"""Scenario files made into scenarios; every problem of every file is told, with file, line and column."""

from __future__ import annotations

from mock_server.scenarios.load import Loaded, Loader, Report, scenario_files

__all__ = ("Loaded", "Loader", "Report", "scenario_files")
