"""YAML text as a plain value that still knows where each of its parts is written.

Scalars are read as YAML 1.2 does: null, true and false, decimal numbers, and all else is text. The events of the
parser are read one by one, so that nothing is built before it is known to be small enough.
"""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from typing import Any, NamedTuple

import yaml

from mock_server.errors import InvalidInput, Problem, Problems
from mock_server.scenarios.yaml_errors import explain
from mock_server.types import Bound, Json

LARGEST = 256 * 1024
"""Bytes of the longest file."""
MOST_NODES = 20_000
"""Values a file may hold once its aliases are written out."""
DEEPEST = 20
LONGEST_NUMBER = 18
"""Characters of the longest number: beyond them digits would be lost in one place or another."""
"""Characters of the longest number; 10 to this power is the largest."""
_NOT_LOADED = "The file is not loaded, and its problem says so."
BOUNDS = (
    Bound("Size of a scenario file", LARGEST, "bytes", _NOT_LOADED),
    Bound("Values in a scenario file, aliases written out", MOST_NODES, "values", _NOT_LOADED),
    Bound("Nesting of a scenario file", DEEPEST, "levels", _NOT_LOADED),
    Bound("Number in a scenario file", LONGEST_NUMBER, "characters", f"{_NOT_LOADED} In quotes it is text."),
)

Mark = tuple[int, int]

_FAST: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TOO_DEEP = "nesting depth"
"""Part of the parser's error about a text so deep that it gives up before it has handed over what comes earlier."""
_ILLEGAL = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_WORDS: Mapping[str, Json] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_WHOLE = re.compile(r"[-+]?[0-9]+")
_DECIMAL = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NUMBER_STARTS = frozenset("+-.0123456789")


class Node(NamedTuple):
    """A value and where it is written; `size` and `height` count what it holds, with aliases written out."""

    value: Json
    mark: Mark
    kids: dict[str, Node] | list[Node] | None = None
    keys: dict[str, Mark] | None = None
    size: int = 1
    height: int = 1


class Source(NamedTuple):
    """One file as read: `where` is what people call it."""

    where: str
    root: Node

    @property
    def value(self) -> Json:
        """The plain value. Parts that were written as aliases are shared: it is not to be changed."""
        return self.root.value

    def at(self, path: Sequence[str | int], *, key: bool = False) -> str:
        """`file:line:column` of the value at `path`, or of its key; if it is absent, of the nearest part above it."""
        node, mark = self.root, self.root.mark
        for part in path:
            kids: Any = node.kids
            if kids is None or (part not in kids if isinstance(kids, dict) else not isinstance(part, int)):
                break
            mark = node.keys[str(part)] if key and node.keys else kids[part].mark
            node = kids[part]
        return _place(self.where, mark)


def read(text: str | bytes, where: str) -> Source:
    """The one document of a file. InvalidInput: it is no YAML or exceeds a bound; names all problems found so far."""
    reader = _Reader(_clean(text, where), where)
    with closing(reader):
        root = reader.document()
    if reader.problems:
        raise InvalidInput(reader.problems.listed())
    return Source(where, root)


class _Reader:
    """Reads one text. Problems that allow reading on are kept in `problems`."""

    def __init__(self, text: str, where: str) -> None:
        self.problems = Problems(where)
        self._where = where
        self._text = text
        self._events = self._parse()
        self._anchors: dict[str, Node | None] = {}
        self._nodes = 0

    def document(self) -> Node:
        """The root of the only document."""
        next(self._events)
        event = next(self._events)
        if not isinstance(event, yaml.DocumentStartEvent):
            raise self._stop(event, "the file is empty", "a scenario is a mapping with at least `steps`")
        root = self._node(next(self._events), 1)
        next(self._events)
        event = next(self._events)
        if not isinstance(event, yaml.StreamEndEvent):
            raise self._stop(event, "a second document starts here", "one file holds one scenario; drop the `---`")
        return root

    def close(self) -> None:
        """Lets go of the parser. It and the reader hold one another, and with them the text, until a collection."""
        self._events.close()

    def _parse(self) -> Generator[Any, None, None]:
        try:
            yield from yaml.parse(self._text, _FAST)
        except yaml.MarkedYAMLError as error:
            raise self._malformed(error) from None
        except yaml.YAMLError as error:
            raise self._stop((0, 0), f"not YAML: {error}") from None

    def _malformed(self, error: yaml.MarkedYAMLError) -> InvalidInput:
        line, column, what, hint = explain(error, self._text)
        if _TOO_DEEP in str(error.problem):
            return self._too_deep((line, column))
        return self._stop((line, column), what, hint)

    def _node(self, event: Any, depth: int) -> Node:
        mark = (event.start_mark.line, event.start_mark.column)
        if isinstance(event, yaml.AliasEvent):
            node = self._aliased(event, mark)
        else:
            if event.tag is not None:
                self._add(mark, f"the tag {event.tag} is not allowed", "drop it; text goes in quotes")
            if event.anchor is not None:
                self._anchors[event.anchor] = None
            node = self._plain(event, mark, depth)
            if event.anchor is not None:
                self._anchors[event.anchor] = node
        if depth + node.height - 1 > DEEPEST:
            raise self._too_deep(mark)
        return node

    def _plain(self, event: Any, mark: Mark, depth: int) -> Node:
        if depth > DEEPEST:
            raise self._too_deep(mark)
        self._count(1, mark)
        if isinstance(event, yaml.ScalarEvent):
            return Node(self._scalar(event, mark), mark)
        return self._sequence(mark, depth) if isinstance(event, yaml.SequenceStartEvent) else self._mapping(mark, depth)

    def _aliased(self, event: Any, mark: Mark) -> Node:
        node = self._anchors.get(event.anchor)
        if node is None:
            inside = event.anchor in self._anchors
            what = "stands inside what it names" if inside else "names nothing that was anchored before"
            raise self._stop(mark, f"the alias *{event.anchor} {what}", "if it is text, put it in quotes")
        self._count(node.size, mark)
        return node

    def _sequence(self, mark: Mark, depth: int) -> Node:
        kids: list[Node] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            kids.append(self._node(event, depth + 1))
        return Node([kid.value for kid in kids], mark, kids, None, *_extent(kids))

    def _mapping(self, mark: Mark, depth: int) -> Node:
        kids: dict[str, Node] = {}
        keys: dict[str, Mark] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            name = self._node(event, depth + 1)
            at = (event.start_mark.line, event.start_mark.column)
            kid = self._node(next(self._events), depth + 1)
            key = name.value
            if not isinstance(key, str):
                self._add(at, f"a key must be text, found {_kind(key)}", "put it in quotes")
            elif key in kids:
                self._add(at, f'the key "{key}" was given before, in line {keys[key][0] + 1}', "keep one of them")
            else:
                kids[key], keys[key] = kid, at
        value = {key: kid.value for key, kid in kids.items()}
        return Node(value, mark, kids, keys, *_extent(list(kids.values())))

    def _scalar(self, event: Any, mark: Mark) -> Json:
        text: str = event.value
        if not event.implicit[0]:
            if _SURROGATE.search(text):
                self._add(mark, "half of a surrogate pair is no character", "write the character itself")
            return text
        if text in _WORDS:
            return _WORDS[text]
        if text[0] not in _NUMBER_STARTS or not _DECIMAL.fullmatch(text):
            return text
        number = int(text) if len(text) <= LONGEST_NUMBER and _WHOLE.fullmatch(text) else float(text)
        if len(text) > LONGEST_NUMBER or abs(number) > 10**LONGEST_NUMBER:
            self._add(mark, f"the number {text[:40]} is too long", "if it is text, put it in quotes")
        return number

    def _count(self, nodes: int, mark: Mark) -> None:
        self._nodes += nodes
        if self._nodes > MOST_NODES:
            raise self._stop(mark, f"more than {MOST_NODES} values, aliases written out", "split the file")

    def _too_deep(self, at: Mark) -> InvalidInput:
        return self._stop(at, f"nested more than {DEEPEST} deep")

    def _add(self, mark: Mark, what: str, hint: str = "") -> None:
        self.problems.add(_place(self._where, mark), what, hint)

    def _stop(self, at: Any, what: str, hint: str = "") -> InvalidInput:
        """The error that ends the reading, together with what was found before it."""
        mark = at if isinstance(at, tuple) else (at.start_mark.line, at.start_mark.column)
        self._add(mark, what, hint)
        return InvalidInput(self.problems.listed())


def _extent(kids: Sequence[Node]) -> tuple[int, int]:
    return 1 + sum(kid.size for kid in kids), 1 + max((kid.height for kid in kids), default=0)


def _kind(value: Json) -> str:
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "a mapping"
    return json.dumps(value)


def _clean(text: str | bytes, where: str) -> str:
    """The text, decoded. InvalidInput: it exceeds the bound, is not UTF-8, or has a character that YAML forbids."""
    if len(text) > LARGEST:
        raise InvalidInput([Problem(where, f"larger than {LARGEST // 1024} KiB", "split it")])
    text = (_decoded(text, where) if isinstance(text, bytes) else text).removeprefix("\ufeff")
    illegal = _ILLEGAL.search(text)
    if illegal:
        what = f"the character U+{ord(illegal[0]):04X} is not allowed in YAML"
        raise InvalidInput([Problem(_place(where, _end(text[: illegal.start()])), what)])
    return text


def _decoded(text: bytes, where: str) -> str:
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError as error:
        before = text[: error.start].decode("utf-8")
        raise InvalidInput([Problem(_place(where, _end(before)), "not UTF-8", "save the file as UTF-8")]) from None


def _end(before: str) -> Mark:
    return before.count("\n"), len(before) - (before.rfind("\n") + 1)


def _place(where: str, mark: Mark) -> str:
    return f"{where}:{mark[0] + 1}:{mark[1] + 1}"
