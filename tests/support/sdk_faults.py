"""Responses spoiled on purpose, a scenario each, so that every SDK meets the same ones."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mock_server.settings import Settings
from tests.support.live import LiveServer, serving

Scenario = Mapping[str, Any]


def _spoiled(fault: Mapping[str, Any], **step: str) -> Scenario:
    return {"about": "One response, always spoiled.", "steps": [step or {"state": "succeeded"}], "faults": [fault]}


SPOILED: Mapping[str, Scenario] = {
    "malformed": _spoiled({"fault": "malformed"}),
    "malformed-404": _spoiled({"fault": "malformed"}, error="unknown"),
    "html": _spoiled({"fault": "html"}),
    "html-404": _spoiled({"fault": "html"}, error="unknown"),
    "empty-body": _spoiled({"fault": "empty_body"}),
    "no-content-type": _spoiled({"fault": "no_content_type"}),
    "charset": _spoiled({"fault": "charset"}),
    "plain-text": _spoiled({"headers": {"Content-Type": "text/plain"}}),
    "no-reqid": _spoiled({"headers": {"X-Reqid": None, "X-Request-Id": None}}),
    "throttled": _spoiled({"error": "throttled"}),
    **{f"error-{status}": _spoiled({"error": status}) for status in (500, 502, 573, 579, 599, 612)},
}
"""By scenario name. Where no step is said, the response is a success before it is spoiled."""


@contextmanager
def serving_spoiled(folder: Path) -> Iterator[LiveServer]:
    """A live server that plays the spoiled responses, and nothing else; their files stand in `folder`."""
    for name, scenario in SPOILED.items():
        (folder / f"{name}.yaml").write_text(json.dumps(scenario), encoding="utf-8")
    with serving(Settings(scenarios=(folder,), no_builtin=True, no_reload=True)) as server:
        yield server
