"""Strips: what clients saw, as rows of signs, and the sprite that they refer to."""

from __future__ import annotations

import re
from typing import get_args
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from mock_server.api.values import SeenRun
from mock_server.api.words import SawWord
from mock_server.scenarios.timeline.signs import sign_of, sprite
from mock_server.scenarios.timeline.strip import SINGLE, Mark, strip

WORDS: tuple[SawWord, ...] = get_args(SawWord)
SPACE = "{http://www.w3.org/2000/svg}"


def run(saw: SawWord, times: int = 1, status: int | None = 200, *, struck: bool = False) -> SeenRun:
    """Polls in a row that saw the same."""
    return SeenRun(saw, status, struck, times)


def counts(marks: tuple[Mark, ...]) -> list[tuple[str, int]]:
    return [(mark.sign, mark.times) for mark in marks]


def test_up_to_three_equal_signs_stand_for_themselves_and_more_are_one_with_its_count() -> None:
    made = strip([run("waiting", 3), run("processing", 4), run("succeeded")])
    assert counts(made.marks) == [*[("waiting", 1)] * 3, ("processing", 4), ("succeeded", 1)]
    assert [mark.counted for mark in made.marks] == ["", "", "", "×4", ""]
    assert made.before == 0


def test_the_newest_runs_are_kept_and_the_polls_before_them_counted() -> None:
    made = strip([run("waiting", 5), run("error", 2, 599), run("processing")], most=1)
    assert counts(made.marks) == [("processing", 1)]
    assert made.before == 7


def test_a_fault_that_left_a_response_readable_adds_a_bolt() -> None:
    (late,) = strip([run("processing", struck=True)]).marks
    (cut,) = strip([run("cut", status=None, struck=True)]).marks
    assert (late.sign, late.bolt, cut.sign, cut.bolt) == ("processing", True, "cut", False)


def test_words_of_a_failed_items_notification_have_the_sign_of_the_others_and_their_own_look() -> None:
    (mark,) = strip([run("failure_notified")]).marks
    assert (mark.sign, mark.look, mark.word) == ("notified", "failed", "failure_notified")


@given(st.lists(st.builds(run, st.sampled_from(WORDS), st.integers(1, 50)), max_size=30), st.integers(1, 12))
def test_no_poll_is_lost(runs: list[SeenRun], most: int) -> None:
    made = strip(runs, most)
    assert sum(mark.times for mark in made.marks) + made.before == sum(each.times for each in runs)
    assert len(made.marks) <= SINGLE * most


def test_the_sprite_has_a_symbol_for_every_word_and_no_colour_of_its_own() -> None:
    image = ElementTree.fromstring(sprite().replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" '))
    symbols = [symbol.get("id") for symbol in image.findall(f"{SPACE}symbol")]
    assert {f"sign-{sign_of(word)}" for word in WORDS} < set(symbols)
    assert len(set(symbols)) == len(symbols)
    assert "style" not in sprite()
    assert not re.search(r"#[0-9a-f]{3}", sprite())
