"""What a timeline says of items that walk alone is what such items do, whatever is drawn."""

from __future__ import annotations

import dataclasses

from hypothesis import given
from hypothesis import strategies as st

from mock_server.api.timeline import Range
from mock_server.emulator.playback import Playback
from mock_server.engine.scenario import Item, Scenario
from mock_server.engine.task import Key
from mock_server.scenarios.timeline import lines, mermaid, svg, timeline_of
from mock_server.scenarios.timeline.walks import possible, walk_of
from tests.support.emulators import renderer
from tests.support.loading import scenario
from tests.support.strategies import items

ONE = scenario("items: [{steps: [{state: processing, for: 3s}, {state: succeeded}]}]")
START = 1_767_225_600_000


def of_items(made: list[Item]) -> Scenario:
    """A scenario of these items."""
    return dataclasses.replace(ONE, items=dict.fromkeys(ONE.vendors, tuple(made)))


def timed(made: list[Item]) -> bool:
    """Whether time alone moves all of these items."""
    return all(step.polls is None for item in made for step in item.steps)


def by_time() -> st.SearchStrategy[list[Item]]:
    """Items that time moves."""
    return st.lists(items().filter(lambda item: timed([item])), min_size=1, max_size=4)


@given(by_time(), st.integers(0, 9), st.integers(0, 12_000))
def test_an_item_is_in_a_step_that_its_walk_lets_it_be_in(made: list[Item], seed: int, at: int) -> None:
    _, playback = Playback(renderer(), of_items(made), Key("qiniu", "demo"), seed, START).poll(START)
    for item, place in zip(made, playback.at(START + at).places, strict=True):
        assert place in possible(walk_of(item.steps), item.steps, at)


@given(by_time(), st.integers(0, 9))
def test_the_whole_shows_one_of_the_states_of_its_moment(made: list[Item], seed: int) -> None:
    whole = of_items(made)
    timeline = timeline_of(whole, renderer())
    starts = [moment.at.high for moment in timeline.whole]
    for k, vendor in enumerate(timeline.vendors):
        _, playback = Playback(renderer(), whole, Key(vendor, "demo"), seed, START).poll(START)
        dialect = renderer().registry.dialect(vendor)
        for moment, at in zip(timeline.whole, starts, strict=True):
            assert playback.at(START + at).state(dialect.derive) in moment.vendors[k].saw


def test_items_that_only_a_person_moves_stay_where_they_are() -> None:
    held = scenario(
        "items:\n"
        "  - steps: [{state: processing, hold: true, next: {succeeded: 0, failed: 0}},"
        " {state: succeeded}, {state: failed}]\n"
        "  - steps: [{state: waiting, for: 5s}, {state: processing, for: 5s, next: {failed: 1, succeeded: 0}},"
        " {state: succeeded}, {state: failed}]\n"
    )
    timeline = timeline_of(held, renderer())
    first, second = timeline.tracks
    assert [stretch.stay for stretch in first.stretches] == ["until it is moved manually", "the end", "the end"]
    assert [(stretch.begins, stretch.ends) for stretch in first.stretches] == [(Range(0, 0), None)] * 3
    assert [(stretch.begins, stretch.ends) for stretch in second.stretches] == [
        (Range(0, 0), Range(5_000, 5_000)),
        (Range(5_000, 5_000), Range(10_000, 10_000)),
        (Range(5_000, 5_000), None),
        (Range(10_000, 10_000), None),
    ]
    assert [(moment.at.high, moment.vendors[0].text) for moment in timeline.whole] == [
        (0, "2 [2, 1]"),
        (5_000, "2 [2 x 2]"),
        (10_000, "2 [2, 3]"),
    ]


def test_an_item_without_steps_is_done_from_the_start_beside_others_that_walk() -> None:
    mixed = scenario(
        "items: [{cmd: a}, {steps: [{state: processing, polls: 2}, {state: succeeded}]}]\nvendors: [qiniu]"
    )
    timeline = timeline_of(mixed, renderer())
    done, walking = timeline.tracks
    assert [(stretch.name, stretch.stay, stretch.begins) for stretch in done.stretches] == [
        ("succeeded", "the end", Range(0, 0))
    ]
    assert (done.axis, walking.axis) == (None, "polls")
    assert [moment.vendors[0].text for moment in timeline.whole] == ["2 [0, 2]", "0 [0 x 2]"]
    assert "   at first: processing" in list(lines(timeline))
    assert "   after 2 polls: succeeded" in list(lines(timeline))
    assert "after 2 polls</text>" in svg(timeline)
    assert "axisFormat %s" in mermaid(timeline)


def test_where_time_moves_some_items_and_polls_others_there_are_two_axes_and_no_whole() -> None:
    steps = "{{steps: [{{state: processing, {0}}}, {{state: succeeded}}]}}"
    made = scenario(f"items: [{steps.format('for: 9s')}, {steps.format('polls: 2')}]")
    timeline = timeline_of(made, renderer())
    assert (timeline.whole, [track.axis for track in timeline.tracks]) == ((), ["time", "polls"])
    assert ">9s</text>" in svg(timeline)
    assert ">after 2 polls</text>" in svg(timeline)


def test_a_step_without_a_body_is_told_by_its_status() -> None:
    made = scenario("vendors: [qiniu]\nsteps: [{state: succeeded, status: 204, off_contract: true}]")
    ((stretch,),) = [track.stretches for track in timeline_of(made, renderer(), bodies=True).tracks]
    (response,) = stretch.responses
    assert (response.status, response.body) == (204, None)
    assert response.text.startswith("204 ")
