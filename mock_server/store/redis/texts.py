"""The texts of scenarios that servers share, by version, in one hash beside the control."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Set

from mock_server.store.redis.link import Link

_KEY = "texts"


class RedisTexts:
    """See `store.Texts`. A text never changes, so whoever comes first or twice does no harm. Each may raise Away."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def versions(self) -> Set[str]:
        """See `Texts.versions`."""
        return {name.decode() for name in self._link.read(("HKEYS", _KEY))[0]}

    def put(self, texts: Mapping[str, bytes]) -> None:
        """See `Texts.put`."""
        if texts:
            self._link.write([("HSET", _KEY, *(word for pair in texts.items() for word in pair))])

    def get(self, versions: Collection[str]) -> Mapping[str, bytes]:
        """See `Texts.get`."""
        names = list(versions)
        found = self._link.read(("HMGET", _KEY, *names))[0]
        return {name: text for name, text in zip(names, found, strict=True) if text is not None}

    def remove(self, versions: Collection[str]) -> None:
        """See `Texts.remove`."""
        if versions:
            self._link.write([("HDEL", _KEY, *versions)])
