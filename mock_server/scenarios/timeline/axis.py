"""Items that walk alone, on one axis: a bar for each step, from when an item may enter it to when it may leave it.

The axis has a mark for each moment at which some item may move, in order, and as far apart as the texts need.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from mock_server.api.timeline import Axis, Range, Stretch, Timeline, Track
from mock_server.scenarios.timeline.shapes import LINE, Arrow, Box, Content, Drawing, Text, clean, measure
from mock_server.scenarios.timeline.signs import sign_of
from mock_server.scenarios.timeline.text import range_text

_GAP, _ROW, _TICK = 6, 8, 10
"""Between bars of a row, between rows, and between the names of two marks."""
START = Range(0, 0)


class _Bar(NamedTuple):
    """A box from one mark to another; the last has the number of marks."""

    begin: int
    end: int
    content: Content


class _Lane(NamedTuple):
    """A name and its bars, in rows."""

    name: str
    rows: tuple[tuple[_Bar, ...], ...]


def plots(timeline: Timeline, content: Callable[[Track, Stretch, str], Content]) -> Drawing:
    """A plot for the items that time moves, and one for those that polls move. `content`: what a step's box holds."""
    drawing = Drawing(0, 0)
    axes: list[Axis] = [axis for axis in ("time", "polls") if any(track.axis == axis for track in timeline.tracks)]
    for axis in axes or ["time"]:
        first = axis == (axes or ["time"])[0]
        tracks = [track for track in timeline.tracks if track.axis == axis or (track.axis is None and first)]
        drawing = drawing.below(_plot(timeline, tracks, axis, content, whole=len(axes) < 2), 24)
    return drawing


def _plot(
    timeline: Timeline,
    tracks: Sequence[Track],
    axis: Axis,
    content: Callable[[Track, Stretch, str], Content],
    *,
    whole: bool,
) -> Drawing:
    begins = {stretch.begins or START for track in tracks for stretch in track.stretches}
    ends = {stretch.ends for track in tracks for stretch in track.stretches if stretch.ends is not None}
    moments = sorted({START, *begins, *ends}, key=lambda at: (at.high, at.low))
    marks = {moment: k for k, moment in enumerate(moments)}
    lanes = [_Lane(clean(track.title), tuple(_rows(_bars(track, marks, content)))) for track in tracks]
    if whole:
        lanes += _whole(timeline, marks)
    names = [range_text(moment, axis) for moment in moments]
    return _drawn(lanes, names)


def _bars(track: Track, marks: dict[Range, int], content: Callable[[Track, Stretch, str], Content]) -> Iterator[_Bar]:
    ways: dict[int, list[str]] = {}
    for stretch in track.stretches:
        for way in stretch.transitions:
            ways.setdefault(way.to, []).append(way.share)
    for k, stretch in enumerate(track.stretches):
        end = len(marks) if stretch.ends is None else marks[stretch.ends]
        share = " or ".join(filter(None, ways.get(k, [])))
        yield _Bar(marks[stretch.begins or START], end, content(track, stretch, share))


def _rows(bars: Iterator[_Bar]) -> list[tuple[_Bar, ...]]:
    """The bars in as few rows as they need, none over another."""
    rows: list[list[_Bar]] = []
    for bar in sorted(bars, key=lambda bar: (bar.begin, bar.end)):
        for row in rows:
            if row[-1].end <= bar.begin:
                row.append(bar)
                break
        else:
            rows.append([bar])
    return [tuple(row) for row in rows]


def _whole(timeline: Timeline, marks: dict[Range, int]) -> Iterator[_Lane]:
    """What the whole shows: a row for each vendor."""
    moments = [moment for moment in timeline.whole if moment.at in marks]
    for n, vendor in enumerate(timeline.vendors if moments else ()):
        bars: list[_Bar] = []
        for moment in moments:
            shown = moment.vendors[n]
            words = clean(" or ".join(shown.saw))
            lines = [(words, "name"), *([(clean(shown.text), "")] if shown.text else [])]
            content = Content(shown.saw[0] if len(shown.saw) == 1 else "plain", tuple(lines), sign_of(shown.saw[0]))
            if len(shown.saw) != 1:
                content = content._replace(sign="", row=tuple(map(sign_of, shown.saw)))
            if bars and bars[-1].content == content:
                continue
            begin = marks[moment.at]
            if bars:
                bars[-1] = bars[-1]._replace(end=begin)
            bars.append(_Bar(begin, len(marks), content))
        yield _Lane(f"the whole, {vendor}", (tuple(bars),))


def _drawn(lanes: Sequence[_Lane], names: Sequence[str]) -> Drawing:
    """The lanes below each other, their names at the left, and the axis below all."""
    left = max(measure(lane.name) for lane in lanes) + 16
    edges = _edges(lanes, names, left)
    boxes: list[Box] = []
    texts: list[Text] = []
    top = 0.0
    for lane in lanes:
        texts.append(Text(0, top + LINE, lane.name, "quiet"))
        for row in lane.rows:
            height = max(bar.content.height for bar in row)
            for bar in row:
                x, end = edges[bar.begin], edges[bar.end]
                boxes.append(bar.content.placed(x, top, end - x - _GAP, height))
            top += height + _ROW
    marks = [Text(edges[k], top + LINE + 4, name, "quiet") for k, name in enumerate(names)]
    ticks = [Arrow(((edges[k], top), (edges[k], top + 5)), tip=False) for k in range(len(names))]
    line = Arrow(((left, top), (edges[-1] - _GAP, top)))
    return Drawing(edges[-1], top + LINE + 8, tuple(boxes), (line, *ticks), (*texts, *marks), ())


def _edges(lanes: Sequence[_Lane], names: Sequence[str], left: float) -> list[float]:
    """Where each mark stands, and the end of all: so far apart that each name and each bar has its place."""
    wide: dict[int, list[tuple[int, float]]] = {}
    for lane in lanes:
        for row in lane.rows:
            for bar in row:
                wide.setdefault(bar.end, []).append((bar.begin, bar.content.width + _GAP))
    edges = [left]
    for k, name in enumerate(names, 1):
        needed = [edges[begin] + width for begin, width in wide.get(k, ())]
        edges.append(max([edges[-1] + measure(name) + _TICK, *needed]))
    return edges
