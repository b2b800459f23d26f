"""The recipes have every condition that catches an SDK, once, and say whom."""

from __future__ import annotations

import re

from docs import recipes, sdk_matrix, sdk_words
from docs.sdk_matrix import Cell, Column, Matrix, Row
from tests.support.documents import ROOT

PAGE = (ROOT / "docs" / "recipes.md").read_text(encoding="utf-8")


def test_every_row_of_the_matrix_that_catches_an_sdk_has_a_recipe() -> None:
    matrix = sdk_matrix.read(ROOT)
    biting = {row.scenario for row in matrix.rows if row.scenario and recipes.bites(row)}
    named = recipes.named(PAGE)
    assert len(named) == len(set(named))
    assert len(biting) > 50
    assert sorted(biting - set(named)) == []
    assert sorted(set(named) - {row.scenario for row in matrix.rows}) == []
    bare = [row.name for row in matrix.rows if not row.scenario and recipes.bites(row)]
    assert len(bare) > 5
    assert [name for name in bare if f"\n| {name} | " not in PAGE] == []


def test_the_chinese_recipes_have_the_same_conditions_and_no_english_statement() -> None:
    chinese = (ROOT / "docs" / "zh" / "recipes.md").read_text(encoding="utf-8")
    assert recipes.named(chinese) == recipes.named(PAGE)
    tables = [[line for line in page.splitlines() if line.startswith("| `")] for page in (PAGE, chinese)]
    assert len(tables[0]) == len(tables[1]) > 80
    matrix, language = sdk_matrix.read(ROOT), recipes.LANGUAGES["zh"]
    statements = [text for row in matrix.rows for text in recipes.caught(row, matrix, language)]
    assert [text for text in statements if not re.search("[\u4e00-\u9fff]", text.partition("：")[2])] == []


def test_every_word_of_the_matrix_is_in_chinese() -> None:
    """A name that lacks one stops the build; what else is known of a reaction would be left in English."""
    matrix, chinese = sdk_matrix.read(ROOT), sdk_words.CHINESE
    assert list(chinese.words) == list(matrix.words)
    assert sorted(chinese.conditions) == sorted(row.name for row in matrix.rows if not row.scenario)
    known = {cell.detail for row in matrix.rows for cell in row.cells.values()} | {
        each.runtime for each in matrix.columns
    }
    assert [each for each in known if re.search("[a-z] [a-z]", chinese.detail(each))] == []


def test_a_recipe_says_whom_a_condition_catches_and_who_asks_repeatedly() -> None:
    when = sdk_matrix.read(ROOT).columns[0].date
    columns = [
        Column("a-go", "acme", "Go", "1", "Go", None, when),
        Column("a-py", "acme", "Python", "1", "Python", None, when),
        Column("a-py-3", "acme", "Python, `retry_times` 3", "1", "Python", None, when),
    ]
    cells = {"a-go": Cell("nothing", requests=4), "a-py": Cell("task", requests=1), "a-py-3": Cell("task", requests=3)}
    row = Row("odd", "odd", cells)
    found = list(recipes.caught(row, Matrix({}, columns, [row])))
    assert found == [
        "**nothing**: Acme Go",
        "3 requests: Acme Python with `retry_times` 3",
        "4 requests: Acme Go",
    ]
    assert not recipes.bites(Row("plain", "plain", {"a-go": Cell("error", requests=1), "a-py": Cell("task")}))
