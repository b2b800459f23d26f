"""What is wrong, where, and what to do: the one place that builds our own errors."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import NamedTuple

from mock_server.types import Bound

MOST_PROBLEMS = 100
"""Problems of one file or body that are listed; of the others only the number is given."""
MOST_COUNTED = 1_000
"""Problems beyond those listed that are counted exactly: a validator stops once there are more than anyone reads."""
MOST_HINTS = 20
"""Problems of one file or body whose hint may cost a search; the others have none of that kind."""
MOST_NAMES = 40
"""Known names that a hint lists; of the others only the number is given."""
MOST_CANDIDATES = 2_000
"""Known words among which the nearest is looked for, in their order; further ones are passed over."""
LONGEST_WORD = 100
"""Characters of a word for which the nearest is looked for; the others are ignored."""
_COUNTED_ONLY = "Of the others only the number is given."
BOUNDS = (
    Bound("Problems of one file or body that are listed", MOST_PROBLEMS, "problems", _COUNTED_ONLY),
    Bound(
        "Problems that are counted beyond those listed",
        MOST_COUNTED,
        "problems",
        f"The message ends with `and over {MOST_COUNTED} more`.",
    ),
    Bound(
        "Problems of one file or body whose hint takes a search",
        MOST_HINTS,
        "problems",
        "The others are listed without such a hint.",
    ),
    Bound("Known names that a hint lists", MOST_NAMES, "names", _COUNTED_ONLY),
    Bound(
        "Known words among which a hint looks for the nearest",
        MOST_CANDIDATES,
        "words",
        "The words behind them, in alphabetical order, are never suggested.",
    ),
    Bound(
        "Part of a word for which a hint looks for the nearest",
        LONGEST_WORD,
        "characters",
        "The rest is ignored, and a known word of more than twice as many is never suggested.",
    ),
)

Hint = str | Callable[[], str]
"""A hint, or how to make it: looking for the nearest of many words is too slow to do for every problem."""


def one_line(text: str) -> str:
    """The text with escapes for what would end its line or not be seen: names of files may hold anything."""
    return text if text.isprintable() else "".join(c if c.isprintable() else _escaped(c) for c in text)


def _escaped(sign: str) -> str:
    """The escape of a sign; that of its byte, for what stands for a byte that is no UTF-8."""
    return f"\\x{ord(sign) - 0xDC00:02x}" if "\udc80" <= sign <= "\udcff" else repr(sign)[1:-1]


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
        return one_line(f"{text} ({self.hint})" if self.hint else text)


class MockServerError(Exception):
    """An error whose text is meant for the user; the commands print it without a traceback."""


class InvalidInput(MockServerError):
    """Every problem of one input, so that nobody mends a file one line a run."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class Problems:
    """The problems of one input, in the order they are found: each once, at most `MOST_PROBLEMS` of them listed.

    `where` is what people call the whole. However many problems there are, adding one takes the same short time.
    """

    def __init__(self, where: str = "") -> None:
        self._where = where
        self._listed: list[Problem] = []
        self._known: set[tuple[str, str]] = set()
        self._hints = 0

    def __len__(self) -> int:
        """How many there are, those that are not listed included."""
        return len(self._known)

    def add(self, where: str, what: str, hint: Hint = "") -> None:
        """Notes a problem, unless it is known."""
        before = len(self._known)
        self._known.add((where, what))
        if before == len(self._known) or before >= MOST_PROBLEMS:
            return
        if not isinstance(hint, str):
            self._hints += 1
            hint = hint() if self._hints <= MOST_HINTS else ""
        self._listed.append(Problem(where, what, hint))

    def listed(self) -> list[Problem]:
        """The problems, the last of which says how many more there are, if there are."""
        more = len(self._known) - len(self._listed)
        if not more:
            return list(self._listed)
        number = more if more <= MOST_COUNTED else f"over {MOST_COUNTED}"
        return [*self._listed, Problem(self._where, f"and {number} more")]


def unknown_vendor(where: str, name: str, known: Iterable[str]) -> Problem:
    """The problem of a vendor's name that is not among `known`."""
    return Problem(where, f"no vendor {name!r}", did_you_mean(name, known))


def unknown_scenario(where: str, name: str, known: Iterable[str]) -> Problem:
    """The problem of a scenario's name that is not among `known`."""
    return Problem(where, f"no scenario is named {name!r}", did_you_mean(name, known))


def json_path(path: Iterable[str | int]) -> str:
    """`("items", 0, "code")` as `$.items[0].code`."""
    return "$" + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)


def nearest(word: str, words: Iterable[str], alike: float = 0.6) -> str | None:
    """The known word that `word` was most likely meant to be, if any is close. Takes bounded time.

    `alike`: how close it must be, from 0, where any is, to 1, where only the same is.
    """
    candidates = [each for each in islice(words, MOST_CANDIDATES) if len(each) <= 2 * LONGEST_WORD]
    # Imported here: only what is wrong is looked up, and every command and server imports this module.
    from difflib import get_close_matches

    close = get_close_matches(word[:LONGEST_WORD], candidates, n=1, cutoff=alike)
    return close[0] if close else None


def did_you_mean(word: str, words: Iterable[str], instead: str = "") -> str:
    """A hint for a word that is not among `words`: the nearest one, else `instead` or the list of them."""
    known = sorted(words)
    close = nearest(word, known)
    if close is not None:
        return f'did you mean "{close}"?'
    if instead:
        return instead
    more = f" and {len(known) - MOST_NAMES} more" if len(known) > MOST_NAMES else ""
    return f"known: {', '.join(known[:MOST_NAMES])}{more}" if known else ""


def in_a_row(hints: Iterable[str]) -> str:
    """Hints as one, without those that say nothing: `did you mean "save"? save, load; …`."""
    found = ""
    for hint in filter(None, hints):
        found = f"{found}{' ' if found.endswith('?') else '; '}{hint}" if found else hint
    return found
