"""What tasks were created with, parsed once: polls of a submitted task need its items again and again."""

from __future__ import annotations

from mock_server.cache import Cache
from mock_server.engine.scenario import Item
from mock_server.engine.task import Task
from mock_server.types import Bound

TEXTS = Bound(
    "Lists of items that tasks were created with and that are remembered",
    1_024,
    "lists",
    "The list that came first is forgotten. A poll that needs it reads it again, as after a reset of the tasks.",
)
SIZE = Bound(
    "Memory of remembered lists of items that tasks were created with",
    8 << 20,
    "bytes",
    "The lists that came first are forgotten. A list that is larger alone is read at each poll.",
)
_LETTER = 24
"""The most bytes that a character of the text takes once it is parsed: empty lists in a list take that much."""
_ITEM = 400
"""Bytes that an item takes besides."""


class Given:
    """Remembers the items of tasks by the text that says them. Any thread may call it."""

    def __init__(self) -> None:
        self._known: Cache[str, tuple[Item, ...]] = Cache(TEXTS.value, SIZE.value)

    def items(self, task: Task) -> tuple[Item, ...]:
        """The items of a task that was created with some, or with something else. Tasks of one text share them."""
        text = task.given
        found = self._known.find(text)
        if found is None:
            found = task.items()
            self._known.keep(text, found, _LETTER * len(text) + _ITEM * len(found))
        return found

    def forget(self) -> None:
        """Forgets everything, so that its memory is free."""
        self._known.clear()
