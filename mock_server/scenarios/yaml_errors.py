"""What the YAML parser complains of, as an author of scenario files needs it: where, what is wrong, what to do."""

from __future__ import annotations

from typing import Any, NamedTuple

_QUOTE_IT = "put the text in quotes"
_INDENT = "let keys of one mapping begin in one column, and the dashes of one list too"


class Explained(NamedTuple):
    """A syntax error: its line and column, counted from 0, what is wrong, and the remedy."""

    line: int
    column: int
    what: str
    hint: str = ""


class _Found(NamedTuple):
    """The parser's error: its words, and the places of the problem and of what it was reading."""

    problem: str
    context: str
    line: int
    column: int
    start: tuple[int, int]
    lines: list[str]

    @property
    def text(self) -> str:
        """The line of the problem."""
        return self.lines[self.line]

    @property
    def sign(self) -> str:
        """The character at which the parser stopped; "" at the end of a line."""
        return self.text[self.column : self.column + 1]

    @property
    def before(self) -> str:
        """What is on the line before it."""
        return self.text[: self.column].rstrip()

    def here(self, what: str, hint: str = "") -> Explained:
        """An error at the place of the problem."""
        return Explained(self.line, self.column, what, hint)

    def at_start(self, what: str, hint: str = "") -> Explained:
        """An error at the place where what was being read begins."""
        return Explained(*self.start, what, hint)


def explain(error: Any, text: str) -> Explained:
    """The error of a parser as its author needs it; in the parser's own words where there are no better ones."""
    found = _found(error, text)
    explained = _tab(found) or _unclosed(found) or _colon(found) or _sign(found) or _block(found)
    if explained is not None:
        return explained
    words = f"{found.context}: {found.problem}" if found.context else found.problem
    return found.here(f"not YAML: {words}")


def _found(error: Any, text: str) -> _Found:
    mark = error.problem_mark or error.context_mark
    start = error.context_mark or mark
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    line, column = (mark.line, mark.column) if mark else (0, 0)
    if line >= len(lines):
        line, column = len(lines) - 1, len(lines[-1])
    begin = (min(start.line, len(lines) - 1), start.column) if start else (line, column)
    return _Found(str(error.problem), str(error.context or ""), line, column, begin, lines)


def _tab(found: _Found) -> Explained | None:
    """A tab where blanks are needed."""
    tab = found.text.find("\t", 0, len(found.text) - len(found.text.lstrip()))
    if tab < 0 and found.sign == "\t":
        tab = found.column
    return None if tab < 0 else Explained(found.line, tab, "a tab cannot indent here", "use spaces")


def _unclosed(found: _Found) -> Explained | None:
    """A quote or a bracket without its end."""
    opened = found.lines[found.start[0]][found.start[1] : found.start[1] + 1]
    if "quoted scalar" in found.context and "unexpected" in found.problem:
        hint = "close it; within '…' a quote is written twice" if opened == "'" else 'close it; within "…" it is \\"'
        return found.at_start(f"the quote {opened} that opens here is never closed", hint)
    if "flow" in found.context and "expected ','" in found.problem and opened in ("[", "{"):
        if found.sign == ":":
            return None
        closing = "]" if opened == "[" else "}"
        place = f'line {found.line + 1}, column {found.column + 1} has no "," or "{closing}"'
        hint = f"close it with {closing}; text that holds brackets, braces, commas or colons goes in quotes"
        return found.at_start(f'the "{opened}" that opens here is not closed: {place}', hint)
    return None


def _colon(found: _Found) -> Explained | None:
    """A colon that makes text look like a key, or a key where none can be."""
    if found.sign != ":" or not ("mapping values" in found.problem or "flow" in found.context):
        return None
    if ":" in found.before:
        what = "a colon with a blank behind it, within text, makes the text before it look like a key"
        return found.here(what, f'{_QUOTE_IT}, e.g. about: "before: after"')
    what = "a key cannot stand here"
    return found.here(what, f"{_INDENT}; the line above may lack its colon, or the blank behind it")


def _sign(found: _Found) -> Explained | None:
    """A character with a meaning of its own."""
    sign = found.sign
    if "cannot start any token" in found.problem:
        return found.here(f'text cannot begin with "{sign}"', _QUOTE_IT)
    if "escape character" in found.problem or "hexdecimal" in found.problem or "hexadecimal" in found.problem:
        return found.here("this escape is not known within double quotes", "write \\\\ for a backslash, or use '…'")
    if "\ufeff" in (sign, found.before[-1:]):
        return found.here("a byte order mark can only be the first character of a file", "remove it")
    if "alphabetic or numeric" in found.problem or "alphabetical or numeric" in found.problem:
        return found.at_start("text that begins with & or * is the name of a part of the file", _QUOTE_IT)
    if "block scalar" in found.context:
        return found.here("the text of a | or > begins in the next line", f"break the line, or {_QUOTE_IT}")
    if sign in ("]", "}") and sign:
        return found.here(f'this "{sign}" closes nothing', f"remove it; if it is text, {_QUOTE_IT}")
    if sign == "," and "node content" in found.problem:
        return found.here("there is nothing before this comma", f"remove it; if it is text, {_QUOTE_IT}")
    if "directive" in found.context or "incompatible YAML" in found.problem:
        return Explained(found.line, 0, "a line that begins with % is an instruction to the parser", "remove it")
    return None


def _block(found: _Found) -> Explained | None:
    """Keys and dashes at places where they cannot be."""
    if "sequence entries are not allowed" in found.problem:
        return found.here("a list cannot begin behind its key", 'put each "- " in a line of its own, below the key')
    if "mapping keys are not allowed" in found.problem:
        return found.here('"? " begins a key, and none can stand here', _QUOTE_IT)
    if "expected ':'" in found.problem:
        return found.at_start("this line lacks its colon", "a key is followed by a colon and a blank")
    if "document start" in found.problem:
        return found.here("the scenario ended before this line", f"one file holds one scenario; {_INDENT}")
    if "expected key" in found.problem or "'-' indicator" in found.problem or "<block end>" in found.problem:
        if found.before.endswith(('"', "'")):
            return found.here("there is text behind the closing quote", "put all of the text in quotes")
        return found.here("this line is indented like none above it", _INDENT)
    return None
