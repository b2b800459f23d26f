"""A problem with the line it is about, and lines of scenario files as pages show them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from mock_server.errors import Problem

_PLACE = re.compile(r"(.*?):([0-9]{1,7}):([0-9]{1,7})\Z", re.DOTALL)
_LONGEST_FILE = 1 << 20
_LONGEST_LINE = 300
_KEY = re.compile(r"(?<![\w.\"'-])([\w.*-]+|\"[^\"]*\")(?=:(?:\s|$))")


class Quoted(NamedTuple):
    """A problem, and the line where it is. `line` is 0 where it has no place; `caret` are blanks up to the place."""

    where: str
    what: str
    hint: str
    line: int
    text: str
    caret: str


class Part(NamedTuple):
    """A stretch of a line: a `key`, a `comment`, or nothing of these."""

    kind: str
    text: str


def quoted(problem: Problem, text: str) -> Quoted:
    """A problem of a text that the page has."""
    found = _PLACE.match(problem.where)
    if found is None:
        return Quoted(problem.where, problem.what, problem.hint, 0, "", "")
    line, column = int(found[2]), int(found[3])
    lines = text.split("\n", line)
    shown = lines[line - 1].rstrip("\r")[:_LONGEST_LINE] if 0 < line <= len(lines) else ""
    return Quoted(problem.where, problem.what, problem.hint, line, shown, " " * min(column - 1, len(shown)))


def quoted_file(problem: Problem) -> Quoted:
    """A problem of a file that was not loaded, with the line as the file has it now."""
    found = _PLACE.match(problem.where)
    text = "" if found is None else _read(Path(found[1]))
    return quoted(problem, text)


def _read(path: Path) -> str:
    """A file's text, as far as it is read; "" if it cannot be read."""
    try:
        if not path.is_file():
            return ""
        with path.open("rb") as file:
            return file.read(_LONGEST_FILE).decode("utf-8", "replace")
    except (OSError, ValueError):
        return ""


def lines_of(text: str) -> tuple[tuple[Part, ...], ...]:
    """The lines of a scenario file, its keys and comments told apart."""
    return tuple(tuple(_parts(line)) for line in text.rstrip("\n").split("\n"))


def _parts(line: str) -> Iterator[Part]:
    if line.lstrip().startswith("#"):
        yield Part("comment", line)
        return
    end = 0
    for found in _KEY.finditer(line):
        yield Part("", line[end : found.start()])
        yield Part("key", found[0])
        end = found.end()
    yield Part("", line[end:])
