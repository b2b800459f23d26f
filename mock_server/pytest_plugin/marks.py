"""What the markers of a test say, and the words that make its ids its own."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from mock_server.errors import InvalidInput, Problem, did_you_mean
from mock_server.settings import ABOUT, Settings, Words, settings_of

NAME = "mock_server"
_FIXED: Mapping[str, str] = {"host": "127.0.0.1", "port": "0"}
"""What no test may choose: its server is on this machine, on a free port."""
_LONGEST_NAME = 40


class Marks(NamedTuple):
    """What a test wants. `settings` holds what its markers name, None where they name nothing."""

    settings: Settings | None
    allow_unmatched: bool


def marked(item: pytest.Item) -> Marks:
    """The markers of the test, its class and its module together; the nearest wins. UsageError: a setting is wrong."""
    wanted: dict[str, Any] = {}
    for mark in reversed(list(item.iter_markers(NAME))):
        if mark.args:
            raise pytest.UsageError(f"{item.nodeid}: @pytest.mark.{NAME} takes settings by name, as in profile='live'")
        wanted |= mark.kwargs
    allow = bool(wanted.pop("allow_unmatched", False))
    return Marks(_settings(item, wanted) if wanted else None, allow)


def default_settings() -> Settings:
    """The settings of the server that a test gets who wants nothing in particular. The environment has no say."""
    return settings_of(_FIXED, {})


def token_of(item: pytest.Item, run: str) -> str:
    """The words in a test's ids that no other test has: the same on every run, whatever distributes the tests."""
    path, _, name = item.location  # not the node id: pytest-xdist adds its groups to that
    place = f"{path.replace(os.sep, '/')}::{name}\0{run}"
    short = re.sub(r"[^A-Za-z0-9_]+", "-", item.name).strip("-")[:_LONGEST_NAME]
    return f"{short}-{hashlib.sha256(place.encode()).hexdigest()[:8]}"


def _settings(item: pytest.Item, wanted: Mapping[str, Any]) -> Settings:
    known = [name for name in ABOUT if name not in _FIXED]
    problems = [Problem(name, "no such setting", did_you_mean(name, known)) for name in wanted if name not in known]
    try:
        if problems:
            raise InvalidInput(problems)
        return settings_of({**_FIXED, **{name: _words(item, name, value) for name, value in wanted.items()}}, {})
    except InvalidInput as error:
        raise pytest.UsageError(f"{item.nodeid}: @pytest.mark.{NAME}: {error}") from None


def _words(item: pytest.Item, name: str, value: Any) -> Words:
    """A value as flags say it. Scenario files are looked for beside the test."""
    several = isinstance(value, Sequence) and not isinstance(value, str)
    words = [_word(each) for each in (value if several else [value])]
    if name == "scenarios":
        words = [str(item.path.parent / Path(word)) for word in words]
    return words if several or ABOUT[name].several else words[0]


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
