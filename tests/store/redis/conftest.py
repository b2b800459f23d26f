"""Servers of Redis that tests of one worker share: each test has a namespace or a database of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.redis_servers import RedisServer, redis_cluster


@pytest.fixture(scope="session")
def cluster() -> Iterator[tuple[RedisServer, ...]]:
    """Three nodes that share all slots. Nobody changes who owns which."""
    with redis_cluster() as nodes:
        yield nodes
