"""An open page without a browser: it asks what the page's script would."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple
from urllib.parse import urlencode

UI = "/__admin/ui"
_PART = re.compile(r'<[^>]*\bdata-part="([^"]+)"[^>]*>')


class Answer(NamedTuple):
    """What a server answered: a status, a text, an entity tag, and the names of what has changed."""

    status: int
    text: str
    tag: str | None
    changed: str | None


Get = Callable[[str, Mapping[str, str]], Answer]
"""How a target is asked for, with these headers."""


class _Part(NamedTuple):
    """A part of a page, what it listens to, and whether it is asked for apart from the others."""

    name: str
    on: set[str]
    apart: bool


class OpenPage:
    """One open page, which asks for the pulse, and then for the parts that it says have changed."""

    def __init__(self, get: Get, address: str) -> None:
        self._get, self._address = get, address
        self._sign = "&" if "?" in address else "?"
        self._tags: dict[str, str] = {}
        self.asked = 0
        """How many parts it asked for."""
        self.every = 1.0
        """In how many seconds it looks again."""
        whole = self._ask(address).text
        self._parts = [_part(found) for found in _PART.finditer(whole)]
        self._read(whole)

    def look(self) -> None:
        """Looks whether anything changed, and asks for it. RuntimeError: the server refuses."""
        frame = self._ask(f"{UI}/pulse?" + urlencode({"mark": self._mark, "at": self._address}))
        if frame.status == 204:
            self.every = 1.0
            return
        self._read(frame.text)
        changed = set((frame.changed or "").split(", "))
        stale = [part for part in self._parts if part.on & changed]
        together = ",".join(part.name for part in stale if not part.apart)
        for names in [*([together] if together else []), *(part.name for part in stale if part.apart)]:
            self._ask(f"{self._address}{self._sign}" + urlencode({"part": names}))
        self.asked += len(stale)

    def _read(self, page: str) -> None:
        self._mark, self.every = _value(page, "mark"), int(_value(page, "every")) / 1_000

    def _ask(self, target: str) -> Answer:
        known = {"If-None-Match": self._tags[target]} if target in self._tags else {}
        answer = self._get(target, known)
        if answer.status not in (200, 204, 304):
            raise RuntimeError(f"{target} was answered with {answer.status}")
        if answer.tag is not None:
            self._tags[target] = answer.tag
        return answer


def five(vendor: str, id: str, scenario: str) -> tuple[str, ...]:
    """The addresses of five pages: one of them is that of a task, one that of a scenario."""
    task = f"{UI}/task?" + urlencode({"vendor": vendor, "id": id})
    return "/__admin/", task, f"{UI}/requests", f"{UI}/scenario/{scenario}", f"{UI}/server"


def _part(found: re.Match[str]) -> _Part:
    return _Part(found[1], set(_value(found[0], "on").split()), "data-apart" in found[0])


def _value(text: str, name: str) -> str:
    found = re.search(rf'\bdata-{name}="([^"]*)"', text)
    return "" if found is None else found[1]
