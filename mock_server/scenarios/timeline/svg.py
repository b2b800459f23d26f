"""A drawing as SVG: attributes alone, no style. A page gives its classes other colours, also dark ones."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from mock_server.api.timeline import Timeline
from mock_server.scenarios.timeline.diagram import diagram
from mock_server.scenarios.timeline.shapes import Arrow, Box, Drawing, Sign, Text, clean
from mock_server.scenarios.timeline.signs import COLOURS, SIGNS, look_of

_FONT = 'font-family="ui-monospace, \'DejaVu Sans Mono\', Menlo, Consolas, monospace" font-size="12"'
_LONGEST = 2_000
"""Letters of a drawing in words."""
_INK, _QUIET, _LINE = "#182130", "#525d6c", "#848f9e"
_TIP = (
    '<marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
    f'<path d="M0 0.5L8 4L0 7.5z" fill="{_LINE}"/></marker>'
)


def svg(timeline: Timeline, *, upright: bool | None = None) -> str:
    """A whole SVG image of a timeline, to be kept as a file; `upright` as for `diagram`."""
    return markup(diagram(timeline, upright=upright), timeline.name, sentence(timeline))


def markup(drawing: Drawing, title: str, description: str = "") -> str:
    """The markup of a drawing with all that it needs. Every text is escaped."""
    width, height = f"{drawing.width:.0f}", f"{drawing.height:.0f}"
    used = {sign.name for sign in drawing.signs} | {sign.name for box in drawing.boxes for sign in box.signs}
    symbols = [f'<symbol id="sign-{name}" viewBox="0 0 16 16">{SIGNS[name]}</symbol>' for name in SIGNS if name in used]
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'role="img" {_FONT}>',
        f"<title>{escape(clean(title))}</title>",
        *([f"<desc>{escape(clean(description, _LONGEST))}</desc>"] if description else []),
        "<defs>" + "".join([_TIP, *symbols]) + "</defs>",
        f'<rect class="ground" width="{width}" height="{height}" fill="#ffffff"/>',
        *(_arrow(arrow) for arrow in drawing.arrows),
        *(line for box in drawing.boxes for line in _box(box)),
        *(_sign(sign, "fault") for sign in drawing.signs),
        *(_text(text) for text in drawing.texts),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def sentence(timeline: Timeline) -> str:
    """A drawing in words, for whoever cannot see it."""
    found = []
    for track in timeline.tracks:
        for stretch in track.stretches:
            names = [
                track.stretches[way.to].name + (f" {way.share}" if way.share else "") for way in stretch.transitions
            ]
            then = f", then {' or '.join(names)}" if names else ""
            found.append(f"{f'{track.title} ' if track.title else ''}{stretch.name} {stretch.stay}{then}")
    found += [f"{fault.when}: {fault.does}" for fault in timeline.faults]
    return clean("; ".join(found), _LONGEST)


def _box(box: Box) -> Iterator[str]:
    edge, ground = COLOURS[look_of(box.look)]
    radius = 9 if box.look == "label" else 6
    yield f'<g class="box {box.look}">'
    size = f'width="{box.width:.1f}" height="{box.height:.1f}" rx="{radius}"'
    yield f'<rect x="{box.x:.1f}" y="{box.y:.1f}" {size} fill="{ground}" stroke="{edge}"/>'
    yield from (_sign(sign, look_of(sign.name if box.look != "fault" else "fault")) for sign in box.signs)
    yield from (_text(text) for text in box.texts)
    yield "</g>"


def _sign(sign: Sign, look: str) -> str:
    at = f'x="{sign.x:.1f}" y="{sign.y:.1f}" width="{sign.size:.0f}" height="{sign.size:.0f}"'
    return f'<use href="#sign-{sign.name}" class="sign {look}" {at} color="{COLOURS[look][0]}"/>'


def _text(text: Text) -> str:
    look = {"name": ' font-weight="bold"', "quiet": ""}.get(text.look, "")
    fill = _QUIET if text.look == "quiet" else _INK
    kind = f' class="{text.look}"' if text.look else ""
    return f'<text{kind} x="{text.x:.1f}" y="{text.y:.1f}" fill="{fill}"{look}>{escape(text.text)}</text>'


def _arrow(arrow: Arrow) -> str:
    path = "L".join(f"{x:.1f} {y:.1f}" for x, y in arrow.points)
    dashes = ' stroke-dasharray="4 3"' if arrow.manual else ""
    tip = ' marker-end="url(#tip)"' if arrow.tip else ""
    kind = "arrow manual" if arrow.manual else "arrow"
    return f'<path class="{kind}" d="M{path}" fill="none" stroke="{_LINE}" stroke-linejoin="round"{dashes}{tip}/>'
