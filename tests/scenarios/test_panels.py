"""What pages draw of scenarios and tasks: nothing lies on anything else, no text leaves its box, no style."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path
from typing import NamedTuple, get_args
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from mock_server.api.coverage import EdgeCoverage, ScenarioCoverage, StepCoverage
from mock_server.api.timeline import Timeline
from mock_server.api.values import SeenRun
from mock_server.api.words import SawWord
from mock_server.paths import data
from mock_server.scenarios.timeline import timeline_of
from mock_server.scenarios.timeline.bare import bare
from mock_server.scenarios.timeline.chains import MOST
from mock_server.scenarios.timeline.light import UNLIT, ItemLight, Light, Taken, played
from mock_server.scenarios.timeline.panel import panel
from mock_server.scenarios.timeline.shapes import Box, Drawing, Text, badge_width, measure_page
from tests.scenarios.test_drawings import by_items, loaded, timelines
from tests.support.drawings import ODD, lit, panels
from tests.support.emulators import renderer
from tests.support.loading import scenario
from tests.support.strategies import items, scenarios

NAMES = sorted(path.stem for path in data("scenarios").glob("*.yaml"))
WORDS: tuple[SawWord, ...] = get_args(SawWord)
TAGS = {"svg", "title", "g", "rect", "path", "use", "text"}
ATTRIBUTES = {
    "class", "width", "height", "viewBox", "role", "aria-label", "x", "y", "rx", "d", "href", "text-anchor",
}  # fmt: skip


class Area(NamedTuple):
    """A rectangle."""

    left: float
    top: float
    right: float
    bottom: float

    def holds(self, other: Area) -> bool:
        """Whether another lies within it."""
        return (
            self.left <= other.left + 0.1
            and self.top <= other.top + 0.1
            and other.right <= self.right + 0.1
            and other.bottom <= self.bottom + 0.1
        )

    def meets(self, other: Area) -> bool:
        """Whether another lies on it, if only in part."""
        return (
            self.left + 0.1 < other.right
            and other.left + 0.1 < self.right
            and self.top + 0.1 < other.bottom
            and other.top + 0.1 < self.bottom
        )


def text_area(text: Text) -> Area:
    size = {"name": 14, "item": 13, "tiny": 11}.get(text.look, 12)
    return Area(text.x, text.y - 0.75 * size, text.x + measure_page(text.text, size), text.y + 0.25 * size)


def box_area(box: Box) -> Area:
    return Area(box.x, box.y, box.x + box.width, box.y + box.height)


def badges(box: Box) -> list[Area]:
    return [Area(text.x, text.y - 10, text.x + badge_width(text.text), text.y + 8) for text in box.badge]


def assert_sound(drawing: Drawing) -> None:
    """All that holds of every drawing for a page."""
    ground = Area(0, 0, drawing.width, drawing.height)
    boxes = [box_area(box) for box in drawing.boxes]
    free = [text_area(text) for text in drawing.texts]
    free += [Area(sign.x, sign.y, sign.x + sign.size, sign.y + sign.size) for sign in drawing.signs]
    badged = [area for box in drawing.boxes for area in badges(box)]
    assert boxes
    assert all(map(ground.holds, [*boxes, *free, *badged]))
    assert not [(one, other) for one, other in combinations([*boxes, *free], 2) if one.meets(other)]
    for box, area in zip(drawing.boxes, boxes, strict=True):
        inner = [text_area(text) for text in box.texts]
        inner += [Area(sign.x, sign.y, sign.x + sign.size, sign.y + sign.size) for sign in box.signs]
        assert all(map(area.holds, inner))
        assert not [(one, other) for one, other in combinations([*inner, *badges(box)], 2) if one.meets(other)]
        others = [other for other in boxes if other is not area]
        assert not [other for badge in badges(box) for other in [*others, *free] if badge.meets(other)]


def assert_bare(text: str) -> None:
    """All that holds of the markup: no style, no script, no address but those of signs."""
    image = ElementTree.fromstring(text)
    assert {element.tag for element in image.iter()} <= TAGS
    assert {name for element in image.iter() for name in element.attrib} <= ATTRIBUTES
    assert all(re.fullmatch(r"#sign-[a-z_]+", element.get("href", "#sign-x")) for element in image.iter())


def assert_drawn(timeline: Timeline, light: Light | None) -> None:
    for upright in (False, True):
        drawing = panel(timeline, light, upright=upright)
        assert_sound(drawing)
        assert_bare(bare(drawing, "diagram", timeline.name))


@pytest.mark.parametrize("name", [*NAMES, *ODD])
def test_the_panel_of_a_scenario_is_sound_lit_and_unlit(name: str) -> None:
    text = ODD.get(name) or (data("scenarios") / f"{name}.yaml").read_text("utf-8")
    timeline = timeline_of(scenario(text), renderer())
    for light in (None, UNLIT, lit(timeline)):
        assert_drawn(timeline, light)


@pytest.mark.parametrize("name", [*NAMES, *ODD])
def test_without_what_vendors_show_it_is_drawn_the_same(name: str) -> None:
    made = scenario(ODD.get(name) or (data("scenarios") / f"{name}.yaml").read_text("utf-8"))
    steps = timeline_of(made, renderer(), shows=False)
    assert panel(steps) == panel(timeline_of(made, renderer()))
    assert not [stretch for track in steps.tracks for stretch in track.stretches if stretch.responses]


def lights(timeline: Timeline) -> st.SearchStrategy[Light | None]:
    """Any light of a timeline, also of what it has no ways for."""
    count = len(timeline.tracks[0].stretches)
    places = st.integers(0, count - 1)
    runs = st.lists(
        st.builds(SeenRun, st.sampled_from(WORDS), st.just(200), st.booleans(), st.integers(1, 5000)), max_size=9
    ).map(tuple)
    each = st.builds(ItemLight, st.none() | places, st.frozensets(places))
    return st.none() | st.builds(
        Light,
        st.none() | places,
        st.frozensets(places),
        st.dictionaries(st.tuples(places, places), st.builds(Taken, st.integers(1, 99), st.booleans()), max_size=4),
        st.dictionaries(places, runs, max_size=4),
        st.lists(each, max_size=5).map(tuple),
        st.none() | st.dictionaries(places, st.integers(0, 10**6)),
    )


@settings(max_examples=300)
@given(
    scenarios().map(loaded) | st.lists(items(), min_size=1, max_size=5).map(by_items),
    st.data(),
)
def test_so_is_that_of_any_scenario(made: object, drawn: st.DataObject) -> None:
    timeline = timeline_of(made, renderer())  # type: ignore[arg-type]  # the union of two strategies
    assert_drawn(timeline, drawn.draw(lights(timeline)))


@given(timelines(), st.data())
def test_so_is_that_of_any_timeline(timeline: Timeline, drawn: st.DataObject) -> None:
    assert_drawn(timeline, drawn.draw(lights(timeline)))


@pytest.mark.parametrize("path", panels(), ids=lambda path: path.stem)
def test_a_panel_is_the_golden_one(path: Path) -> None:
    assert panels()[path] == path.read_text("utf-8")


def test_there_are_ten_golden_panels_of_each_kind() -> None:
    assert len(panels()) == 20
    assert set(panels()) == set(next(iter(panels())).parent.iterdir())


LOOPED = timeline_of(scenario(ODD["looped"]), renderer())


def groups(text: str, kind: str) -> list[str]:
    """The classes of the groups of a kind."""
    found = [element.get("class", "") for element in ElementTree.fromstring(text).iter("g")]
    return [each for each in found if each.split()[0] == kind]


def test_a_task_is_lit_where_it_is_and_where_it_was() -> None:
    light = Light(1, frozenset({0}), {(0, 1): Taken(2), (1, 0): Taken(1), (3, 0): Taken(1, manual=True)})
    text = bare(panel(LOOPED, light), "diagram", "x")
    assert [each for each in groups(text, "box") if "label" not in each] == [
        "box waiting been", "box processing here", "box succeeded pale", "box failed pale",
    ]  # fmt: skip
    assert text.count('class="badge"') == 2
    assert sorted(groups(text, "way")) == ["way", "way", "way taken", "way taken", "way taken manual"]
    assert ">25 %</text>" in text
    assert ">×2</text>" in text


def test_a_way_back_that_was_taken_often_has_its_count_beside_its_share() -> None:
    assert ">25 % ×2</text>" in bare(panel(LOOPED, Light(ways={(1, 0): Taken(2)})), "diagram", "x")


def test_as_played_each_step_and_way_has_its_count_and_what_was_never_reached_is_pale() -> None:
    steps = tuple(StepCoverage(name, count, 0) for name, count in (("waiting", 3), ("processing", 2), ("failed", 0)))
    edges = (EdgeCoverage("waiting", "processing", 2, False), EdgeCoverage("processing", "failed", 0, False))
    coverage = ScenarioCoverage("looped", "", 3, steps, edges, 0, (), (), ())
    text = bare(panel(LOOPED, played(coverage, LOOPED)), "diagram", "x")
    assert [each.split()[2] for each in groups(text, "box") if "label" not in each] == ["been", "been", "pale", "pale"]
    assert {">×3</text>", ">×2</text>", ">×0</text>", ">–</text>"} <= {
        f">{found}</text>" for found in re.findall(r">([^<>]*)</text>", text)
    }


def test_of_many_chains_the_first_are_drawn_and_the_others_counted() -> None:
    one_by_one = timeline_of(scenario("items: {count: 60, each: {steps: [{state: processing, for: 3s}, "
                                      "{state: succeeded}]}}"), renderer())  # fmt: skip
    alternating = tuple(ItemLight(k % 2, frozenset(range(k % 2))) for k in range(60))
    drawing = panel(one_by_one, Light(items=alternating))
    assert len(drawing.boxes) == 2 * MOST
    assert drawing.texts[-1].text == f"and {60 - MOST} more"


def test_items_that_stand_alike_are_one_chain() -> None:
    timeline = timeline_of(scenario(ODD["drawn-items"]), renderer())
    drawing = panel(timeline, Light(items=(*[ItemLight(1, frozenset({0}))] * 4, *[ItemLight(0)] * 6)))
    assert [text.text for text in drawing.texts] == ["items 0..3", "items 4..9"]


def test_what_a_scenario_says_is_text() -> None:
    (track,) = LOOPED.tracks
    odd = replace(track.stretches[0], name='"><script>alert(1)</script>', stay='<b hx-on:click="alert(1)">')
    timeline = replace(LOOPED, tracks=(replace(track, stretches=(odd, *track.stretches[1:])),))
    text = bare(panel(timeline), "diagram", "<b hx-on:click='alert(1)'>")
    assert_bare(text)
    assert "&quot;&gt;&lt;script&gt;" in text
