"""What tasks went through, of the scenarios in force."""

from __future__ import annotations

from mock_server.admin.route import Call, Result
from mock_server.control.server import Controls


def read_coverage(controls: Controls, call: Call) -> Result:
    """Per scenario its steps and edges, and the sums over all scenarios and over those that were played."""
    return Result(controls.coverage())
