"""From folders of scenario files to scenarios that fit together."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from mock_server.errors import InvalidInput, Problem
from mock_server.scenarios.folder import Listing, list_place, unreadable
from mock_server.scenarios.report import Collected, Good, Loaded, Report
from mock_server.vendors.contracts import Contracts
from mock_server.vendors.fixtures import Fixtures, Items
from mock_server.vendors.registry import Registry

if TYPE_CHECKING:
    from mock_server.scenarios.file import FileLoader

log = logging.getLogger("mock_server")


class ShippedLibrary(Protocol):
    """Where shipped scenarios are taken from that need not be loaded."""

    def scenarios(self, builtin: Path) -> Mapping[str, Good]:
        """Those of all files of the shipped folder, by the file's name. Empty: they must be loaded."""


class Loader:
    """Loads for the vendors of one registry, and checks everything that they would respond.

    `shipped`: where the shipped scenarios are taken from while nothing they came from has changed. Without it every
    file is read and checked.
    """

    def __init__(
        self, registry: Registry, contracts: Contracts, fixtures: Fixtures, shipped: ShippedLibrary | None = None
    ) -> None:
        self._parts = (registry, contracts, fixtures)
        self._shipped = shipped
        self._made: FileLoader | None = None

    def load_text(self, text: str | bytes, name: str, where: str, lists: Mapping[str, Items] | None = None) -> Loaded:
        """The scenario of one text. InvalidInput: every problem of it, but not whether others claim the same.

        `lists` are, per vendor, the items that its `fixture` names, in place of the server's own.
        """
        return self._files().load_text(text, name, where, lists)

    def load(self, folders: Sequence[Path], builtin: Path | None) -> Report:
        """The scenarios of some folders or single files, and of the shipped folder where they leave a name free."""
        found = Collected()
        own: dict[str, Path] = {}
        for place in folders:
            self._load_place(list_place(place), found, own)
        if builtin is not None:
            self._load_shipped(builtin, found, own)
        # The shipped ones first: where a user's file claims the same, it is the user's that can be changed.
        found.good.sort(key=lambda good: good.path.stem in own)
        return found.report(own)

    def _load_shipped(self, builtin: Path, found: Collected, own: Mapping[str, Path]) -> None:
        """Loads the files of the shipped folder whose names none of the user's files has."""
        compiled: Mapping[str, Good] = {} if self._shipped is None else self._shipped.scenarios(builtin)
        # What was compiled is from all the files that the folder has now: it need not be read a second time.
        for path in [good.path for good in compiled.values()] or scenario_files(builtin):
            if path.stem in own:
                if own[path.stem].resolve() != path.resolve():
                    found.notes.append(f"{own[path.stem]} overrides the shipped {path.stem}")
            elif path.name in compiled:
                found.good.append(compiled[path.name])
            else:
                self._load_file(path, None, found)

    def _load_place(self, listing: Listing, found: Collected, own: dict[str, Path]) -> None:
        """Loads the files of a folder, or the one file that it is. `own`: the user's files so far, by name."""
        found.notes.extend(listing.notes)
        for path, problem in listing.bad:
            found.refuse(path, [problem])
            # As with any bad file of a shipped name, the shipped scenario does not take its place.
            own.setdefault(path.stem, path)
        beside = None if listing.lists is None else Fixtures([listing.lists])
        for path in listing.files:
            if path.stem not in own:
                own[path.stem] = path
                self._load_file(path, beside, found)
            elif own[path.stem].resolve() != path.resolve():
                what = f'the name "{path.stem}" is taken by {own[path.stem]}'
                found.refuse(path, [Problem(f"{path}:1:1", what, "rename one of the two files")])

    def _load_file(self, path: Path, beside: Fixtures | None, found: Collected) -> None:
        try:
            found.good.append(self._files().load(path, beside))
        except OSError as error:
            found.refuse(path, [unreadable(path, error, "cannot be read")])
        except InvalidInput as error:
            found.refuse(path, error.problems)
        except Exception as error:
            # One file that meets a defect must not take the others along.
            log.debug("loading %s", path, exc_info=True)
            what = f"cannot be loaded: {type(error).__name__}: {error}"
            found.refuse(path, [Problem(str(path), what, "this is a defect of mock-server; please report it")])

    def _files(self) -> FileLoader:
        """What loads a text, imported and made for the first one: a server that plays the shipped ones needs none."""
        if self._made is None:
            from mock_server.scenarios.file import FileLoader

            self._made = FileLoader(*self._parts)
        return self._made


def scenario_files(place: Path) -> list[Path]:
    """The scenario files of a folder, by name, without those of folders in it; or the one file that `place` is."""
    return list(list_place(place).files)
