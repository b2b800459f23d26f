"""A scenario as people read it: its steps, how each is left, and what every vendor shows there. Pure."""

from __future__ import annotations

from mock_server.scenarios.timeline.diagram import mermaid, svg
from mock_server.scenarios.timeline.text import lines
from mock_server.scenarios.timeline.timeline import Timeline, timeline_of

__all__ = ("Timeline", "lines", "mermaid", "svg", "timeline_of")
