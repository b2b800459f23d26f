"""The report of a failed test, as the terminal, JUnit XML and other reports show it.

pytest has no public names for what a report says of a failure, so nothing is expected of that but what is checked here.
"""

from __future__ import annotations

from typing import Any

import pytest

_ERRORS = "mock_server.client.errors."
"""What stands before the names of the client's exceptions, and says nothing to who wrote the test."""


def add_section(report: pytest.TestReport, title: str, text: str) -> None:
    """Adds a section to what the report says of the failure.

    Not to `report.sections`, which JUnit XML leaves out.
    """
    longrepr: Any = report.longrepr
    if hasattr(longrepr, "addsection"):
        longrepr.addsection(title, text)
    elif isinstance(longrepr, str):
        report.longrepr = f"{longrepr}\n{f' {title} ':-^80}\n{text}"
    else:
        report.sections.append((title, text))


def shorten_names(report: pytest.TestReport) -> None:
    """Names the client's exceptions without their module; `--tb=native` stays what Python itself prints."""
    for traceback, crash, *_ in getattr(report.longrepr, "chain", ()):
        if crash is not None:
            crash.message = crash.message.removeprefix(_ERRORS)
        for entry in traceback.reprentries:
            entry.lines = [_shortened(line) for line in entry.lines]


def _shortened(line: str) -> str:
    return line.replace(_ERRORS, "", 1) if line.startswith("E ") else line
