"""The Chinese pages run the same commands as the English ones, and name what their reader sees."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from tests.support.documents import ROOT, blocks_of

DOCS = ROOT / "docs"
STARTS = sorted(path.name for path in DOCS.glob("start-*.md"))
TWINS = (*STARTS, "recipes.md", "sdks.md")
"""Pages that people wrote in both languages."""
WORDS = ROOT / "mock_server" / "dashboard" / "words"


def commands(page: Path) -> list[tuple[str, str]]:
    """The blocks of a page without comments, whose language is the page's."""
    return [(block.language, re.sub(r" +# .*", "", block.text)) for block in blocks_of(page)]


def test_each_start_page_has_a_chinese_one() -> None:
    assert len(STARTS) == 3
    assert {path.name for path in (DOCS / "zh").glob("start-*.md")} == set(STARTS)


@pytest.mark.parametrize("name", TWINS)
def test_a_chinese_page_has_the_blocks_and_the_sections_of_the_english_one(name: str) -> None:
    english, chinese = DOCS / name, DOCS / "zh" / name
    assert commands(chinese) == commands(english)
    levels = [re.findall(r"^(#+) (?:\d\.)?", page.read_text("utf-8"), re.M) for page in (english, chinese)]
    assert levels[0] == levels[1]


def test_the_chinese_readme_runs_what_the_english_one_runs() -> None:
    chinese = commands(ROOT / "README.zh.md")
    assert len(chinese) >= 4
    assert [block for block in chinese if block not in commands(ROOT / "README.md")] == []


@pytest.mark.parametrize(("page", "language"), [("README.md", "README.zh.md"), ("README.zh.md", "README.md")])
def test_each_readme_leads_to_the_other_and_to_the_start_pages_of_its_language(page: str, language: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    folder = "docs/zh/" if page == "README.zh.md" else "docs/"
    assert f"]({language})" in text
    assert [name for name in STARTS if f"]({folder}{name})" not in text] == []


@pytest.mark.parametrize(("page", "language"), [("start-qa.md", "en"), ("zh/start-qa.md", "zh")])
def test_the_labels_that_a_page_for_qa_names_are_those_of_the_servers_pages(page: str, language: str) -> None:
    words = tomllib.loads((WORDS / f"{language}.toml").read_text("utf-8"))
    labels = {text for section in words.values() for text in section.values() if isinstance(text, str)}
    named = re.findall(r"\*\*(.+?)\*\*", (DOCS / page).read_text("utf-8"))
    assert len(named) == 4
    assert [name for name in named if name not in labels] == []
