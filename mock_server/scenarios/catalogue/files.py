"""The scenarios that the files say, loaded again as they change. A file that became bad keeps its last good version."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

from mock_server.engine.scenario import Scenario
from mock_server.errors import InvalidInput, Problem, in_a_row
from mock_server.scenarios.library import Library, claims_of, library_of
from mock_server.scenarios.load import Loader
from mock_server.scenarios.report import Report
from mock_server.scenarios.watch import WatchedFiles

log = logging.getLogger("mock_server")


class ScenarioFiles:
    """The files of some folders and of the package, and the library that they make. The catalogue's lock guards it."""

    def __init__(self, loader: Loader, folders: Sequence[Path], builtin: Path | None, pace: int) -> None:
        """Loads every file. InvalidInput: names every problem of every file, for a start must not guess."""
        self._loader = loader
        self._builtin = builtin
        self.folders = tuple(folders)
        # Looked at before they are loaded: what changes in between is then found by the next look. The shipped files
        # do not change.
        self._watched = WatchedFiles(self.folders)
        report = loader.load(self.folders, builtin)
        if report.problems:
            raise InvalidInput(report.problems)
        _log_notes(report)
        self.library = library_of(report.scenarios, pace=pace)
        self.notes = report.notes
        """What the files hold that is not read, as people are told."""
        self.bad: frozenset[str] = frozenset()
        """The names of the files that are bad now."""

    def changed(self) -> bool:
        """Whether the content of any of them changed since the last look."""
        return self._watched.changed()

    def load(self) -> bool:
        """Loads all again. False: loading met a defect; that is a problem of the library, which stays as it was."""
        try:
            report = self._loader.load(self.folders, self._builtin)
        except Exception as error:
            self._keep_all(error)
            return False
        self.notes = report.notes
        self.bad = frozenset(path.stem for path in report.bad)
        _log_notes(report)
        kept = _last_good(self.library, report)
        problems = tuple(_with_consequences(report, kept))
        for problem in problems:
            log.error("%s", problem)
        self.library = library_of((*kept, *report.scenarios), problems)
        return True

    def _keep_all(self, error: Exception) -> None:
        what = f"the scenario files cannot be loaded: {type(error).__name__}: {error}"
        problem = Problem("", what, "this is a defect of mock-server; please report it")
        log.error("%s", problem, exc_info=log.isEnabledFor(logging.DEBUG))
        self.library = library_of(self.library.scenarios.values(), (problem,))

    def is_shipped(self, scenario: Scenario) -> bool:
        """Whether a scenario comes with the package."""
        return self._builtin is not None and scenario.source == str(self._builtin / f"{scenario.name}.yaml")

    def shipped_source(self, name: str) -> str | None:
        """The source of the shipped scenario of this name; None if none is shipped."""
        shipped = None if self._builtin is None else self._builtin / f"{name}.yaml"
        return str(shipped) if shipped is not None and shipped.is_file() else None


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
        yield first._replace(hint=in_a_row((first.hint, what)))
        yield from others


def _log_notes(report: Report) -> None:
    for note in report.notes:
        log.info("%s", note)
