"""Whether a Redis can be the store: what would lose or make up states is refused before anyone is served."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import redis

from mock_server.errors import InvalidInput, Problem
from mock_server.store.redis.primary import Primary, Uncovered, connect
from mock_server.store.redis.url import StoreUrl

OLDEST = (6, 2)
"""The oldest version of Redis whose commands suffice. Every Valkey is younger."""
_TRIAL = "redis.call('SET', KEYS[1], ARGV[1], 'PX', 1000) return redis.call('TIME')"
ACL_RULE = "resetkeys ~{NAMESPACE}:* &{NAMESPACE}:* +@all -@admin -@dangerous +info +cluster|slots"
"""What a user must be allowed, as `ACL SETUSER` takes it."""


def opened(url: StoreUrl, where: str) -> tuple[Primary, tuple[str, ...]]:
    """The primary of a store that can be used, and warnings for the log. `where` names the setting.

    InvalidInput: the store does not answer, or cannot be used; each problem with what to do. None shows a secret.
    """
    try:
        primary = connect(url)
        facts: dict[str, Any] = primary.client.info()
        problems = [Problem(where, *each) for each in refused(url, facts)]
        if not problems:
            _try(primary)
    except Uncovered as error:
        problems = [
            Problem(where, f"the cluster at {url} does not cover all slots: {error}", "redis-cli --cluster fix")
        ]
    except (redis.RedisError, OSError) as error:
        problems = [Problem(where, *_words_of(error, url))]
    if problems:
        raise InvalidInput(problems)
    return primary, tuple(warned(facts))


def _try(primary: Primary) -> None:
    """Runs a script that writes, as every commit does."""
    primary.client.eval(_TRIAL, 1, f"{primary.url.prefix}trial", b"1")


def refused(url: StoreUrl, facts: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Why a server with these facts, as INFO has them, cannot be the store; and what to do, each."""
    version = str(facts.get("redis_version", "0"))
    if tuple(int(part) for part in version.split(".")[:2] if part.isdigit()) < OLDEST:
        yield f"Redis {version} is too old", "use Redis 6.2 or newer, or Valkey"
    if facts.get("role") == "slave":
        master = f"{facts.get('master_host')}:{facts.get('master_port')}"
        yield (
            "this Redis is a replica, and nothing can be written to it",
            f"name its master, {master}, or the sentinels",
        )
    if facts.get("cluster_enabled") and url.kind != "cluster":
        yield "this Redis is a node of a cluster", "write redis+cluster:// before the nodes"
    policy = facts.get("maxmemory_policy", "noeviction")
    if facts.get("maxmemory") and policy != "noeviction":
        what = f"its maxmemory-policy is {policy}, so that it forgets tasks when its memory is full"
        yield what, "redis-cli CONFIG SET maxmemory-policy noeviction"


def warned(facts: dict[str, Any]) -> Iterator[str]:
    """What a server with these facts may lose, and what to do, each as a line for the log."""
    policy = facts.get("maxmemory_policy", "noeviction")
    if not facts.get("maxmemory") and policy != "noeviction":
        yield (
            f"the store's maxmemory-policy is {policy}: once maxmemory is set it forgets tasks "
            "(redis-cli CONFIG SET maxmemory-policy noeviction)"
        )
    if not facts.get("aof_enabled"):
        yield (
            "the store's append-only file is off: what it was given last is lost when it restarts "
            "(redis-cli CONFIG SET appendonly yes)"
        )


def _words_of(error: Exception, url: StoreUrl) -> tuple[str, str]:
    """What a failure means, and what to do. An error's own text is shown where it can hold no secret."""
    if isinstance(error, redis.exceptions.NoPermissionError):
        rule = ACL_RULE.replace("NAMESPACE", url.namespace)
        user = url.user or "default"
        return f"the user {user} of {url} may not do what the store needs: {error}", f"ACL SETUSER {user} {rule}"
    if isinstance(error, redis.exceptions.AuthenticationError):
        hint = "set the variables MOCK_SERVER_STORE_USER and MOCK_SERVER_STORE_PASSWORD"
        return f"{url} does not accept user and password", hint
    if isinstance(error, redis.sentinel.MasterNotFoundError):
        return f"no sentinel at {url} knows a master of this name that is up", "mend the name, or start the master"
    if "cluster support disabled" in str(error):
        return f"{url} is no node of a cluster", "write redis:// for a Redis that stands alone"
    if isinstance(error, redis.exceptions.ResponseError):
        return f"{url} answers an error: {error}", "look at its log"
    what = f"nothing answers at {url}: {error}"
    return what, "start the store, or mend the address; rediss:// is for TLS alone"
