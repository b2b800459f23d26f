"""The nearest of many words is found in bounded time, and remembered."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.errors import nearest
from mock_server.scenarios import spellings
from mock_server.scenarios.spellings import LONGEST_SPELLING, MOST_SPELLINGS, NEIGHBOURS, REMEMBERED, Spellings

MANY = [f"job-{k:05}" for k in range(MOST_SPELLINGS)]


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """With how many words each search compared its own."""
    found: list[int] = []

    def counted(word: str, words: Iterable[str]) -> str | None:
        listed = list(words)
        found.append(len(listed))
        return nearest(word, listed)

    monkeypatch.setattr(spellings, "nearest", counted)
    return found


@pytest.mark.parametrize("word", ["jbo-01234", "job-o1234", "job_01234", "ob-01234", "job-012345", "xjob-01234"])
def test_a_slip_at_any_place_is_understood_among_many(compared: list[int], word: str) -> None:
    near = Spellings(MANY).nearest(word)
    assert near is not None
    assert near in MANY
    assert compared == [count for count in compared if count <= 4 * NEIGHBOURS]


@given(st.lists(st.text("ab-", min_size=1, max_size=6), max_size=30), st.text("ab-", min_size=1, max_size=6))
def test_among_few_words_every_one_is_compared(words: list[str], word: str) -> None:
    assert Spellings(words).nearest(word) == nearest(word, words)


def test_what_was_found_is_remembered(compared: list[int]) -> None:
    known = Spellings(MANY)
    assert [known.nearest("jab-00001") for _ in range(3)] == ["job-00001"] * 3
    assert [known.nearest("zzz") for _ in range(3)] == [None] * 3
    assert len(compared) == 2


def test_only_so_much_is_remembered_and_looked_at(compared: list[int]) -> None:
    known = Spellings([*MANY, "beyond"])
    assert known.nearest("beyond") is None
    assert known.nearest("job-00001" + "x" * LONGEST_SPELLING) == known.nearest("job-00001" + "x" * 10_000)
    searches = len(compared)
    for k in range(REMEMBERED.value):
        known.nearest(f"{k}")
    known.nearest("beyond")
    assert len(compared) == searches + REMEMBERED.value + 1
