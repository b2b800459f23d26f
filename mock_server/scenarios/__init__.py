"""From scenario files to the scenarios in force. Every problem of a file is reported with its line and column."""

from __future__ import annotations

from mock_server.scenarios.load import Loader, scenario_files
from mock_server.scenarios.report import Loaded, Report

__all__ = ("Loaded", "Loader", "Report", "scenario_files")
