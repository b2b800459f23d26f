"""The newest actions on all servers that share a store, in one list beside the control."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from mock_server.journal.actions import ACTIONS, Action
from mock_server.store.redis.codec import action_bytes, action_of
from mock_server.store.redis.link import Link
from mock_server.store.store import Away

log = logging.getLogger("mock_server")

_HEAD = 6
"""Bytes of the number before an action, as `actions.lua` packs it."""


class RedisActions:
    """See `ActionLog`. `read`, `count` and `replace` may raise Away."""

    def __init__(self, link: Link) -> None:
        self._link = link

    @property
    def count(self) -> int:
        """See `ActionLog.count`."""
        return int(self._link.read(("HGET", "k", "actions"))[0] or 0)

    def add(self, action: Action) -> None:
        """See `ActionLog.add`. What was done is done: where the store is away, the log alone says so."""
        try:
            self._link.run("actions", ACTIONS.value, "", action_bytes(action))
        except Away as error:
            log.warning("%s %s may not be listed among the actions: %s", action.what, action.detail, error)

    def replace(self, actions: Sequence[Action]) -> None:
        """See `ActionLog.replace`."""
        kept = actions[-ACTIONS.value :]
        values = (each.number.to_bytes(_HEAD, "little") + action_bytes(each) for each in kept)
        self._link.ask("actions", ACTIONS.value, kept[-1].number if kept else 0, *values)

    def read(self) -> tuple[Action, ...]:
        """See `ActionLog.read`."""
        (values,) = self._link.read(("LRANGE", "a", 0, -1))
        return tuple(action_of(int.from_bytes(each[:_HEAD], "little"), each[_HEAD:]) for each in values)
