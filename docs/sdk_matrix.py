"""The tables that say what each SDK makes of each condition, in English and Chinese, from `sdk-matrix.json`.

`build.py` puts them into `sdks.md` and `zh/sdks.md`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from docs.sdk_words import CHINESE, ENGLISH, SdkWords

YEAR = 365
"""Days after which what an SDK does should be tried again."""


class Column(NamedTuple):
    """An SDK as it was tried. `registry`: where the tests install it from; None if it was tried elsewhere."""

    name: str
    vendor: str
    sdk: str
    version: str
    runtime: str
    registry: str | None
    date: date


class Cell(NamedTuple):
    """What a caller of an SDK has in hand: a word of the list, what else is known, and how many requests were made.

    `requests` is on a new connection, `used` on one that had carried a response; None: it was not tried.
    """

    word: str
    detail: str = ""
    requests: int | None = None
    used: int | None = None


class Row(NamedTuple):
    """A condition. `scenario` is the shipped scenario that makes it; None: only a raw socket could."""

    name: str
    scenario: str | None
    cells: Mapping[str, Cell]


class Matrix(NamedTuple):
    """All that was tried."""

    words: Mapping[str, str]
    columns: Sequence[Column]
    rows: Sequence[Row]


class Language(NamedTuple):
    """How the tables read in one language. `bracket` and `used` are texts with a place in them."""

    names: SdkWords
    word_heads: tuple[str, str]
    sdk_heads: tuple[str, str, str, str, str]
    condition: str
    old: str
    by_tests: str
    by_itself: str
    bracket: str
    comma: str
    used: str


LANGUAGES: Mapping[str, Language] = MappingProxyType(
    {
        "en": Language(
            ENGLISH,
            ("word", "what the caller has"),
            ("SDK", "version", "with", "tried on", "run"),
            "condition",
            ", **older than a year**",
            "by the test suite, each time",
            "by itself",
            " ({})",
            ", ",
            "{} on a used connection",
        ),
        "zh": Language(
            CHINESE,
            ("用词", "调用方得到的结果"),
            ("SDK", "版本", "环境", "测试日期", "运行方式"),
            "情形",
            "，**超过一年**",
            "由测试套件每次运行",
            "单独运行过",
            "（{}）",
            "，",
            "复用连接 {}",
        ),
    }
)


def read(root: Path) -> Matrix:
    """The matrix of the tree at `root`. LookupError, TypeError, ValueError: it is not in its form."""
    found = json.loads((root / "docs" / "sdk-matrix.json").read_text("utf-8"))
    columns = [
        Column(
            each["name"],
            each["vendor"],
            each["sdk"],
            each["version"],
            each["with"],
            each["registry"],
            date.fromisoformat(each["date"]),
        )
        for each in found["columns"]
    ]
    rows = [
        Row(each["name"], each.get("scenario"), {name: Cell(**cell) for name, cell in each["cells"].items()})
        for each in found["rows"]
    ]
    return Matrix(found["words"], columns, rows)


def rendered(page: str, matrix: Matrix, language: Language = LANGUAGES["en"]) -> str:
    """A page with what stands between its marks `<!-- matrix: … -->` and `<!-- /matrix -->` made from the matrix."""

    def part(found: re.Match[str]) -> str:
        made = _words(matrix, language) if found["part"] == "words" else _tables(matrix, found["part"], language)
        return f"{found['start']}\n{made}\n\n{found['end']}"

    mark = r"(?P<start><!-- matrix: (?P<part>\w+) -->\n).*?(?P<end><!-- /matrix -->)"
    return re.sub(mark, part, page, flags=re.S)


def is_old(column: Column, newest: date) -> bool:
    """Whether an SDK was tried more than a year before the newest of them."""
    return (newest - column.date).days > YEAR


def _words(matrix: Matrix, language: Language) -> str:
    names = language.names
    rows = [(names.word(word), names.meaning(word, about)) for word, about in matrix.words.items()]
    return _table(language.word_heads, rows)


def _tables(matrix: Matrix, vendor: str, language: Language) -> str:
    columns = [each for each in matrix.columns if each.vendor == vendor]
    newest = max(each.date for each in matrix.columns)
    tried = [
        (
            each.sdk,
            each.version,
            language.names.detail(each.runtime),
            f"{each.date}{language.old * is_old(each, newest)}",
            language.by_tests if each.registry else language.by_itself,
        )
        for each in columns
    ]
    rows = [
        (
            f"`{row.name}`" if row.scenario else language.names.condition(row.name),
            *(_cell(row.cells.get(each.name), language) for each in columns),
        )
        for row in matrix.rows
        if any(each.name in row.cells for each in columns)
    ]
    heads = (language.condition, *(each.sdk for each in columns))
    return f"{_table(language.sdk_heads, tried)}\n\n{_table(heads, rows)}"


def _cell(cell: Cell | None, language: Language) -> str:
    """`failed (ConnectionError) · 4`; `1, 2` are the requests on a new and on a used connection."""
    if cell is None:
        return "–"
    detail = language.bracket.format(language.names.detail(cell.detail)) if cell.detail else ""
    return f"{language.names.word(cell.word)}{detail}{_requests(cell, language)}"


def _requests(cell: Cell, language: Language) -> str:
    if cell.requests is None:
        return "" if cell.used is None else f" · {language.used.format(cell.used)}"
    if cell.used in (None, cell.requests):
        return f" · {cell.requests}"
    return f" · {cell.requests}{language.comma}{language.used.format(cell.used)}"


def _table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    return "\n".join(_lines(heads, rows))


def _lines(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield "|" + "---|" * len(heads)
    for row in rows:
        yield f"| {' | '.join(row)} |"
