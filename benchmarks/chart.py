"""A run as a chart: bars of responses per second, in SVG that is legible on light and dark pages."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from benchmarks.plan import Row
from benchmarks.report import Run
from benchmarks.servers import OURS

_WIDTH, _LEFT, _RIGHT = 760, 170, 120
_BAR, _GAP, _TITLE = 18, 8, 44
_PANELS = (
    ("one-id", "One task, polled continuously: responses per second"),
    ("many-ids", "Ten thousand tasks, three polls each: responses per second"),
)
_STYLE = """
text { font: 13px system-ui, sans-serif; fill: #24292f }
.title { font-weight: 600; font-size: 14px }
.ours { fill: #0969da } .peer { fill: #afb8c1 } .noise { stroke: #57606a; stroke-width: 1.5 }
.strong { font-weight: 600 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .ours { fill: #4493f8 } .peer { fill: #545d68 } .noise { stroke: #9198a1 }
}
"""


def svg(run: Run) -> str:
    """The chart of a run; empty panels are left out."""
    parts: list[str] = []
    top = 0
    for part, title in _PANELS:
        rows = sorted(run.of(part, "responses"), key=lambda row: -row.middle)
        if rows:
            parts.extend(_panel(rows, title, top))
            top += _TITLE + len(rows) * (_BAR + _GAP) + _GAP
    size = f'width="{_WIDTH}" height="{top}" viewBox="0 0 {_WIDTH} {top}"'
    about = "<title>Responses per second of this server and its peers; lines show the range over the rounds</title>"
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">'
    return "\n".join([head, about, f"<style>{_STYLE}</style>", *parts, "</svg>"]) + "\n"


def _panel(rows: list[Row], title: str, top: int) -> Iterator[str]:
    """A title and a bar for each row, with a line for its range."""
    scale = (_WIDTH - _LEFT - _RIGHT) / max(max(row.values) for row in rows)
    yield f'<text class="title" x="0" y="{top + 26}">{escape(title)}</text>'
    for k, row in enumerate(rows):
        y = top + _TITLE + k * (_BAR + _GAP)
        kind, strong = ("ours", ' class="strong"') if row.subject == OURS else ("peer", "")
        low, high, middle = (_LEFT + value * scale for value in (min(row.values), max(row.values), row.middle))
        text, line = y + _BAR - 5, y + _BAR / 2
        yield f'<text{strong} x="{_LEFT - 10}" y="{text}" text-anchor="end">{escape(row.subject)}</text>'
        yield f'<rect class="{kind}" x="{_LEFT}" y="{y}" width="{middle - _LEFT:.1f}" height="{_BAR}" rx="2"/>'
        yield f'<line class="noise" x1="{low:.1f}" x2="{high:.1f}" y1="{line}" y2="{line}"/>'
        yield f'<text{strong} x="{high + 8:.1f}" y="{text}">{row.middle:,.0f}</text>'
