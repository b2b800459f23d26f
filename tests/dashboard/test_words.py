"""The words of the pages: each in every language, with the same values, and used."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from mock_server.api.words import OUTCOMES, SAW_WORDS
from mock_server.dashboard import templates, words
from mock_server.dashboard.words import LANGUAGES, words_of

SOURCES = "\n".join(
    path.read_text("utf-8") for path in [*templates.FOLDER.rglob("*.html"), *words.FOLDER.parent.rglob("*.py")]
)
VALUES = ("state.", "moves.", "tab.", "scope.", "group.", "outcome.", "hands.")
"""Beginnings of keys that templates compose from values of the API."""


def used() -> Iterator[str]:
    """Every key that a template or module names whole."""
    yield from re.findall(r"""(?:\bt|sentence|words|parts|said|Done)\(\s*["']([a-z_]+\.[a-z_]+)["']""", SOURCES)
    yield from re.findall(r"""texts\["([a-z_.]+)"\]""", SOURCES)
    yield from re.findall(r"""["']([a-z]+\.[a-z_]+)["'] if """, SOURCES)
    yield from re.findall(r""" else ["']([a-z]+\.[a-z_]+)["']""", SOURCES)


def test_every_language_has_the_same_keys() -> None:
    first, *others = (set(words_of(language).texts) for language in LANGUAGES)
    assert [first ^ other for other in others] == [set()] * len(others)


def test_every_word_has_the_same_values_in_every_language() -> None:
    english, chinese = (words_of(language).texts for language in LANGUAGES)
    places = {
        key: {frozenset(re.findall(r"\{(\w+)\}", half)) for half in text.split("|")} for key, text in english.items()
    }
    wrong = [
        key
        for key, text in chinese.items()
        if not set(re.findall(r"\{(\w+)\}", text)) <= set().union(*places[key])
        or set(re.findall(r"\{(\w+)\}", text.rpartition("|")[2]))
        != set(re.findall(r"\{(\w+)\}", english[key].rpartition("|")[2]))
    ]
    assert wrong == []


def test_every_key_that_is_used_exists_and_every_other_is_composed() -> None:
    keys = set(words_of("en").texts)
    named = set(used())
    assert (
        sorted(key for key in named - keys if "." in key and key.split(".")[0] in {each.split(".")[0] for each in keys})
        == []
    )
    composed = {key for key in keys if re.search(rf"[\"']{key.rpartition('.')[2]}[\"']", SOURCES)}
    assert sorted(key for key in keys - named - composed if not key.startswith(VALUES)) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_of_what_a_client_saw_has_its_text(language: str) -> None:
    assert [word for word in SAW_WORDS if not words_of(language).has(f"state.{word}")] == []
    assert [word for word in OUTCOMES if not words_of(language).has(f"outcome.{word}")] == []


@pytest.mark.parametrize(
    ("ms", "english", "chinese"),
    [
        (0, "0 s", "0 秒"),
        (250, "250 ms", "250 毫秒"),
        (13_400, "13 s", "13 秒"),
        (115_000, "1 min 55 s", "1 分 55 秒"),
        (120_000, "2 min", "2 分"),
        (7_500_000, "2 h 5 min", "2 小时 5 分"),
        (864_000_000, "10 d", "10 天"),
        (-5_000, "5 s", "5 秒"),
    ],
)
def test_lengths_are_written_in_two_units(ms: int, english: str, chinese: str) -> None:
    assert (words_of("en").length(ms), words_of("zh").length(ms)) == (english, chinese)


def test_one_and_many_are_told_apart_and_thousands_set_off() -> None:
    english = words_of("en")
    assert english("banner.polls", n=1) == "1 more poll"
    assert english("banner.polls", n=12_000) == "12,000 more polls"


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (1_023, "1,023 B"),
        (1_024, "1 KiB"),
        (1_536, "1.5 KiB"),
        (64 << 20, "64 MiB"),
        (1 << 50, "1,024 TiB"),
    ],
)
def test_bytes_are_written_in_the_largest_unit_that_they_fill(count: int, text: str) -> None:
    assert words_of("zh").size(count) == text
