"""A drawing as SVG for a page: classes and lengths alone, no style, no colour. Its signs are in the page's sprite."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from itertools import pairwise

from mock_server.scenarios.timeline.shapes import Arrow, Box, Drawing, Point, Sign, Text, badge_width, clean
from mock_server.scenarios.timeline.signs import look_of

_LONGEST = 2_000
"""Letters of a drawing in words."""
_ROUND, _TIP = 8.0, 7.0
"""The radius of a corner, and the length of a tip."""


def bare(drawing: Drawing, name: str, description: str) -> str:
    """The `<svg>` of a diagram, which `description` says in words. `name` is a class. Every text is escaped."""
    width, height = f"{drawing.width:.0f}", f"{drawing.height:.0f}"
    arrows = sorted(drawing.arrows, key=lambda arrow: arrow.look == "taken")
    return "".join(
        [
            f'<svg class="{escape(name)}" width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img" '
            f'aria-label="{escape(clean(description, _LONGEST))}">',
            *map(_arrow, arrows),
            *(part for box in drawing.boxes for part in _box(box)),
            *(sign_markup(sign) for sign in drawing.signs),
            *map(_text, drawing.texts),
            "</svg>",
        ]
    )


def sign_markup(sign: Sign, look: str = "") -> str:
    """A sign of the page's sprite."""
    at = f'x="{sign.x:.1f}" y="{sign.y:.1f}" width="{sign.size:.0f}" height="{sign.size:.0f}"'
    return f'<use href="#sign-{sign.name}" class="sign {look or look_of(sign.name)}" {at}/>'


def _box(box: Box) -> Iterator[str]:
    label = box.look == "label"
    yield f'<g class="{" ".join(filter(None, ("box", look_of(box.look), box.lit)))}">'
    if box.title:
        yield f"<title>{escape(box.title)}</title>"
    if box.lit == "here":
        yield _rectangle(box, 3, "halo", 11)
    yield _rectangle(box, 0, "", 9 if label else 8 if box.height > 30 else 5)
    # The looks of failed items' notifications have the signs of others.
    yield from (sign_markup(sign, look_of(box.look) if k == 0 else "") for k, sign in enumerate(box.signs))
    yield from (_centred(box, text) if label else _text(text) for text in box.texts)
    for text in box.badge:
        width = badge_width(text.text)
        yield f'<rect class="badge" x="{text.x:.1f}" y="{text.y - 10:.1f}" width="{width:.1f}" height="18" rx="9"/>'
        at = f'x="{text.x + width / 2:.1f}" y="{text.y + 3:.1f}"'
        yield f'<text class="badge" {at} text-anchor="middle">{escape(text.text)}</text>'
    yield "</g>"


def _rectangle(box: Box, around: float, name: str, radius: float) -> str:
    kind = f' class="{name}"' if name else ""
    at = f'x="{box.x - around:.1f}" y="{box.y - around:.1f}"'
    size = f'width="{box.width + 2 * around:.1f}" height="{box.height + 2 * around:.1f}"'
    return f'<rect{kind} {at} {size} rx="{radius:.0f}"/>'


def _text(text: Text) -> str:
    kind = f' class="{text.look}"' if text.look else ""
    return f'<text{kind} x="{text.x:.1f}" y="{text.y:.1f}">{escape(text.text)}</text>'


def _centred(box: Box, text: Text) -> str:
    at = f'x="{box.x + box.width / 2:.1f}" y="{text.y:.1f}" text-anchor="middle"'
    return f'<text class="{text.look}" {at}>{escape(text.text)}</text>'


def _arrow(arrow: Arrow) -> str:
    kinds = ("way", arrow.look, "manual" if arrow.manual else "")
    tip = f'<path class="tip" d="{_tip(arrow)}"/>' if arrow.tip else ""
    return f'<g class="{" ".join(filter(None, kinds))}"><path d="{_line(arrow)}"/>{tip}</g>'


def _line(arrow: Arrow) -> str:
    """The line as a curve if it may be one, else with round corners."""
    points = arrow.points
    (sx, sy), (ex, ey) = points[0], points[-1]
    if arrow.bend == "level" and sy != ey and _through_middle(points, 1):
        return f"M{_at(sx, sy)}C{_at((sx + ex) / 2, sy)} {_at((sx + ex) / 2, ey)} {_at(ex, ey)}"
    if arrow.bend == "upright" and sx != ex and _through_middle(points, 0):
        return f"M{_at(sx, sy)}C{_at(sx, (sy + ey) / 2)} {_at(ex, (sy + ey) / 2)} {_at(ex, ey)}"
    parts = [f"M{_at(sx, sy)}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        parts.append(f"L{_at(*_towards(corner, before))}Q{_at(*corner)} {_at(*_towards(corner, after))}")
    return "".join([*parts, f"L{_at(ex, ey)}"])


def _through_middle(points: tuple[Point, ...], axis: int) -> bool:
    """Whether its label lies in the middle between its ends."""
    label = (points[1][axis] + points[-2][axis]) / 2
    return len(points) > 2 and abs(label - (points[0][axis] + points[-1][axis]) / 2) < 1


def _tip(arrow: Arrow) -> str:
    """The triangle at its end, which points the way that its last part leads."""
    (sx, sy), (ex, ey) = next(
        (pair for pair in reversed(list(pairwise(arrow.points))) if pair[0] != pair[1]), ((0.0, 0.0), (1.0, 0.0))
    )
    level = arrow.bend == "level" or (arrow.bend != "upright" and abs(ex - sx) >= abs(ey - sy))
    back = _TIP if (ex - sx if level else ey - sy) >= 0 else -_TIP
    if level:
        return f"M{_at(ex, ey)}L{_at(ex - back, ey - 4)}V{ey + 4:.1f}z"
    return f"M{_at(ex, ey)}L{_at(ex - 4, ey - back)}H{ex + 4:.1f}z"


def _towards(corner: Point, other: Point) -> Point:
    """The point of the line from a corner to another point where the rounding begins."""
    length = max(abs(other[0] - corner[0]), abs(other[1] - corner[1]))
    part = min(_ROUND, length / 2) / length if length else 0
    return corner[0] + (other[0] - corner[0]) * part, corner[1] + (other[1] - corner[1]) * part


def _at(x: float, y: float) -> str:
    return f"{x:.1f} {y:.1f}"
