"""The scenarios in force: what the files say, and the uploads over them. Swapped whole at every change."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple, TypeVar

from mock_server.engine.pace import PACE
from mock_server.engine.scenario import Scenario
from mock_server.engine.submits import where_text
from mock_server.errors import InvalidInput, Problem, Problems
from mock_server.scenarios.library import Library, claims_of, library_of
from mock_server.scenarios.load import Loader
from mock_server.scenarios.report import Report
from mock_server.scenarios.sharing import Moved, Sharing
from mock_server.scenarios.watch import WatchedFiles, watch
from mock_server.store.store import Away
from mock_server.types import Bound

log = logging.getLogger("mock_server")

T = TypeVar("T")

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
        self._loader = loader
        self._folders = tuple(folders)
        self._builtin = builtin
        # Looked at before they are loaded: what changes in between is then found by the next look. The shipped files
        # do not change.
        self._files = WatchedFiles(self._folders)
        report = loader.load(self._folders, builtin)
        if report.problems:
            raise InvalidInput(report.problems)
        _log_notes(report)
        self.library = library_of(report.scenarios, pace=pace)
        self.notes = report.notes
        """What the files hold that is not read, as people are told."""
        self._bad: frozenset[str] = frozenset()
        self.uploads: Mapping[str, Scenario] = {}
        self._uploads_only = False
        self._from_files: Library = self.library
        self._hiding: dict[str, tuple[Scenario, Library, Set[str]]] = {}
        self._changing = threading.Lock()
        self._held = held
        self._spare = 0
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
            try:
                report = self._loader.load(self._folders, self._builtin)
            except Exception as error:
                self._keep_all(error)
                return True
            self.notes = report.notes
            self._bad = frozenset(path.stem for path in report.bad)
            _log_notes(report)
            kept = _last_good(self._from_files, report)
            problems = tuple(_with_consequences(report, kept))
            for problem in problems:
                log.error("%s", problem)
            self._from_files = library_of((*kept, *report.scenarios), problems)
            self._put_in_force(self.uploads)
            self._offer_later()
            log.info("scenarios reloaded: %d; problems: %d", len(self.library.scenarios), len(problems))
            self._reloaded(f"{len(self.library.scenarios)} scenarios, {len(problems)} problems")
            return True

    def _keep_all(self, error: Exception) -> None:
        """Leaves everything in force where loading met a defect: that is told, and the next change is loaded again."""
        what = f"the scenario files cannot be loaded: {type(error).__name__}: {error}"
        problem = Problem("", what, "this is a defect of mock-server; please report it")
        log.error("%s", problem, exc_info=log.isEnabledFor(logging.DEBUG))
        self._from_files = library_of(self._from_files.scenarios.values(), (problem,))
        self._put_in_force(self.uploads)

    def watch(self, stopping: threading.Event) -> None:
        """Reloads changed files from a thread of its own until `stopping` is set; does nothing without folders."""
        if self._folders:
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
        problems = _clashes(scenario, self.library)
        for k, (where, vendors) in enumerate(scenario.submits):
            owners = [self.library.submit_owner(vendor, where) for vendor in vendors]
            others = {each.name for each in owners if each is not None and not self.is_shipped(each)} - {scenario.name}
            for other in sorted(others):
                what = f'submits with "{where_text(where)}" are those of {other} already'
                problems.add(f"submits[{k}]", what, "drop one of the two")
        return tuple(problems.listed())

    def is_shipped(self, scenario: Scenario) -> bool:
        """Whether a scenario comes with the package."""
        return self._builtin is not None and scenario.source == str(self._builtin / f"{scenario.name}.yaml")

    def replaced_by(self, scenario: Scenario) -> str | None:
        """The source of the scenario whose place this one has, or would have as an upload; None if it has nobody's."""
        filed = self._from_files.scenarios.get(scenario.name)
        if filed is not None and filed is not scenario:
            return None if self._uploads_only else filed.source
        if filed is None or self._builtin is None or self.is_shipped(scenario):
            return None
        shipped = self._builtin / f"{scenario.name}.yaml"
        return str(shipped) if shipped.is_file() else None

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
            self._forget()

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
        if self._sharing is not None and self._held is not None:
            held = self._held
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
            self._spare = 0
            self._forget()

    def _put_in_force(self, uploads: Mapping[str, Scenario]) -> None:
        """Replaces the library, and forgets versions that are no longer needed."""
        self._replace(uploads)
        self._forget()

    def _forget(self) -> None:
        """Tasks are asked only after the library is replaced: from then on none is born to a version not in force.

        Asking costs as much as there are tasks. So of many tasks it is done once in some changes.
        """
        library = self.library
        in_force = {scenario.version for scenario in library.scenarios.values()}
        old = library.versions.keys() - in_force
        if self._held is None or len(old) <= self._spare:
            return
        try:
            held = self._held()
        except Away:  # nobody knows then
            return
        kept = old & held.versions
        many = held.tasks // _TASKS_PER_VERSION
        self._spare = many and many + len(kept)
        if len(kept) < len(old):
            self.library = library.without(old - kept)

    def _replace(self, uploads: Mapping[str, Scenario]) -> None:
        """Replaces the library: the uploads, and the files that they leave room for. No version is forgotten yet."""
        self.uploads = uploads
        self._hiding = {name: known for name, known in self._hiding.items() if name in uploads}
        from_files = Library() if self._uploads_only else self._from_files
        hidden = {name for upload in uploads.values() for name in self._hidden_by(upload, from_files)}
        for name in sorted(hidden.difference(uploads)):
            log.warning("%s is hidden: an upload claims one of its ids", name)
        kept = [each for each in from_files.scenarios.values() if each.name not in uploads and each.name not in hidden]
        library = library_of((*kept, *uploads.values()), self._from_files.problems, self.library)
        self.library = replace(library, broken=self._bad.difference(library.scenarios))
        self.changes += 1

    def _hidden_by(self, upload: Scenario, from_files: Library) -> Set[str]:
        """The names of the files that claim what an upload claims; looked up once for each upload and set of files."""
        known = self._hiding.get(upload.name)
        if known is None or known[0] is not upload or known[1] is not from_files:
            owners = (from_files.owner(vendor, claim) for claim in claims_of(upload) for vendor in upload.vendors)
            known = (upload, from_files, {owner.name for owner in owners if owner is not None} - {upload.name})
            self._hiding[upload.name] = known
        return known[2]


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


def _with_consequences(report: Report, kept: Sequence[Scenario]) -> Iterator[Problem]:
    """The problems of a reload, where the first of each file says what is in force meanwhile."""
    for path, (first, *others) in report.bad.items():
        names = [each.name for each in kept if each.name == path.stem or path == Path(each.source).parent]
        if len(names) > 1:
            what = f"its {len(names)} scenarios stay in force as they were"
        else:
            what = f"{names[0]} stays in force as it was" if names else "nothing of it is in force"
        yield first._replace(hint=f"{first.hint}; {what}" if first.hint else what)
        yield from others


def _clashes(scenario: Scenario, library: Library) -> Problems:
    """Which of its claims others in a library have, for a vendor that both serve."""
    problems = Problems()
    for claim in claims_of(scenario):
        for vendor in scenario.vendors:
            other = library.owner(vendor, claim)
            if other is not None and other.name != scenario.name:
                problems.add("", f'"{claim}" is claimed by {other.name} already', "drop one of the two")
    return problems


def _log_notes(report: Report) -> None:
    for note in report.notes:
        log.info("%s", note)
