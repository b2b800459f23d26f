"""The steps of a task as boxes and arrows: laid out in layers, level (to the right) or upright (down).

All is worked out along the layers and across them, and turned at the end. Boxes of a layer stand beside each other.
Arrows to the next layer run through the gap between the two. All others leave into the gap behind their layer, go past
all boxes in a channel of their own, and come back through the gap before the layer that they lead to. So no arrow
crosses a box, and no label lies on anything but arrows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple, Protocol

from mock_server.api.timeline import Track, Transition
from mock_server.scenarios.timeline.layers import layers_of
from mock_server.scenarios.timeline.phrases import MANUALLY
from mock_server.scenarios.timeline.shapes import LINE, Arrow, Box, Content, Drawing, Point, clean, measure

_LANE = 14
"""Between arrows side by side."""


class Spacing(NamedTuple):
    """What lies between boxes, and how wide the text of a label is.

    `between` boxes of a layer; the least length of an arrow on either side of its label (`beside`), and half of one
    without a label (`near`); `below` each box so much is left free.
    """

    between: float = 20
    near: float = 26
    beside: float = 26
    below: float = 0
    width: Callable[[str], float] = measure


class Contents(Protocol):
    """What a box is to hold."""

    @property
    def width(self) -> float:
        """How wide the box is at least."""

    @property
    def height(self) -> float:
        """How high the box is."""

    def placed(self, x: float, y: float, width: float = 0, height: float = 0) -> Box:
        """The box at this corner, at least so large."""


class WayMark(NamedTuple):
    """How a way is drawn: what its label says, whether only a person takes it, and its look."""

    label: str
    manual: bool
    look: str = ""


HOUSE = Spacing()
NO_MARKS: Mapping[tuple[int, int], WayMark] = MappingProxyType({})


class _Edge(NamedTuple):
    """A way from one step to another."""

    origin: int
    to: int
    mark: WayMark
    extent: tuple[float, float]
    """How wide and high its label is."""

    @property
    def label(self) -> str:
        """What its label says."""
        return self.mark.label


class _Place(NamedTuple):
    """Where a box stands: along and across, and how long and broad it is."""

    along: float
    across: float
    length: float
    breadth: float


def graph(
    track: Track,
    contents: Sequence[Contents],
    *,
    upright: bool,
    spacing: Spacing = HOUSE,
    marks: Mapping[tuple[int, int], WayMark] = NO_MARKS,
) -> Drawing:
    """The drawing of a task's steps, whose boxes hold these contents.

    `marks` has the ways that are drawn differently than the scenario says, by the positions of their two steps, and
    further ones, which the layers do not depend on.
    """
    ways = [(k, way) for k, stretch in enumerate(track.stretches) for way in stretch.transitions]
    layers = layers_of(len(contents), [(k, way.to) for k, way in ways])
    known = {(k, way.to) for k, way in ways}
    edges = [_edge(k, way.to, marks.get((k, way.to), mark_of(way)), spacing) for k, way in ways]
    edges += [_edge(*ends, mark, spacing) for ends, mark in marks.items() if ends not in known]
    return _Layout(contents, edges, layers, spacing, upright=upright).drawing()


def mark_of(way: Transition) -> WayMark:
    """How a way is drawn that nobody took."""
    return WayMark(clean(way.share), way.share == MANUALLY)


class _Layout:
    """Places boxes, then gaps, then arrows."""

    def __init__(
        self,
        contents: Sequence[Contents],
        edges: Sequence[_Edge],
        layers: Sequence[int],
        spacing: Spacing,
        *,
        upright: bool,
    ) -> None:
        self._contents = contents
        self._spacing = spacing
        self._between = spacing.between + (0 if upright else spacing.below)
        self._below = spacing.below if upright else 0
        self._upright = upright
        self._layers = layers
        self._near = [edge for edge in edges if layers[edge.to] == layers[edge.origin] + 1]
        self._far = [edge for edge in edges if edge not in self._near]
        self._depth = max(layers) + 1
        self._places = self._placed()
        self._end = max(place.across + place.breadth for place in self._places) + (0 if upright else spacing.below)
        self._labels: list[Box] = []

    def drawing(self) -> Drawing:
        """The whole, beginning at 0, 0."""
        arrows = [*self._near_arrows(), *self._far_arrows()]
        boxes = [self._box(k) for k in range(len(self._contents))]
        corners = [(box.x + box.width, box.y + box.height) for box in (*boxes, *self._labels)]
        points = [*corners, *(point for arrow in arrows for point in arrow.points)]
        width, height = max(x for x, _ in points), max(y for _, y in points)
        return Drawing(width + 2, height + 2, (*boxes, *self._labels), tuple(arrows))

    # -- boxes

    def _size(self, k: int) -> tuple[float, float]:
        """How long and broad a box is."""
        content = self._contents[k]
        return (content.height, content.width) if self._upright else (content.width, content.height)

    def _placed(self) -> list[_Place]:
        rows: list[list[int]] = [[] for _ in range(self._depth)]
        for k, layer in enumerate(self._layers):
            rows[layer].append(k)
        breadths = [sum(self._size(k)[1] for k in row) + self._between * (len(row) - 1) for row in rows]
        places: dict[int, _Place] = {}
        along = self._gap(0)
        for layer, row in enumerate(rows):
            length = max(self._size(k)[0] for k in row)
            across = (max(breadths) - breadths[layer]) / 2
            for k in row:
                own, breadth = self._size(k)
                places[k] = _Place(along, across, length if not self._upright else own, breadth)
                across += breadth + self._between
            along += length + self._below + self._gap(layer + 1)
        return [places[k] for k in range(len(places))]

    def _gap(self, before: int) -> float:
        """How long the gap before a layer is: for arrows that come back, for labels, and for arrows that leave."""
        coming = sum(self._layers[edge.to] == before for edge in self._far)
        leaving = sum(self._layers[edge.origin] == before - 1 for edge in self._far)
        labels = [edge.extent for edge in self._near if self._layers[edge.to] == before]
        longest = max((extent[1 if self._upright else 0] for extent in labels), default=0)
        side = self._spacing.beside if longest else self._spacing.near
        near = longest + 2 * side if any(self._layers[edge.to] == before for edge in self._near) else 0
        return max(near, side if coming and before == 0 else 0) + _LANE * (coming + leaving)

    def _box(self, k: int) -> Box:
        place = self._places[k]
        x, y = self._turned((place.along, place.across))
        width, height = self._turned((place.length, place.breadth))
        return self._contents[k].placed(x, y, width, height)

    # -- arrows

    def _near_arrows(self) -> list[Arrow]:
        """The arrows to the next layer, with their labels one beside the other."""
        found = []
        for layer in range(1, self._depth):
            edges = [edge for edge in self._near if self._layers[edge.to] == layer]
            free = 0.0
            for edge in sorted(edges, key=lambda edge: (self._centre(edge.to), self._centre(edge.origin))):
                start, end = self._out(edge.origin), self._into(edge.to)
                if not edge.label:
                    found.append(self._arrow(edge, [start, *self._elbow(start, end, layer), end], near=True))
                    continue
                length, breadth = self._extent(edge)
                across = max((start[1] + end[1]) / 2 if start[1] != end[1] else end[1], free + breadth / 2)
                free = across + breadth / 2 + 4
                middle = self._middle(layer)
                self._label(edge, middle, across)
                points = [start, (middle - length / 2 - 8, across), (middle + length / 2 + 8, across), end]
                found.append(self._arrow(edge, points, near=True))
        return found

    def _far_arrows(self) -> list[Arrow]:
        """All other arrows, each in a channel of its own beyond the boxes and the labels."""
        found = []
        left: dict[int, int] = {}
        came: dict[int, int] = {}
        ends = [box.y + box.height if not self._upright else box.x + box.width for box in self._labels]
        channel = max([self._end, *ends]) + _LANE
        for edge in self._far:
            origin, to = self._places[edge.origin], self._places[edge.to]
            layer, target = self._layers[edge.origin], self._layers[edge.to]
            left[layer], came[target] = left.get(layer, 0) + 1, came.get(target, 0) + 1
            out = self._edge_of(layer) + _LANE * left[layer] - _LANE / 2
            into = to.along - _LANE * came[target] - 4
            length, breadth = self._extent(edge)
            across = channel + max(breadth, 4) / 2
            channel = across + max(breadth, 4) / 2 + 6
            start = (origin.along + origin.length, origin.across + origin.breadth * self._share(left[layer]))
            end = (to.along, to.across + to.breadth * self._share(came[target]))
            points = [start, (out, start[1]), (out, across), (into, across), (into, end[1]), end]
            if edge.label:
                self._label(edge, max((out + into) / 2, length / 2), across)
            found.append(self._arrow(edge, points, near=False))
        return found

    @staticmethod
    def _share(number: int) -> float:
        """Where on the side of a box one of several arrows leaves or comes: not in the middle, where others do."""
        return 0.62 + 0.3 * (1 - 1 / number)

    def _edge_of(self, layer: int) -> float:
        """Where the gap behind a layer begins."""
        places = zip(self._places, self._layers, strict=True)
        return max(place.along + place.length for place, its in places if its == layer) + self._below

    def _middle(self, layer: int) -> float:
        """The middle of the part of a gap that is for labels."""
        leaving = sum(self._layers[edge.origin] == layer - 1 for edge in self._far)
        coming = sum(self._layers[edge.to] == layer for edge in self._far)
        start = self._edge_of(layer - 1) + _LANE * leaving
        end = min(p.along for p, its in zip(self._places, self._layers, strict=True) if its == layer) - _LANE * coming
        return (start + end) / 2

    def _elbow(self, start: Point, end: Point, layer: int) -> list[Point]:
        """The corners of an arrow between boxes that are not opposite."""
        middle = self._middle(layer)
        return [] if start[1] == end[1] else [(middle, start[1]), (middle, end[1])]

    def _label(self, edge: _Edge, along: float, across: float) -> None:
        width, height = edge.extent
        x, y = self._turned((along, across))
        content = Content("label", ((edge.label, "quiet"),))
        box = content.placed(0, 0)
        left, top = x - width / 2, y - height / 2
        text = box.texts[0]._replace(x=left + 6, y=top + LINE - 5)
        self._labels.append(Box(left, top, width, height, "label", (text,)))

    def _extent(self, edge: _Edge) -> tuple[float, float]:
        """How long and broad its label is."""
        width, height = edge.extent
        return (height, width) if self._upright else (width, height)

    def _out(self, k: int) -> Point:
        place = self._places[k]
        return place.along + place.length, place.across + place.breadth / 2

    def _into(self, k: int) -> Point:
        place = self._places[k]
        return place.along, place.across + place.breadth / 2

    def _centre(self, k: int) -> float:
        return self._places[k].across + self._places[k].breadth / 2

    def _arrow(self, edge: _Edge, points: Sequence[Point], *, near: bool) -> Arrow:
        bend = ("upright" if self._upright else "level") if near else ""
        turned = tuple(self._turned(point) for point in points)
        return Arrow(turned, edge.mark.manual, look=edge.mark.look, bend=bend)

    def _turned(self, point: Point) -> Point:
        along, across = point
        return (across, along) if self._upright else (along, across)


def _edge(origin: int, to: int, mark: WayMark, spacing: Spacing) -> _Edge:
    extent = (spacing.width(mark.label) + 12, LINE) if mark.label else (0, 0)
    return _Edge(origin, to, mark, extent)
