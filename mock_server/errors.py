"""What is wrong, where, and what to do: the one place that builds our own errors."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Problem(NamedTuple):
    """One thing wrong with what somebody gave us.

    `where` is `file:line:column` for a file, a JSON path (`$.items[0].code`) for a value, a flag for a setting.
    `what` says what is wrong and what was expected; `hint`, when there is one, says what to do.
    """

    where: str
    what: str
    hint: str = ""

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        return f"{text} ({self.hint})" if self.hint else text


class MockServerError(Exception):
    """An error whose text is meant for the user; the commands print it without a traceback."""


class InvalidInput(MockServerError):
    """Every problem of one input, so that nobody mends a file one line a run."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def unknown_vendor(where: str, name: str, known: Iterable[str]) -> Problem:
    """The problem of a vendor's name that is not among `known`."""
    return Problem(where, f"no vendor {name!r}", did_you_mean(name, known))


def unknown_scenario(where: str, name: str, known: Iterable[str]) -> Problem:
    """The problem of a scenario's name that is not among `known`."""
    return Problem(where, f"no scenario is named {name!r}", did_you_mean(name, known))


def json_path(path: Iterable[str | int]) -> str:
    """`("items", 0, "code")` as `$.items[0].code`."""
    return "$" + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)


def nearest(word: str, words: Iterable[str]) -> str | None:
    """The known word that `word` was most likely meant to be, if any is close."""
    close = difflib.get_close_matches(word, list(words), n=1, cutoff=0.6)
    return close[0] if close else None


def did_you_mean(word: str, words: Iterable[str]) -> str:
    """A hint for a word that is not among `words`: the nearest one, else the whole list."""
    known = sorted(words)
    close = nearest(word, known)
    if close is not None:
        return f'did you mean "{close}"?'
    return f"known: {', '.join(known)}" if known else ""
