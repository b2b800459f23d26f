"""The words of the pages in each language, and which language a visitor reads."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

FOLDER = Path(__file__).resolve().parent / "words"
LANGUAGES = ("en", "zh")
_PLACE = re.compile(r"\{(\w+)\}")
_UNITS = (
    ("d", 86_400_000, "h", 3_600_000),
    ("h", 3_600_000, "min", 60_000),
    ("min", 60_000, "s", 1_000),
    ("s", 1_000, "", 1_000),
    ("ms", 1, "", 1),
)
"""Units with their milliseconds, each with the next smaller one. Of a second no part is shown beside it."""
_SECONDS = _UNITS[-2]
_SIZES = ("B", "KiB", "MiB", "GiB", "TiB")


class Words:
    """The words of one language."""

    def __init__(self, language: str, texts: Mapping[str, str]) -> None:
        self.language = language
        self.texts = texts
        self._pieces = {key: tuple(map(_pieces, text.split("|", 1))) for key, text in texts.items()}
        """Of each text its pieces, those with an odd place being names of values; a second one is that for many."""

    def __call__(self, key: str, **values: object) -> str:
        """The text of a key with these values in it. Of `one|many` it is chosen by the value `n`."""
        pieces = self._chosen(key, values)
        if len(pieces) == 1:
            return pieces[0]
        return "".join([self.number(values[each]) if k % 2 else each for k, each in enumerate(pieces)])

    def has(self, key: str) -> bool:
        """Whether there is such a text."""
        return key in self.texts

    def parts(self, key: str, **values: object) -> list[tuple[bool, str]]:
        """The text in pieces, in order: whether it is a value, and the piece itself."""
        found = self._chosen(key, values)
        return [(bool(k % 2), self.number(values[each]) if k % 2 else each) for k, each in enumerate(found) if each]

    def length(self, ms: int) -> str:
        """A length of time in its two largest units, `1 min 55 s`; below a second in milliseconds."""
        ms = abs(ms)
        name, size, smaller, part = _SECONDS  # of nothing
        for unit in _UNITS:
            if ms >= unit[1]:
                name, size, smaller, part = unit
                break
        count, left = divmod(ms, size)
        more = left // part
        whole = self(f"unit.{name}", n=count)
        return f"{whole} {self(f'unit.{smaller}', n=more)}" if more else whole

    def size(self, count: int) -> str:
        """A number of bytes in the largest unit that it fills, with one digit behind the point: `1.5 MiB`."""
        unit = min((max(count, 1).bit_length() - 1) // 10, len(_SIZES) - 1)
        number = f"{count / (1 << 10 * unit):,.1f}".removesuffix(".0")
        return f"{number} {_SIZES[unit]}"

    def number(self, value: object) -> str:
        """A value as it stands in a text: whole numbers have their thousands apart."""
        return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)

    def _chosen(self, key: str, values: Mapping[str, object]) -> tuple[str, ...]:
        one, *many = self._pieces[key]
        return many[0] if many and values.get("n") != 1 else one


def _pieces(text: str) -> tuple[str, ...]:
    return tuple(_PLACE.split(text))


@cache
def words_of(language: str) -> Words:
    """The words of one of the languages."""
    table = tomllib.loads((FOLDER / f"{language}.toml").read_text("utf-8"))
    return Words(language, MappingProxyType(dict(_flat(table))))


def language_of(asked: str | None, kept: str | None, accepted: str) -> str:
    """The first of these that is one of ours: what the address asks for, the cookie, and Accept-Language."""
    for each in (asked, kept):
        if each in LANGUAGES:
            return str(each)
    ranked = sorted(_ranges(accepted), key=lambda pair: -pair[1])
    return next((name for name, weight in ranked if name in LANGUAGES and weight > 0), LANGUAGES[0])


def _ranges(accepted: str) -> Iterator[tuple[str, float]]:
    for part in accepted[:500].split(","):
        name, _, weight = part.partition(";")
        found = re.fullmatch(r"\s*q=([01](?:\.[0-9]{0,3})?)\s*", weight)
        yield name.strip().lower().partition("-")[0], float(found[1]) if found else 1.0


def _flat(table: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, str):
            yield before + key, value
        else:
            yield from _flat(value, f"{before}{key}.")
