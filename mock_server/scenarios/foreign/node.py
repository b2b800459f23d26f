"""A value of a foreign file that knows its place, and notes what nobody asks it for."""

from __future__ import annotations

from collections.abc import Iterator, Set
from typing import TypeVar

from mock_server.errors import Problem
from mock_server.types import Json

T = TypeVar("T", str, int, bool, float)
_NOTHING: tuple[Json, ...] = (None, "", [], {})


class Node:
    """A value, its place, and the notes of its file."""

    def __init__(self, value: Json, place: str, notes: list[Problem]) -> None:
        self.value = value
        self.place = place
        self._notes = notes

    def note(self, what: str, hint: str = "") -> None:
        """Notes what is not understood here."""
        self._notes.append(Problem(self.place, what, hint))

    def child(self, key: str) -> Node:
        """The value of a key; None where there is none."""
        value = self.value.get(key) if isinstance(self.value, dict) else None
        return Node(value, f"{self.place}.{key}" if self.place else key, self._notes)

    def elements(self) -> Iterator[Node]:
        """The values of a list; none where it is no list."""
        for k, value in enumerate(self.value if isinstance(self.value, list) else ()):
            yield Node(value, f"{self.place}[{k}]", self._notes)

    def read(self, kind: type[T], default: T) -> T:
        """The value, if it is of this kind; another, that is not null, is noted."""
        value = self.value
        if type(value) is kind:
            return value
        if value is not None:
            self.note(f"expected {kind.__name__}, found {type(value).__name__}", "it is left out")
        return default

    def get(self, key: str, default: T) -> T:
        """The value of a key, of the kind that its default has."""
        return self.child(key).read(type(default), default)

    def only(self, known: Set[str]) -> None:
        """Notes every other key that has a value."""
        for key, value in self.value.items() if isinstance(self.value, dict) else ():
            if key not in known and value not in _NOTHING and value is not False:
                self.child(key).note(f"`{key}` is not understood", "it is left out")
