"""A timeline as a diagram: in the language of Mermaid, or as an SVG image."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape

from mock_server.scenarios.timeline.phrases import MANUALLY
from mock_server.scenarios.timeline.timeline import Timeline, Track

_LINE, _CHAR, _PAD, _GAP, _LANE, _MARGIN = 18, 7.4, 10, 34, 26, 16
_STYLE = (
    "text{font:12px ui-monospace,monospace;fill:#222}.name{font-weight:bold}.quiet{fill:#666}"
    "rect{fill:#f6f8fa;stroke:#57606a}path{fill:none;stroke:#57606a;marker-end:url(#tip)}.manual{stroke-dasharray:4 3}"
)
_TIP = (
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
    '<polygon points="0,0 8,4 0,8" fill="#57606a"/></marker></defs>'
)


def mermaid(timeline: Timeline) -> str:
    """A `stateDiagram-v2`; each track of items is a state of its own."""
    found = ["stateDiagram-v2"]
    for number, track in enumerate(timeline.tracks):
        inner = list(_mermaid_track(track, f"t{number}s"))
        if track.title:
            inner = [f'state "{track.title}" as t{number} {{', *(f"    {line}" for line in inner), "}"]
        found += [f"    {line}" for line in inner]
    return "\n".join(found) + "\n"


def svg(timeline: Timeline) -> str:
    """An SVG image: a box for each step, arrows for its transitions, dashed for manual ones."""
    parts: list[str] = []
    top, width = float(_MARGIN), 0.0
    for text, look in ((timeline.name, "name"), (timeline.about, "quiet")):
        parts.append(_text(_MARGIN, top + _LINE - 5, text, look))
        width, top = max(width, len(text) * _CHAR), top + _LINE
    for track in timeline.tracks:
        drawn, wide, top = _svg_track(track, top + _PAD)
        parts += drawn
        width = max(width, wide)
    size = f'width="{width + 2 * _MARGIN:.0f}" height="{top + _MARGIN:.0f}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img"><title>{escape(timeline.name)}</title>'
    return "\n".join([head, f"<style>{_STYLE}</style>", _TIP, *filter(None, parts), "</svg>"]) + "\n"


def _mermaid_track(track: Track, prefix: str) -> Iterator[str]:
    for k, stretch in enumerate(track.stretches):
        yield f"{prefix}{k}: {_plain(stretch.name)}"
        yield f"{prefix}{k}: {_plain(stretch.stay)}"
    yield f"[*] --> {prefix}0"
    for k, stretch in enumerate(track.stretches):
        for transition in stretch.transitions:
            yield f"{prefix}{k} --> {prefix}{transition.to}" + (f": {transition.share}" if transition.share else "")
        if not stretch.transitions:
            yield f"{prefix}{k} --> [*]"


def _plain(text: str) -> str:
    """Text without the characters that have a meaning in Mermaid."""
    return re.sub(r"[^\w .,-]", " ", text)


def _svg_track(track: Track, top: float) -> tuple[list[str], float, float]:
    """The track's parts, how wide it is, and where it ends."""
    parts: list[str] = []
    if track.title:
        parts.append(_text(_MARGIN, top + _LINE - 5, track.title, "name"))
        top += _LINE
    boxes = [
        [stretch.name, stretch.stay, *(f"{response.vendor}: {response.text}" for response in stretch.responses)]
        for stretch in track.stretches
    ]
    wide = max(len(line) for box in boxes for line in box) * _CHAR + 2 * _PAD
    edges: list[tuple[float, float]] = []
    for box in boxes:
        height = len(box) * _LINE + _PAD
        parts.append(f'<rect x="{_MARGIN}" y="{top:.0f}" width="{wide:.0f}" height="{height}" rx="6"/>')
        for k, line in enumerate(box):
            look = "name" if k == 0 else "quiet" if k == 1 else ""
            parts.append(_text(_MARGIN + _PAD, top + (k + 1) * _LINE, line, look))
        edges.append((top, top + height))
        top += height + _GAP
    lanes, right = _arrows(track, edges, _MARGIN + wide)
    return parts + lanes, right, top - _GAP


def _arrows(track: Track, edges: list[tuple[float, float]], right: float) -> tuple[list[str], float]:
    """Down to the next box, and round the right side to any other, each in a lane of its own."""
    parts: list[str] = []
    lane = right
    for k, stretch in enumerate(track.stretches):
        for transition in stretch.transitions:
            look = ' class="manual"' if transition.share == MANUALLY else ""
            (top, bottom), (start, end) = edges[k], edges[transition.to]
            if transition.to == k + 1:
                x = _MARGIN + 40
                parts.append(f'<path{look} d="M{x} {bottom:.0f} V{start:.0f}"/>')
                parts.append(_text(x + 8, bottom + _GAP / 2 + 4, transition.share, "quiet"))
                continue
            lane += _LANE
            out, into = (top + bottom) / 2 + 6, (start + end) / 2 - 6
            parts.append(f'<path{look} d="M{right:.0f} {out:.0f} H{lane:.0f} V{into:.0f} H{right:.0f}"/>')
            parts.append(_text(lane + 4, (out + into) / 2, transition.share, "quiet"))
            lane += len(transition.share) * _CHAR
    return parts, lane + _PAD


def _text(x: float, y: float, text: str, look: str = "") -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}"{f" class={look!r}" if look else ""}>{escape(text)}</text>' if text else ""
