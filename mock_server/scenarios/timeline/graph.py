"""The steps of a task as boxes and arrows: laid out in layers, level (to the right) or upright (down).

All is worked out along the layers and across them, and turned at the end. Boxes of a layer stand beside each other.
Arrows to the next layer run through the gap between the two. All others leave into the gap behind their layer, go past
all boxes in a channel of their own, and come back through the gap before the layer that they lead to. So no arrow
crosses a box, and no label lies on anything but arrows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from mock_server.api.timeline import Track, Transition
from mock_server.scenarios.timeline.phrases import MANUALLY
from mock_server.scenarios.timeline.shapes import LINE, Arrow, Box, Content, Drawing, Point, clean, measure

_BETWEEN, _LANE, _NEAR = 20, 14, 26
"""Between boxes of a layer; between arrows side by side; the least length of an arrow."""


class _Edge(NamedTuple):
    """A way from one step to another."""

    origin: int
    to: int
    label: str
    manual: bool

    @property
    def extent(self) -> tuple[float, float]:
        """How wide and high its label is."""
        return (measure(self.label) + 12, LINE) if self.label else (0, 0)


class _Place(NamedTuple):
    """Where a box stands: along and across, and how long and broad it is."""

    along: float
    across: float
    length: float
    breadth: float


def graph(track: Track, contents: Sequence[Content], *, upright: bool) -> Drawing:
    """The drawing of a task's steps, whose boxes hold these contents."""
    edges = [_edge(k, way) for k, stretch in enumerate(track.stretches) for way in stretch.transitions]
    layers = layers_of(len(contents), [(edge.origin, edge.to) for edge in edges])
    return _Layout(contents, edges, layers, upright=upright).drawing()


def layers_of(count: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """The layer of each step: as far behind the first as the longest way to it, leaving out ways that lead back."""
    ways: dict[int, list[int]] = {k: [] for k in range(count)}
    for origin, to in edges:
        ways[origin].append(to)
    order, back = _ordered(count, ways)
    layers = [0] * count
    for k in order:
        for to in ways[k]:
            if (k, to) not in back:
                layers[to] = max(layers[to], layers[k] + 1)
    return layers


def _ordered(count: int, ways: dict[int, list[int]]) -> tuple[list[int], set[tuple[int, int]]]:
    """The steps so that each comes before those it leads to, and the ways that lead back and are left out."""
    done: list[int] = []
    back: set[tuple[int, int]] = set()
    seen: set[int] = set()
    for start in range(count):
        if start in seen:
            continue
        stack, open_ = [(start, iter(ways[start]))], {start}
        seen.add(start)
        while stack:
            k, left = stack[-1]
            to = next(left, None)
            if to is None:
                stack.pop()
                open_.discard(k)
                done.append(k)
            elif to in open_:
                back.add((k, to))
            elif to not in seen:
                seen.add(to)
                open_.add(to)
                stack.append((to, iter(ways[to])))
    return done[::-1], back


class _Layout:
    """Places boxes, then gaps, then arrows."""

    def __init__(
        self, contents: Sequence[Content], edges: Sequence[_Edge], layers: Sequence[int], *, upright: bool
    ) -> None:
        self._contents = contents
        self._upright = upright
        self._layers = layers
        self._near = [edge for edge in edges if layers[edge.to] == layers[edge.origin] + 1]
        self._far = [edge for edge in edges if edge not in self._near]
        self._depth = max(layers) + 1
        self._places = self._placed()
        self._end = max(place.across + place.breadth for place in self._places)
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
        breadths = [sum(self._size(k)[1] for k in row) + _BETWEEN * (len(row) - 1) for row in rows]
        places: dict[int, _Place] = {}
        along = self._gap(0)
        for layer, row in enumerate(rows):
            length = max(self._size(k)[0] for k in row)
            across = (max(breadths) - breadths[layer]) / 2
            for k in row:
                own, breadth = self._size(k)
                places[k] = _Place(along, across, length if not self._upright else own, breadth)
                across += breadth + _BETWEEN
            along += length + self._gap(layer + 1)
        return [places[k] for k in range(len(places))]

    def _gap(self, before: int) -> float:
        """How long the gap before a layer is: for arrows that come back, for labels, and for arrows that leave."""
        coming = sum(self._layers[edge.to] == before for edge in self._far)
        leaving = sum(self._layers[edge.origin] == before - 1 for edge in self._far)
        labels = [edge.extent for edge in self._near if self._layers[edge.to] == before]
        longest = max((extent[1 if self._upright else 0] for extent in labels), default=0)
        near = longest + 2 * _NEAR if any(self._layers[edge.to] == before for edge in self._near) else 0
        return max(near, _NEAR if coming and before == 0 else 0) + _LANE * (coming + leaving)

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
                    found.append(Arrow(self._points([start, *self._elbow(start, end, layer), end]), edge.manual))
                    continue
                length, breadth = self._extent(edge)
                across = max((start[1] + end[1]) / 2 if start[1] != end[1] else end[1], free + breadth / 2)
                free = across + breadth / 2 + 4
                middle = self._middle(layer)
                self._label(edge, middle, across)
                points = [start, (middle - length / 2 - 8, across), (middle + length / 2 + 8, across), end]
                found.append(Arrow(self._points(points), edge.manual))
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
            found.append(Arrow(self._points(points), edge.manual))
        return found

    @staticmethod
    def _share(number: int) -> float:
        """Where on the side of a box one of several arrows leaves or comes: not in the middle, where others do."""
        return 0.62 + 0.3 * (1 - 1 / number)

    def _edge_of(self, layer: int) -> float:
        """Where the gap behind a layer begins."""
        return max(
            place.along + place.length for place, its in zip(self._places, self._layers, strict=True) if its == layer
        )

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

    def _points(self, points: Sequence[Point]) -> tuple[Point, ...]:
        return tuple(self._turned(point) for point in points)

    def _turned(self, point: Point) -> Point:
        along, across = point
        return (across, along) if self._upright else (along, across)


def _edge(origin: int, way: Transition) -> _Edge:
    return _Edge(origin, way.to, clean(way.share), way.share == MANUALLY)
