"""What every server under measurement is asked for: a status target, and the four-item body that answers it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from mock_server.server.app import create_app
from mock_server.settings import Settings
from mock_server.vendors.registry import Registry

SCENARIOS = Path(__file__).resolve().parent / "scenarios"
ONE = "four-at-work.one"
"""The task of those who poll one id on and on."""
MANY = "four-items."
"""What the ids of those begin with who poll many tasks through their steps."""
_LONG = 20
"""Texts in an item of at least this length are drawn: hashes and keys."""


class Sample(NamedTuple):
    """The target of a poll is `path?name=ID`; `steps` are the bodies of a task's three polls."""

    path: str
    name: str
    body: str
    steps: tuple[str, ...]

    def target(self, id: str) -> str:
        """The target of a poll."""
        return f"{self.path}?{self.name}={id}"


def sample() -> Sample:
    """Made by this server itself, in this process, so that all send the same bytes."""
    registry = Registry()
    path, _, query = registry.dialect(registry.names[0]).example("ID").partition("?")
    client = create_app(Settings(scenarios=(SCENARIOS,), no_reload=True)).test_client()
    asked = Sample(path, query.partition("=")[0], "", ())
    steps = tuple(client.get(asked.target(f"{MANY}sample")).get_data(as_text=True) for _ in range(3))
    return asked._replace(body=client.get(asked.target(ONE)).get_data(as_text=True), steps=steps)


def template(body: str, id: str, drawn: Callable[[int], str]) -> str:
    """The body as another tool's template: `id` in place of the task's id, `drawn(n)` for n drawn characters."""

    def filled(value: Any, inside: bool) -> Any:
        if isinstance(value, dict):
            return {key: filled(part, inside) for key, part in value.items()}
        if isinstance(value, list):
            return [filled(part, True) for part in value]
        return drawn(len(value)) if inside and isinstance(value, str) and _is_drawn(value) else value

    document = json.loads(body)
    own = next(key for key, value in document.items() if value == f"{MANY}sample")
    return json.dumps({**filled(document, False), own: id}, ensure_ascii=False, separators=(",", ":"))


def _is_drawn(text: str) -> bool:
    return len(text) >= _LONG and " " not in text


def is_right(body: bytes, id: str | None) -> bool:
    """Whether a response's body is a status with four items and, unless None, of this task."""
    try:
        document = json.loads(body)
    except ValueError:
        return False
    lists = [value for value in document.values() if isinstance(value, list)]
    return [len(each) for each in lists] == [4] and (id is None or id in document.values())
