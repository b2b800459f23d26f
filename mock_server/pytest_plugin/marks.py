"""The markers of a test, and the token that makes its ids unique."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from mock_server.errors import InvalidInput, Problem, did_you_mean
from mock_server.settings import ABOUT, Settings, settings_by_name, settings_of

__tracebackhide__ = True
"""pytest shows the test's own line and the message, and no frame of this module."""

NAME = "mock_server"
_FIXED: Mapping[str, str] = {"host": "127.0.0.1", "port": "0"}
"""What no test can set: its server is on this machine, on a free port."""
_LONGEST_NAME = 40


class Marks(NamedTuple):
    """What a test's markers say. `settings` is None if they name no setting."""

    settings: Settings | None
    allow_unmatched: bool


def marked(item: pytest.Item) -> Marks:
    """The markers of the test, its class and its module together; the nearest wins. UsageError: a bad setting."""
    wanted: dict[str, Any] = {}
    for mark in reversed(list(item.iter_markers(NAME))):
        if mark.args:
            raise pytest.UsageError(f"{item.nodeid}: @pytest.mark.{NAME} takes settings by name, as in profile='live'")
        wanted |= mark.kwargs
    allow = bool(wanted.pop("allow_unmatched", False))
    return Marks(_settings(item, wanted) if wanted else None, allow)


def default_settings() -> Settings:
    """The settings of the server of a test without markers. The environment does not count."""
    return settings_of(_FIXED, {})


def token_of(item: pytest.Item, run: str) -> str:
    """The part of a test's ids that no other test has: the same on every run, however tests are distributed."""
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
        return settings_by_name({**_FIXED, **wanted, **_beside(item, wanted)})
    except InvalidInput as error:
        raise pytest.UsageError(f"{item.nodeid}: @pytest.mark.{NAME}: {error}") from None


def _beside(item: pytest.Item, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Scenario files are relative to the folder of the test."""
    places = wanted.get("scenarios")
    if places is None:
        return {}
    several = isinstance(places, Sequence) and not isinstance(places, str)
    return {"scenarios": [item.path.parent / Path(place) for place in (places if several else [places])]}
