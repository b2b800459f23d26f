"""The list of actions beside a shared store, which promises what the one in a process does."""

from __future__ import annotations

import logging

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_server.journal import actions
from mock_server.journal.actions import Action, ActionsInMemory
from mock_server.store.redis import actions as shared
from mock_server.store.redis.actions import RedisActions
from mock_server.store.redis.link import Link
from mock_server.store.store import Away
from tests.support.redis_servers import proxy_to
from tests.support.stores import namespace, primary, server

TEXTS = st.text(max_size=5)
ACTIONS = st.builds(
    Action, st.just(0), st.integers(0, 2**60), st.integers(), TEXTS, st.none() | TEXTS, st.none() | TEXTS, TEXTS
)


@settings(max_examples=30)
@given(acts=st.lists(ACTIONS | st.lists(ACTIONS, max_size=5), max_size=12))
def test_both_lists_keep_the_same_and_count_the_same(acts: list[Action | list[Action]]) -> None:
    here, there = ActionsInMemory(), RedisActions(Link(primary(server().url, namespace())))
    with pytest.MonkeyPatch.context() as patch:
        for module in (actions, shared):
            patch.setattr(module, "ACTIONS", actions.ACTIONS._replace(value=4))
        here.replace(())  # with room for that many
        for act in acts:
            for kept in (here, there):
                if isinstance(act, Action):
                    kept.add(act)
                else:
                    kept.replace([each._replace(number=7 + k) for k, each in enumerate(act)])
            assert (there.read(), there.count) == (here.read(), here.count)


def test_an_action_that_meets_no_store_is_told_by_the_log_alone(caplog: pytest.LogCaptureFixture) -> None:
    with proxy_to(server().port) as proxy:
        held = primary(proxy.url, namespace())
        kept = RedisActions(Link(held))
        proxy.leave()
        with caplog.at_level(logging.WARNING):
            kept.add(Action(0, 0, 0, "arm", detail="#1"))
        assert "arm #1 may not be listed among the actions" in caplog.text
        with pytest.raises(Away):
            kept.read()
        held.close()
