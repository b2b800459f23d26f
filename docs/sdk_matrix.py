"""The tables of `sdks.md` that say what each SDK makes of each condition, from `sdk-matrix.json`; for `build.py`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

YEAR = 365
"""Days after which what an SDK does should be tried again."""
SURPRISING = frozenset({"nothing", "mistaken", "value", "text", "foreign"})
"""Words for what a caller does not expect: shown in bold."""


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


def rendered(page: str, matrix: Matrix) -> str:
    """A page with what stands between its marks `<!-- matrix: … -->` and `<!-- /matrix -->` made from the matrix."""

    def part(found: re.Match[str]) -> str:
        made = _words(matrix) if found["part"] == "words" else _tables(matrix, found["part"])
        return f"{found['start']}\n{made}\n\n{found['end']}"

    mark = r"(?P<start><!-- matrix: (?P<part>\w+) -->\n).*?(?P<end><!-- /matrix -->)"
    return re.sub(mark, part, page, flags=re.S)


def is_old(column: Column, newest: date) -> bool:
    """Whether an SDK was tried more than a year before the newest of them."""
    return (newest - column.date).days > YEAR


def _words(matrix: Matrix) -> str:
    rows = [(f"**{word}**" if word in SURPRISING else word, about) for word, about in matrix.words.items()]
    return _table(("word", "what the caller has"), rows)


def _tables(matrix: Matrix, vendor: str) -> str:
    columns = [each for each in matrix.columns if each.vendor == vendor]
    newest = max(each.date for each in matrix.columns)
    tried = [
        (each.sdk, each.version, each.runtime, f"{each.date}{', **older than a year**' * is_old(each, newest)}",
         "by the test suite, each time" if each.registry else "by itself")
        for each in columns
    ]  # fmt: skip
    rows = [
        (f"`{row.name}`" if row.scenario else row.name, *(_cell(row.cells.get(each.name)) for each in columns))
        for row in matrix.rows
        if any(each.name in row.cells for each in columns)
    ]
    heads = ("condition", *(each.sdk for each in columns))
    return f"{_table(('SDK', 'version', 'with', 'tried on', 'run'), tried)}\n\n{_table(heads, rows)}"


def _cell(cell: Cell | None) -> str:
    """`failed (ConnectionError) · 4`; `1, 2` are the requests on a new and on a used connection."""
    if cell is None:
        return "–"
    word = f"**{cell.word}**" if cell.word in SURPRISING else cell.word
    detail = f" ({cell.detail})" if cell.detail else ""
    return f"{word}{detail}{_requests(cell)}"


def _requests(cell: Cell) -> str:
    if cell.requests is None:
        return "" if cell.used is None else f" · {cell.used} on a used connection"
    if cell.used in (None, cell.requests):
        return f" · {cell.requests}"
    return f" · {cell.requests}, {cell.used} on a used connection"


def _table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    return "\n".join(_lines(heads, rows))


def _lines(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield "|" + "---|" * len(heads)
    for row in rows:
        yield f"| {' | '.join(row)} |"
