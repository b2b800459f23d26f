"""Which ids are meant: one id, or all that begin alike."""

from __future__ import annotations

from typing import NamedTuple


class IdPattern(NamedTuple):
    r"""An id, or a prefix of ids.

    Its text form is the id itself, or the prefix and one final `*`. A backslash before that final star takes its
    meaning away, and another backslash takes the backslash's: `a*` means every id that begins with `a`, `a\*` only the
    id `a*`, and `a\\*` every id that begins with `a\`. Stars and backslashes elsewhere mean themselves, so only an id
    that ends in a star is written otherwise than it is. Every pattern has exactly one text form.
    """

    start: str
    is_prefix: bool = False

    @classmethod
    def parse(cls, text: str) -> IdPattern:
        """The pattern of a text; every text is one."""
        if not text.endswith("*"):
            return cls(text)
        head = text[:-1]
        stem = head.rstrip("\\")
        backslashes, escaped = divmod(len(head) - len(stem), 2)
        start = stem + "\\" * backslashes
        return cls(f"{start}*") if escaped else cls(start, True)

    def matches(self, id: str) -> bool:
        """Whether an id is meant."""
        return id.startswith(self.start) if self.is_prefix else id == self.start

    def __str__(self) -> str:
        """The text that `parse` reads as this pattern."""
        if not self.is_prefix and not self.start.endswith("*"):
            return self.start
        head = self.start if self.is_prefix else self.start[:-1]
        backslashes = len(head) - len(head.rstrip("\\"))
        return head + "\\" * (backslashes if self.is_prefix else backslashes + 1) + "*"
