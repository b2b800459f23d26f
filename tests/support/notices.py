"""Notifications for tests: made and signed as the server does."""

from __future__ import annotations

from mock_server.engine.draws import Draws
from mock_server.engine.run import sample
from mock_server.vendors.credentials import Keys
from mock_server.vendors.dialect import Dialect
from mock_server.vendors.notices import Notice, Post, Signed, signer_of
from tests.support.emulators import renderer, shipped

AK, SK = "made-up-ak", "made-up-secret-key"
KEYS = Keys({"another": b"made-up-other-key", AK: SK.encode()})
URL = "http://127.0.0.1:9000/done?job=7&x=%20"


def notice(dialect: Dialect, url: str = URL, name: str = "1", scenario: str = "happy-path") -> Notice:
    """What is told of the last step of a scenario, under the scenario's name as the task's id."""
    of = shipped(scenario)
    run = sample(of, dialect.name, len(of.steps) - 1)
    return Notice(url, renderer().notice(run).body, Draws(0, run.key.id), name)


def posted(dialect: Dialect, url: str = URL, *, key: str = AK, word: Signed = "right", keys: Keys = KEYS) -> Post:
    """That notification of `happy-path` as it is sent."""
    return dialect.post(notice(dialect, url), signer_of(keys, key, word))
