"""The drawings of scenarios: whole, well-formed, without style, and nothing lies on anything else."""

from __future__ import annotations

import dataclasses
import unicodedata
from collections.abc import Iterator
from itertools import combinations, pairwise
from pathlib import Path
from typing import NamedTuple, get_args
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_server.api.timeline import (
    Axis,
    ItemRun,
    Range,
    Stretch,
    Timeline,
    TimelineFault,
    Track,
    Transition,
    VendorResponse,
    WholeMoment,
    WholeVendor,
)
from mock_server.api.words import SawWord
from mock_server.engine.scenario import Item, Scenario
from mock_server.paths import data
from mock_server.scenarios.timeline import mermaid, svg, timeline_of
from mock_server.scenarios.timeline.diagram import diagram
from mock_server.scenarios.timeline.signs import SIGNS, sign_of
from mock_server.scenarios.timeline.svg import markup
from tests.support.drawings import ODD, drawings
from tests.support.emulators import renderer
from tests.support.loading import scenario
from tests.support.strategies import items, scenarios

SPACE = "{http://www.w3.org/2000/svg}"
TAGS = {"svg", "title", "desc", "defs", "marker", "symbol", "g", "rect", "path", "circle", "use", "text"}
WIDEST = 7.3
"""A letter of 12 px in the widest of the usual fonts of fixed width is 7.22 px wide."""
NAMES = sorted(path.stem for path in data("scenarios").glob("*.yaml"))


class Area(NamedTuple):
    """A rectangle."""

    left: float
    top: float
    right: float
    bottom: float

    def holds(self, other: Area) -> bool:
        """Whether another lies within it."""
        return (
            self.left <= other.left
            and self.top <= other.top
            and other.right <= self.right + 0.2
            and other.bottom <= self.bottom + 0.2
        )

    def meets(self, other: Area) -> bool:
        """Whether another lies on it, if only in part."""
        return (
            self.left + 0.2 < other.right
            and other.left + 0.2 < self.right
            and self.top + 0.2 < other.bottom
            and other.top + 0.2 < self.bottom
        )


def rectangle(element: ElementTree.Element) -> Area:
    """Where a `rect` or a `use` is."""
    x, y, width, height = (float(element.get(name, "0")) for name in ("x", "y", "width", "height"))
    return Area(x, y, x + width, y + height)


def line(element: ElementTree.Element) -> Area:
    """Where a text is, at least."""
    x, y = float(element.get("x", "0")), float(element.get("y", "0"))
    text = element.text or ""
    wide = sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
    return Area(x, y - 10, x + wide * WIDEST, y + 3)


def strokes(element: ElementTree.Element) -> Iterator[Area]:
    """The straight parts of an arrow, each as the rectangle around it, if it is upright or level."""
    points = [tuple(map(float, point.split())) for point in element.get("d", "")[1:].split("L")]
    for (x, y), (u, v) in pairwise(points):
        if x == u or y == v:
            yield Area(min(x, u), min(y, v), max(x, u), max(y, v))


def assert_sound(text: str) -> None:
    """All that holds of every drawing."""
    image = ElementTree.fromstring(text)
    assert {element.tag.removeprefix(SPACE) for element in image.iter()} <= TAGS
    assert not [element for element in image.iter() if "style" in element.attrib or "onload" in element.attrib]
    ground = Area(0, 0, float(image.get("width", "0")), float(image.get("height", "0")))
    boxes = [rectangle(group[0]) for group in image.findall(f"{SPACE}g")]
    free = [line(element) for element in image.findall(f"{SPACE}text")]
    assert boxes
    assert all(map(ground.holds, [*boxes, *free]))
    assert not [(one, other) for one, other in combinations([*boxes, *free], 2) if one.meets(other)]
    for group, box in zip(image.findall(f"{SPACE}g"), boxes, strict=True):
        inner = [line(element) for element in group.findall(f"{SPACE}text")]
        signs = [rectangle(element) for element in group.findall(f"{SPACE}use")]
        assert inner
        assert all(map(box.holds, [*inner, *signs]))
        assert not [(one, other) for one, other in combinations([*inner, *signs], 2) if one.meets(other)]
    steps = [
        box for group, box in zip(image.findall(f"{SPACE}g"), boxes, strict=True) if group.get("class") != "box label"
    ]
    for path in image.findall(f"{SPACE}path"):
        for stroke in strokes(path):
            assert not [box for box in steps if box.meets(stroke)]


@pytest.mark.parametrize("upright", [None, False, True])
@pytest.mark.parametrize("name", [*NAMES, *ODD])
def test_the_drawing_of_a_scenario_is_sound(name: str, upright: bool | None) -> None:
    text = ODD.get(name) or (data("scenarios") / f"{name}.yaml").read_text("utf-8")
    assert_sound(svg(timeline_of(scenario(text), renderer()), upright=upright))


@pytest.mark.parametrize("path", drawings(), ids=lambda path: path.stem)
def test_a_drawing_is_the_golden_one(path: Path) -> None:
    assert drawings()[path] == path.read_text("utf-8")


def test_there_are_ten_golden_drawings() -> None:
    assert len(drawings()) == 10
    assert set(drawings()) == set(next(iter(drawings())).parent.iterdir())


VENDORS = ("qiniu", "huawei", "wangsu")
WORDS: tuple[SawWord, ...] = get_args(SawWord)
ODD_TEXTS = ("<b onload='x'>&amp;]]>", "a\u202eb\x00\ud800\uffff", "十个文件" * 30, "", "x" * 200, "a b\tc\nd", "90 %")
TEXTS = st.sampled_from(ODD_TEXTS) | st.text(max_size=8)


def loaded(made: Scenario) -> Scenario:
    """A scenario of the engine's tests, for real vendors."""
    return dataclasses.replace(made, vendors=VENDORS)


def by_items(made: list[Item]) -> Scenario:
    """A scenario whose items are these."""
    whole = scenario("items: [{steps: [{state: processing, for: 3s}, {state: succeeded}]}]")
    return dataclasses.replace(whole, items=dict.fromkeys(VENDORS, tuple(made)))


@settings(max_examples=300)
@given(scenarios().map(loaded) | st.lists(items(), min_size=1, max_size=5).map(by_items), st.none() | st.booleans())
def test_so_is_the_drawing_of_any_scenario(made: Scenario, upright: bool | None) -> None:
    assert_sound(svg(timeline_of(made, renderer()), upright=upright))


def responses() -> st.SearchStrategy[tuple[VendorResponse, ...]]:
    return st.lists(st.builds(VendorResponse, TEXTS, st.just(200), TEXTS, st.booleans()), max_size=2).map(tuple)


def ranges() -> st.SearchStrategy[Range]:
    return st.builds(lambda low, more: Range(low, low + more), st.integers(0, 10**9), st.integers(0, 10**6))


@st.composite
def tracks(draw: st.DrawFn, *, alone: bool) -> Track:
    """Any steps with any ways between them; those of items have any times, as long as they end after they began."""
    count = draw(st.integers(1, 6))
    ways = st.builds(Transition, st.integers(0, count - 1), TEXTS | st.just("manually"), st.none())
    found = []
    for _ in range(count):
        begins = draw(ranges()) if alone else None
        ends = draw(st.none() | ranges()) if alone else None
        if begins is not None and ends is not None:
            ends = Range(begins.low + ends.low, begins.high + ends.high + 1)
        shown = st.lists(st.builds(ItemRun, st.sampled_from(WORDS), st.integers(1, 40)), max_size=2).map(tuple)
        found.append(
            Stretch(
                draw(TEXTS), draw(st.sampled_from(WORDS)), draw(TEXTS), draw(TEXTS), draw(shown),
                tuple(draw(st.lists(ways, max_size=4))), draw(responses()), begins, ends,
            )
        )  # fmt: skip
    axes: tuple[Axis, ...] = get_args(Axis)
    axis = draw(st.sampled_from(axes)) if alone else None
    return Track(draw(TEXTS), 0 if alone else None, 1 if alone else None, axis, tuple(found))


@st.composite
def timelines(draw: st.DrawFn) -> Timeline:
    """Any timeline, also of scenarios that no loader lets through."""
    alone = draw(st.booleans())
    made = tuple(draw(st.lists(tracks(alone=alone), min_size=1, max_size=3 if alone else 1)))
    begins = [stretch.begins for track in made for stretch in track.stretches if stretch.begins is not None]
    words = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4, unique=True).map(tuple)
    shown = st.builds(WholeVendor, st.just("qiniu"), words, TEXTS)
    at = sorted(draw(st.sets(st.sampled_from(begins), max_size=4)), key=lambda at: (at.high, at.low)) if begins else []
    whole = tuple(WholeMoment(moment, (draw(shown),)) for moment in at)
    faults = st.builds(TimelineFault, TEXTS, TEXTS, st.none(), responses())
    return Timeline(
        draw(TEXTS), draw(TEXTS), "mine.yaml", ("qiniu",), made, whole, draw(st.integers(0, 3)),
        tuple(draw(st.lists(faults, max_size=3))), draw(st.sampled_from(["", "10d"])),
    )  # fmt: skip


@given(timelines(), st.none() | st.booleans())
def test_so_is_the_drawing_of_any_timeline(timeline: Timeline, upright: bool | None) -> None:
    assert_sound(svg(timeline, upright=upright))
    assert_sound(markup(diagram(timeline, upright=upright, whole=False), timeline.name))
    assert mermaid(timeline).startswith(("stateDiagram-v2\n", "gantt\n"))


def test_every_word_that_a_client_can_see_has_a_sign_of_its_own_shape() -> None:
    assert {sign_of(word) for word in WORDS} == set(SIGNS)
    assert len(set(SIGNS.values())) == len(SIGNS)
