"""A scenario as people read it: its steps, how each is left, and what every vendor shows there. Pure."""

from __future__ import annotations

from mock_server.scenarios.timeline.mermaid import mermaid
from mock_server.scenarios.timeline.svg import svg
from mock_server.scenarios.timeline.text import lines
from mock_server.scenarios.timeline.timeline import timeline_of

__all__ = ("lines", "mermaid", "svg", "timeline_of")
