"""Patterns of ids: one id, or all that begin alike."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.engine.ids import IdPattern

# Few letters, so that stars and backslashes meet at the end of many examples.
TEXTS = st.text(alphabet="ab*\\", max_size=6)


@pytest.mark.parametrize(
    ("text", "id", "meant"),
    [
        ("abc", "abc", True),
        ("abc", "abcd", False),
        ("abc", "ab", False),
        ("", "", True),
        ("", "a", False),
        ("ab*", "ab", True),
        ("ab*", "abc", True),
        ("ab*", "ab*", True),
        ("ab*", "a", False),
        ("ab*", "Abc", False),
        ("*", "", True),
        ("*", "anything", True),
        ("a*b", "a*b", True),
        ("a*b", "axb", False),
        ("a**", "a*", True),
        ("a**", "a*b", True),
        ("a**", "ab", False),
        (r"a\*", "a*", True),
        (r"a\*", r"a\*", False),
        (r"a\*", "ab", False),
        (r"a\*", r"a\b", False),
        (r"\*", "*", True),
        (r"\*", "a", False),
        (r"a\\*", "a\\", True),
        (r"a\\*", r"a\b", True),
        (r"a\\*", "ab", False),
        (r"a\\\*", r"a\*", True),
        (r"a\\\*", r"a\b", False),
        ("a\\", "a\\", True),
        (r"a\b", r"a\b", True),
        (r"a\*b", r"a\*b", True),
    ],
)
def test_a_pattern_is_an_id_or_a_prefix_with_one_final_star_that_a_backslash_escapes(
    text: str, id: str, meant: bool
) -> None:
    assert IdPattern.parse(text).matches(id) is meant


@given(TEXTS)
def test_a_text_and_its_pattern_say_the_same(text: str) -> None:
    assert str(IdPattern.parse(text)) == text


@given(TEXTS, st.booleans())
def test_every_id_and_every_prefix_can_be_written(start: str, is_prefix: bool) -> None:
    pattern = IdPattern(start, is_prefix)
    assert IdPattern.parse(str(pattern)) == pattern
    assert pattern.matches(start)
    assert pattern.matches(start + "a") is is_prefix
