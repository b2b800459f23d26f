"""The versions of scenarios that are known: those in force, and older ones that tasks still play."""

from __future__ import annotations

from collections.abc import Callable, Set
from typing import NamedTuple

from mock_server.scenarios.library import Library
from mock_server.store.store import Away
from mock_server.types import Bound

OLD_VERSIONS = Bound(
    "Scenario versions that nothing needs any more",
    1,
    "version for each 10,000 tasks",
    "All versions are forgotten that are neither in force nor held by a task.",
)
_TASKS_PER_VERSION = 10_000


class Held(NamedTuple):
    """Which versions tasks hold, and how many tasks there are."""

    versions: Set[str]
    tasks: int


class Versions:
    """Says which versions can be forgotten. `held` tells which tasks hold; without it no version ever can."""

    def __init__(self, held: Callable[[], Held] | None) -> None:
        self.held = held
        self._spare = 0

    def without_old(self, library: Library, *, always: bool = False) -> Library:
        """The library without the versions that are neither in force nor held by a task; it is in force already.

        So tasks are asked only after the library is replaced: from then on none is born to a version not in force.
        Asking costs as much as there are tasks. So of many tasks, unless `always`, it is done once in some changes.
        """
        if always:
            self._spare = 0
        in_force = {scenario.version for scenario in library.scenarios.values()}
        old = library.versions.keys() - in_force
        if self.held is None or len(old) <= self._spare:
            return library
        try:
            held = self.held()
        except Away:  # nobody knows then
            return library
        kept = old & held.versions
        many = held.tasks // _TASKS_PER_VERSION
        self._spare = many and many + len(kept)
        return library.without(old - kept) if len(kept) < len(old) else library
