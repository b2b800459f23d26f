"""The scenarios in force, kept up with their files: looked at by size, time and, while that may deceive, content."""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from mock_server.engine.scenario import Scenario
from mock_server.errors import InvalidInput, Problem
from mock_server.scenarios import Loader, Report, scenario_files
from mock_server.scenarios.library import Library, claims_of, library_of

log = logging.getLogger("mock_server")

_EVERY = 1.0
"""Seconds between two looks. Looking, not being told: a bind mount tells nothing."""
_REST = 20
"""How many times as long as a look the pause after it is, so that looking at many files does not slow responses."""
_DECEIVING = 5.0
"""Seconds for which a file's time may stay the same though it was written again."""


class _Seen(NamedTuple):
    """A file as it was last looked at: its size, times and inode, and a digest of its bytes."""

    stat: tuple[int, ...]
    digest: bytes


class Catalogue:
    """Where the library stands. It is only ever swapped whole; who has taken it keeps what it took.

    Uploads stand over files of the same name until they are removed.
    """

    def __init__(self, loader: Loader, folders: Sequence[Path], builtin: Path | None) -> None:
        """Loads every file. InvalidInput: names every problem of every file, for a start must not guess."""
        self._loader = loader
        self._folders = tuple(folders)
        self._builtin = builtin
        self._seen = self._files({})
        report = loader.load(self._folders, builtin)
        if report.problems:
            raise InvalidInput(report.problems)
        _tell(report)
        self.library = library_of(report.scenarios)
        self.uploads: Mapping[str, Scenario] = {}
        self._alone = False
        self._filed: Library = self.library
        self._changing = threading.Lock()

    def look(self) -> bool:
        """Loads the files again if what any of them says changed; whether it did.

        A file that became bad is reported, and its last good version stays.
        """
        with self._changing:
            return self._look()

    def put(self, scenario: Scenario) -> tuple[Problem, ...]:
        """Puts an upload in force, over a file of its name. What others claim already is told, and changes nothing."""
        with self._changing:
            others = [each for each in self.library.scenarios.values() if each.name != scenario.name]
            problems = _clashes(scenario, others)
            if not problems:
                self._settle({**self.uploads, scenario.name: scenario})
            return problems

    def remove(self, name: str) -> bool:
        """Takes an upload back, so that a file of its name is in force again; whether there was one."""
        with self._changing:
            if name not in self.uploads:
                return False
            self._settle({other: scenario for other, scenario in self.uploads.items() if other != name})
            return True

    def clear_uploads(self) -> None:
        """Takes all uploads back: what the files say is in force, as after a start."""
        with self._changing:
            self._alone = False
            self._settle({})

    def stand_in(self, scenarios: Sequence[Scenario], held: Sequence[Scenario] = ()) -> None:
        """Puts these in force in place of all others, files included, until the uploads are cleared.

        `held` are versions that running tasks play though they are not in force.
        """
        with self._changing:
            known = library_of(held, earlier=self.library)
            self.library = known
            self._alone = True
            self._settle({scenario.name: scenario for scenario in scenarios})

    def _settle(self, uploads: Mapping[str, Scenario]) -> None:
        """Swaps the library: the uploads, and the files that they leave room for. No version is ever forgotten."""
        self.uploads = uploads
        filed = () if self._alone else self._filed.scenarios.values()
        kept = [each for each in filed if each.name not in uploads]
        for each in tuple(kept):
            if _clashes(each, tuple(uploads.values())):
                log.warning("%s is hidden: an upload claims one of its ids", each.name)
                kept.remove(each)
        self.library = library_of((*kept, *uploads.values()), self._filed.problems, self.library)

    def _look(self) -> bool:
        seen = self._files(self._seen)
        changed = _digests(seen) != _digests(self._seen)
        self._seen = seen
        if not changed:
            return False
        report = self._loader.load(self._folders, self._builtin)
        _tell(report)
        for problem in report.problems:
            log.error("%s", problem)
        kept = _last_good(self._filed, report)
        self._filed = library_of((*kept, *report.scenarios), report.problems)
        self._settle(self.uploads)
        log.info("scenarios reloaded: %d; problems: %d", len(self.library.scenarios), len(report.problems))
        return True

    def watch(self, stopping: threading.Event) -> None:
        """Looks every second, in a thread of its own, until `stopping` is set; with many thousand files less often."""

        def run() -> None:
            pause = _EVERY
            while not stopping.wait(pause):
                began = time.monotonic()
                try:
                    if self.look():
                        continue  # loading took its time too, and says nothing of how long a mere look takes
                except Exception:
                    # Whatever a half-written folder does to one look, the next must still come.
                    log.exception("could not look at the scenario files")
                pause = max(_EVERY, _REST * (time.monotonic() - began))

        if self._folders:
            threading.Thread(target=run, name="scenario-files", daemon=True).start()

    def _files(self, earlier: Mapping[Path, _Seen]) -> Mapping[Path, _Seen]:
        """The user's files as they are now; the shipped ones do not change.

        One that looks as before is read again only while its time may deceive.
        """
        found = {}
        for path in (file for folder in self._folders for file in _watched(folder)):
            known = earlier.get(path)
            try:
                stat = path.stat()
                looks = (stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino)
                if known is None or known.stat != looks or time.time() - stat.st_mtime < _DECEIVING:
                    known = _Seen(looks, hashlib.blake2b(path.read_bytes(), digest_size=16).digest())
            except OSError:
                continue  # gone between the listing and the look: the next look sees it gone
            found[path] = known
        return found


def _digests(files: Mapping[Path, _Seen]) -> dict[Path, bytes]:
    """What tells one state of the files from another: what they say, not when they were touched."""
    return {path: seen.digest for path, seen in files.items()}


def _watched(folder: Path) -> list[Path]:
    """The files a folder's scenarios depend on: themselves, and the lists of items beside them."""
    fixtures = (folder if folder.is_dir() else folder.parent) / "fixtures"
    return [*scenario_files(folder), *(sorted(fixtures.glob("*/*.json")) if fixtures.is_dir() else ())]


def _last_good(library: Library, report: Report) -> list[Scenario]:
    """The scenarios in force whose files are bad now, or hidden by a bad one, but for those that have a successor."""
    hidden = {path.stem for path in report.bad}
    taken = {(vendor, claim) for new in report.scenarios for vendor in new.vendors for claim in claims_of(new)}
    return [
        scenario
        for scenario in library.scenarios.values()
        if (
            scenario.name in hidden
            or not report.bad.keys().isdisjoint((Path(scenario.source), Path(scenario.source).parent))
        )
        and taken.isdisjoint((vendor, claim) for vendor in scenario.vendors for claim in claims_of(scenario))
    ]


def _clashes(scenario: Scenario, others: Sequence[Scenario]) -> tuple[Problem, ...]:
    """Which of its claims others have, for a vendor that both serve."""
    return tuple(
        Problem("", f'"{claim}" is claimed by {other.name} already', "drop one of the two")
        for claim in claims_of(scenario)
        for other in others
        if claim in claims_of(other) and not set(scenario.vendors).isdisjoint(other.vendors)
    )


def _tell(report: Report) -> None:
    for note in report.notes:
        log.info("%s", note)
