"""The tables of the recipes that say whom a condition catches, in English and Chinese; for `build.py`.

They are made from `sdk-matrix.json` and from the sentences of the scenarios.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

from docs.sdk_matrix import Matrix, Row
from docs.sdk_words import CHINESE, ENGLISH, SdkWords

EXPECTED = frozenset({"task", "error", "raw", "failed"})
"""Words for what a caller is prepared for: the task, an error, or the response as it came."""
RAW, WORDS = "only a raw socket", "the words"
"""Marks of the table of what no scenario makes, and of that of the words."""
_MARK = re.compile(r"(?P<start><!-- bites: (?P<names>[\w -]+) -->\n).*?(?P<end><!-- /bites -->)", re.S)


class Language(NamedTuple):
    """How the tables read in one language.

    `separators` stand between statements, between SDKs of a vendor, and between vendors. The last three are texts with
    places in them.
    """

    names: SdkWords
    heads: tuple[str, str, str]
    raw_heads: tuple[str, str]
    word_heads: tuple[str, str]
    nobody: str
    separators: tuple[str, str, str]
    setting: str
    who: str
    requests: str


LANGUAGES: Mapping[str, Language] = MappingProxyType(
    {
        "en": Language(
            ENGLISH,
            ("scenario", "what happens", "whom it catches"),
            ("what is sent", "whom it catches"),
            ("word", "what the caller has"),
            "nobody",
            ("; ", ", ", " and "),
            "{sdk} with {setting}",
            "{word}: {sdks}",
            "{count} requests: {sdks}",
        ),
        "zh": Language(
            CHINESE,
            ("场景", "会发生什么", "会难倒谁"),
            ("发送什么", "会难倒谁"),
            ("用词", "调用方得到的结果"),
            "无",
            ("；", "、", "，"),
            "{sdk}（{setting}）",
            "{word}：{sdks}",
            "{count} 次请求：{sdks}",
        ),
    }
)


def rendered(page: str, matrix: Matrix, abouts: Mapping[str, str], language: Language = LANGUAGES["en"]) -> str:
    """A page with a table between its marks `<!-- bites: NAME … -->` and `<!-- /bites -->`, a row for each scenario.

    The mark `RAW` has the rows that no scenario makes, and `WORDS` the words of all tables. LookupError: a mark names
    a scenario that has no row, or the language lacks the name of a condition or a vendor.
    """
    rows = {row.scenario: row for row in matrix.rows if row.scenario}

    def part(found: re.Match[str]) -> str:
        if found["names"] == RAW:
            lines = _lines(language.raw_heads, _raw(matrix, language))
        elif found["names"] == WORDS:
            lines = _lines(language.word_heads, _words(matrix, language))
        else:
            names = found["names"].split()
            told = ((name, language.separators[0].join(caught(rows[name], matrix, language))) for name in names)
            lines = _lines(language.heads, ((f"`{name}`", abouts[name], who or language.nobody) for name, who in told))
        return f"{found['start']}\n{chr(10).join(lines)}\n\n{found['end']}"

    return _MARK.sub(part, page)


def named(page: str) -> list[str]:
    """The scenarios that the marks of a page name."""
    marks = [found["names"] for found in _MARK.finditer(page)]
    return [name for names in marks if names not in (RAW, WORDS) for name in names.split()]


def bites(row: Row) -> bool:
    """Whether an SDK leaves its caller with what it is not prepared for, or makes several requests for one call."""
    return any(cell.word not in EXPECTED or (cell.requests or 1) > 1 for cell in row.cells.values())


def caught(row: Row, matrix: Matrix, language: Language = LANGUAGES["en"]) -> Iterator[str]:
    """What each SDK makes of it that is not expected, as `**nothing**: Qiniu PHP, Java`; then who asks repeatedly."""
    for word in dict.fromkeys(cell.word for cell in row.cells.values()):
        if word not in EXPECTED:
            who = _sdks(matrix, [name for name, cell in row.cells.items() if cell.word == word], language)
            yield language.who.format(word=language.names.word(word), sdks=who)
    for count in sorted({cell.requests for cell in row.cells.values() if cell.requests and cell.requests > 1}):
        who = _sdks(matrix, [name for name, cell in row.cells.items() if cell.requests == count], language)
        yield language.requests.format(count=count, sdks=who)


def _raw(matrix: Matrix, language: Language) -> Iterator[tuple[str, str]]:
    for row in matrix.rows:
        if not row.scenario and bites(row):
            yield language.names.condition(row.name), language.separators[0].join(caught(row, matrix, language))


def _words(matrix: Matrix, language: Language) -> Iterator[tuple[str, str]]:
    """The words that the tables here have, with their meanings."""
    for word, about in matrix.words.items():
        if word not in EXPECTED:
            yield language.names.word(word), language.names.meaning(word, about)


def _sdks(matrix: Matrix, names: list[str], language: Language) -> str:
    """`Qiniu Python, Node and Wangsu Java`. A column with other settings is left out beside the plain one."""
    columns = [each for each in matrix.columns if each.name in names]
    plain = {(each.vendor, each.sdk) for each in columns}
    shown: dict[str, list[str]] = {}
    for each in columns:
        base, _, setting = each.sdk.partition(", ")
        if not setting or (each.vendor, base) not in plain:
            sdk = language.setting.format(sdk=base, setting=setting) if setting else base
            shown.setdefault(language.names.vendor(each.vendor), []).append(sdk)
    _, between, after = language.separators
    return after.join(f"{vendor} {between.join(sdks)}" for vendor, sdks in shown.items())


def _lines(heads: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield "|" + "---|" * len(heads)
    for row in rows:
        yield f"| {' | '.join(row)} |"
