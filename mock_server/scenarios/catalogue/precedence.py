"""Uploads over files: the library that both make."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Set
from dataclasses import replace

from mock_server.engine.scenario import Scenario
from mock_server.scenarios.catalogue.files import ScenarioFiles
from mock_server.scenarios.library import Library, claims_of, library_of

log = logging.getLogger("mock_server")


class Precedence:
    """Puts uploads over files, and knows which files each upload hides."""

    def __init__(self) -> None:
        self._hiding: dict[str, tuple[Scenario, Library, Set[str]]] = {}

    def library(
        self, uploads: Mapping[str, Scenario], files: ScenarioFiles, earlier: Library, *, alone: bool
    ) -> Library:
        """The uploads, and the files that they leave room for (none if `alone`), with the versions of `earlier`."""
        self._hiding = {name: known for name, known in self._hiding.items() if name in uploads}
        filed = Library() if alone else files.library
        hidden = {name for upload in uploads.values() for name in self._hidden_by(upload, filed)}
        for name in sorted(hidden.difference(uploads)):
            log.warning("%s is hidden: an upload claims one of its ids", name)
        kept = [each for each in filed.scenarios.values() if each.name not in uploads and each.name not in hidden]
        library = library_of((*kept, *uploads.values()), files.library.problems, earlier)
        return replace(library, broken=files.bad.difference(library.scenarios))

    def _hidden_by(self, upload: Scenario, filed: Library) -> Set[str]:
        """The names of the files that claim what an upload claims; looked up once for each upload and set of files."""
        known = self._hiding.get(upload.name)
        if known is None or known[0] is not upload or known[1] is not filed:
            owners = (filed.owner(vendor, claim) for claim in claims_of(upload) for vendor in upload.vendors)
            known = (upload, filed, {owner.name for owner in owners if owner is not None} - {upload.name})
            self._hiding[upload.name] = known
        return known[2]
