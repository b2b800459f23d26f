"""The tables of `recipes.md` that say whom a condition catches, from `sdk-matrix.json`; for `build.py`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from docs.sdk_matrix import SURPRISING, Matrix, Row

EXPECTED = frozenset({"task", "error", "raw", "failed"})
"""Words for what a caller is prepared for: the task, an error, or the response as it came."""
RAW = "only a raw socket"
_MARK = re.compile(r"(?P<start><!-- bites: (?P<names>[\w -]+) -->\n).*?(?P<end><!-- /bites -->)", re.S)


def rendered(page: str, matrix: Matrix, abouts: Mapping[str, str]) -> str:
    """A page with a table between its marks `<!-- bites: NAME … -->` and `<!-- /bites -->`, a row for each scenario.

    The mark `RAW` has the rows that no scenario makes. LookupError: a mark names a scenario that has no row.
    """
    rows = {row.scenario: row for row in matrix.rows if row.scenario}
    raw = [
        f"| {row.name} | {'; '.join(caught(row, matrix))} |" for row in matrix.rows if not row.scenario and bites(row)
    ]

    def part(found: re.Match[str]) -> str:
        if found["names"] == RAW:
            lines = ["| what is sent | whom it catches |", "|---|---|", *raw]
            return f"{found['start']}\n{chr(10).join(lines)}\n\n{found['end']}"
        lines = ["| scenario | what happens | whom it catches |", "|---|---|---|"]
        for name in found["names"].split():
            lines.append(f"| `{name}` | {abouts[name]} | {'; '.join(caught(rows[name], matrix)) or 'nobody'} |")
        return f"{found['start']}\n{chr(10).join(lines)}\n\n{found['end']}"

    return _MARK.sub(part, page)


def named(page: str) -> list[str]:
    """The scenarios that the marks of a page name."""
    return [name for found in _MARK.finditer(page) if found["names"] != RAW for name in found["names"].split()]


def bites(row: Row) -> bool:
    """Whether an SDK leaves its caller with what it is not prepared for, or makes several requests for one call."""
    return any(cell.word not in EXPECTED or (cell.requests or 1) > 1 for cell in row.cells.values())


def caught(row: Row, matrix: Matrix) -> Iterator[str]:
    """What each SDK makes of it that is not expected, as `**nothing**: Qiniu PHP, Java`; then who asks repeatedly."""
    for word in dict.fromkeys(cell.word for cell in row.cells.values()):
        if word not in EXPECTED:
            who = _sdks(matrix, [name for name, cell in row.cells.items() if cell.word == word])
            yield f"{f'**{word}**' if word in SURPRISING else word}: {who}"
    for count in sorted({cell.requests for cell in row.cells.values() if cell.requests and cell.requests > 1}):
        yield f"{count} requests: {_sdks(matrix, [name for name, cell in row.cells.items() if cell.requests == count])}"


def _sdks(matrix: Matrix, names: list[str]) -> str:
    """`Qiniu Python, Node; Wangsu Java`. A column with other settings is left out beside the plain one."""
    columns = [each for each in matrix.columns if each.name in names]
    plain = {(each.vendor, each.sdk) for each in columns}
    shown: dict[str, list[str]] = {}
    for each in columns:
        base = each.sdk.partition(",")[0]
        if base == each.sdk or (each.vendor, base) not in plain:
            shown.setdefault(each.vendor.capitalize(), []).append(each.sdk.replace(",", " with"))
    return " and ".join(f"{vendor} {', '.join(sdks)}" for vendor, sdks in shown.items())
