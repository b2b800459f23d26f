"""Scenario files watched for change: by size and times and, while those may deceive, by content."""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from mock_server import paths
from mock_server.engine import machine_clock
from mock_server.scenarios.folder import list_place

log = logging.getLogger("mock_server")

_EVERY = 1.0
"""Seconds between two looks. Files are polled, since a bind mount sends no events."""
_REST = 20
"""How many times as long as a look the pause after it is, so that looking at many files does not slow responses."""
_LOOKED_AT = 2 << 20
"""Bytes of a file that are compared: more than is loaded of any."""
_DECEIVING = 5.0
"""Seconds for which a file's time may stay the same though it was written again."""


class _FileState(NamedTuple):
    """A file as it was last looked at: its size, times and inode, and a digest of its bytes."""

    stat: tuple[int, ...]
    digest: bytes


class WatchedFiles:
    """The files that some folders or single files depend on, and their content when they were last looked at."""

    def __init__(self, places: Sequence[Path]) -> None:
        self._places = tuple(places)
        self._states, self._passed = self._look({})

    def changed(self) -> bool:
        """Whether a file came, went or has another content than at the last look, or what cannot be read changed."""
        states, passed = self._states, self._passed
        self._states, self._passed = self._look(states)
        return _digests(self._states) != _digests(states) or self._passed != passed

    def _look(self, earlier: Mapping[Path, _FileState]) -> tuple[Mapping[Path, _FileState], Sequence[object]]:
        """The files as they are now, and all that is told about what is none.

        A file whose stat is as before is read again only while its time may deceive.
        """
        found = {}
        listings = [list_place(place) for place in self._places]
        passed: list[object] = [each for listing in listings for each in (*listing.bad, *listing.notes)]
        for path in (file for listing in listings for file in listing.watched()):
            known = earlier.get(path)
            try:
                stat = path.stat()
                now = (stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino)
                if known is None or known.stat != now or machine_clock.real() - stat.st_mtime < _DECEIVING:
                    start = paths.read_start(path, _LOOKED_AT)
                    known = _FileState(now, hashlib.blake2b(start, digest_size=16).digest())
            except OSError as error:
                passed.append((path, error.errno))  # gone since it was listed, or it may not be read
                continue
            found[path] = known
        return found, passed


def watch(reload: Callable[[], bool], stopping: threading.Event) -> None:
    """Calls `reload` every second in a thread of its own until `stopping` is set; less often where a call takes long.

    `reload` returns whether it loaded anything.
    """

    def run() -> None:
        pause = _EVERY
        while not stopping.wait(pause):
            began = machine_clock.monotonic()
            try:
                if reload():
                    continue  # loading took its time too, and says nothing of how long a mere look takes
            except Exception:
                # Whatever a half-written folder does to one look, the next must still come.
                log.exception("could not look at the scenario files")
            pause = max(_EVERY, _REST * (machine_clock.monotonic() - began))

    threading.Thread(target=run, name="scenario-files", daemon=True).start()


def _digests(states: Mapping[Path, _FileState]) -> dict[Path, bytes]:
    """What tells one state of the files from another: their content, not when they were touched."""
    return {path: state.digest for path, state in states.items()}
