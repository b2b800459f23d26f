"""Holds the scenarios in force, swaps them whole at every change, and shares uploads with other servers."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from mock_server.engine.pace import PACE
from mock_server.engine.scenario import Scenario
from mock_server.errors import Problem
from mock_server.scenarios.catalogue.clashes import clashes
from mock_server.scenarios.catalogue.files import ScenarioFiles
from mock_server.scenarios.catalogue.precedence import Precedence
from mock_server.scenarios.catalogue.versions import Held, Versions
from mock_server.scenarios.library import Library, library_of
from mock_server.scenarios.load import Loader
from mock_server.scenarios.sharing import Moved, Sharing
from mock_server.scenarios.watch import watch
from mock_server.store.store import Away

log = logging.getLogger("mock_server")

T = TypeVar("T")


class Catalogue:
    """Holds the library in force. It is only ever replaced whole, so whoever has taken it keeps what it took.

    Uploads stand over files of the same name until they are removed. A version stays known while it is in force, while
    a task holds it, and while `snapshot` or `replace_all` run.
    """

    def __init__(
        self,
        loader: Loader,
        folders: Sequence[Path],
        builtin: Path | None,
        held: Callable[[], Held] | None = None,
        reloaded: Callable[[str], object] = lambda _: None,
        *,
        pace: int = PACE,
        sharing: Sharing | None = None,
    ) -> None:
        """Loads every file. InvalidInput: names every problem of every file, for a start must not guess.

        `held` tells which versions tasks hold; without it no version is ever forgotten. `reloaded` is called when files
        were loaded again, with what came of it. `pace` is that of the library.
        `sharing`: other servers have the same uploads.
        """
        self._sharing = sharing
        self._is_unoffered = False
        self._reloaded = reloaded
        self._files = ScenarioFiles(loader, folders, builtin, pace)
        self._precedence = Precedence()
        self._versions = Versions(held)
        self.library = self._files.library
        self.uploads: Mapping[str, Scenario] = {}
        self._uploads_only = False
        self._changing = threading.Lock()
        self.changes = 0
        """How often what is in force, or what is wrong with files, changed."""
        if sharing is not None:
            self._offer()
            self.synchronise()

    def reload_if_changed(self) -> bool:
        """Loads the files again if the content of any of them changed; whether it did.

        A file that became bad is reported, and its last good version stays.
        """
        with self._changing:
            if self._is_unoffered:
                self._offer_later()
            if not self._files.changed():
                return False
            is_loaded = self._files.load()
            self._put_in_force(self.uploads)
            if is_loaded:
                self._offer_later()
                count, problems = len(self.library.scenarios), len(self.library.problems)
                log.info("scenarios reloaded: %d; problems: %d", count, problems)
                self._reloaded(f"{count} scenarios, {problems} problems")
            return True

    @property
    def notes(self) -> tuple[str, ...]:
        """What the files hold that is not read, as people are told."""
        return self._files.notes

    def watch(self, stopping: threading.Event) -> None:
        """Reloads changed files from a thread of its own until `stopping` is set; does nothing without folders."""
        if self._files.folders:
            watch(self.reload_if_changed, stopping)

    def put(self, scenario: Scenario) -> tuple[Problem, ...]:
        """Puts an upload in force, over a file of its name. Ids that others claim are problems, and change nothing."""
        with self._changing:
            while True:
                self._take_newest()
                problems = self.clashes(scenario)
                if problems or self._published({**self.uploads, scenario.name: scenario}):
                    return problems

    def clashes(self, scenario: Scenario) -> tuple[Problem, ...]:
        """The ids and submits that others in force claim, as problems; submits of a shipped scenario are free."""
        return tuple(clashes(scenario, self.library, self._files.is_shipped).listed())

    def is_shipped(self, scenario: Scenario) -> bool:
        """Whether a scenario comes with the package."""
        return self._files.is_shipped(scenario)

    def replaced_by(self, scenario: Scenario) -> str | None:
        """The source of the scenario whose place this one has, or would have as an upload; None if it has nobody's."""
        filed = self._files.library.scenarios.get(scenario.name)
        if filed is not None and filed is not scenario:
            return None if self._uploads_only else filed.source
        return None if filed is None or self.is_shipped(scenario) else self._files.shipped_source(scenario.name)

    def remove(self, name: str) -> bool:
        """Takes an upload back, so that a file of its name is in force again; whether there was one."""
        with self._changing:
            while True:
                self._take_newest()
                if name not in self.uploads:
                    return False
                if self._published({other: scenario for other, scenario in self.uploads.items() if other != name}):
                    return True

    def clear_uploads(self) -> None:
        """Takes all uploads back: what the files say is in force, as after a start."""
        with self._changing:
            self._uploads_only = False
            while not self._published({}):
                self._take_newest()
                self._uploads_only = False

    def replace_all(
        self, scenarios: Iterable[Scenario], held: Iterable[Scenario] = (), swap: Callable[[str], None] = lambda _: None
    ) -> None:
        """Puts these in force in place of all others, files included, until the uploads are cleared.

        `held` are versions that the tasks play which `swap` then puts in place of those that are there, together with
        what the control is to say of uploads. Where `swap` raises, what was in force is again.
        """
        with self._changing:
            self._take_newest()
            before = self.library, self.uploads, self._uploads_only
            held = tuple(held)
            self.library = library_of(held, earlier=self.library)
            self._uploads_only = True
            self._replace({scenario.name: scenario for scenario in scenarios})
            try:
                swap(self._told(held))
            except BaseException:
                self.library, self.uploads, self._uploads_only = before
                raise
            self.library = self._versions.without_old(self.library)

    def library_for(self, uploads: str, version: str | None = None) -> Library:
        """The library for a decision that is made on a control which says this of uploads, about a task of a version.

        Only where servers share a store. What is new is taken over first.
        """
        sharing = self._sharing
        assert sharing is not None
        if sharing.is_newer(uploads) or (version is not None and version not in self.library.versions):
            with self._changing:
                self._take(uploads)
                self._learn([] if version is None else [version])
        return self.library

    def synchronise(self) -> None:
        """Takes over what other servers uploaded meanwhile, if any share the store."""
        if self._sharing is not None and self._sharing.is_newer(newest := self._sharing.newest()):
            with self._changing:
                self._take(newest)

    def knowing(self, versions: Iterable[str]) -> Library:
        """The library, with versions that tasks of other servers were born to."""
        with self._changing:
            self._learn(versions)
            return self.library

    def _take_newest(self) -> None:
        if self._sharing is not None:
            self._take(self._sharing.newest())

    def _take(self, uploads: str) -> None:
        if self._sharing is not None and self._sharing.is_newer(uploads):
            found, self._uploads_only = self._sharing.take(uploads, self.library.versions)
            self._put_in_force(found)

    def _learn(self, versions: Iterable[str]) -> None:
        missing = [version for version in versions if version not in self.library.versions]
        if missing and self._sharing is not None:
            self.library = self.library.knowing(self._sharing.load(missing))

    def _offer(self) -> None:
        """Lets the other servers play what is in force here."""
        held = self._versions.held
        if self._sharing is not None and held is not None:
            self._sharing.offer(self.library.scenarios.values(), lambda: held().versions)

    def _offer_later(self) -> None:
        """As `_offer`; while the store is away it is done at a later look."""
        try:
            self._offer()
            self._is_unoffered = False
        except Away:
            self._is_unoffered = True

    def _published(self, uploads: Mapping[str, Scenario]) -> bool:
        """Puts these uploads in force, for all servers. False: another one was quicker, and nothing is changed."""
        if self._sharing is not None:
            try:
                self._sharing.publish(uploads, alone=self._uploads_only)
            except Moved:
                return False
        self._put_in_force(uploads)
        return True

    def _told(self, held: Iterable[Scenario]) -> str:
        """What the control is to say of the uploads that are in force here; others can play what tasks hold."""
        if self._sharing is None:
            return ""
        self._sharing.offer(held, lambda: {each.version for each in held})
        return self._sharing.told(self.uploads, alone=self._uploads_only)

    def snapshot(self, take: Callable[[], T]) -> tuple[Library, T]:
        """The library, and what `take` takes at a moment at which this library knows every version that tasks hold."""
        with self._changing:
            return self.library, take()

    def forget_versions(self) -> None:
        """Forgets the versions that are neither in force nor held by a task, as every change of the library does."""
        with self._changing:
            self.library = self._versions.without_old(self.library, always=True)

    def _put_in_force(self, uploads: Mapping[str, Scenario]) -> None:
        """Replaces the library, and forgets versions that are no longer needed."""
        self._replace(uploads)
        self.library = self._versions.without_old(self.library)

    def _replace(self, uploads: Mapping[str, Scenario]) -> None:
        """Replaces the library: the uploads, and the files that they leave room for. No version is forgotten yet."""
        self.uploads = uploads
        self.library = self._precedence.library(uploads, self._files, self.library, alone=self._uploads_only)
        self.changes += 1
