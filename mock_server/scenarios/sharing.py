"""How the uploads of one server become those of all servers that share its store.

The control says which versions are uploaded, so that every decision is made on the newest; their texts lie beside it.
So do the texts of all that a server has in force: a task that is born to a version which only one server has is played
by all of them.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Mapping, Set

from mock_server.engine.scenario import Scenario
from mock_server.errors import InvalidInput
from mock_server.scenarios.load import Loader
from mock_server.store.store import Control, Store, Texts
from mock_server.types import Bound

log = logging.getLogger("mock_server")

TEXTS = Bound(
    "Versions of scenarios whose texts a shared store keeps",
    20_000,
    "versions",
    "Those that are neither in force at the server that adds one, nor uploaded, nor held by a task, are removed.",
)


class Moved(Exception):
    """Another server changed the uploads meanwhile."""


class Sharing:
    """The uploads that all servers have, as one server takes part in them. Its catalogue calls it under its lock."""

    def __init__(self, store: Store, texts: Texts, loader: Loader) -> None:
        self._store = store
        self._texts = texts
        self._loader = loader
        self.taken = ""
        """What the control said of uploads when they were last taken over."""

    def newest(self) -> str:
        """What the control says now."""
        return self._store.control().uploads

    def is_newer(self, uploads: str) -> bool:
        """Whether that is to be taken over: a decision may have been made on an older control."""
        return uploads != self.taken and (not uploads or _number(uploads) > _number(self.taken))

    def offer(self, scenarios: Iterable[Scenario], held: Callable[[], Set[str]]) -> None:
        """Lets all servers play these. `held` tells which versions tasks hold, if others must make room."""
        here = {scenario.version: scenario for scenario in scenarios}
        known = self._texts.versions()
        if len(known | here.keys()) > TEXTS.value:
            kept = {*here, *held(), *_versions(self.newest())}
            self._texts.remove(known - kept)
        self._texts.put({version: _text(here[version]) for version in here.keys() - known})

    def publish(self, uploads: Mapping[str, Scenario], *, alone: bool) -> None:
        """Makes these the uploads of all servers. `alone`: nothing else is in force. Moved: others were quicker."""
        after = self.told(uploads, alone=alone)

        def change(control: Control) -> Control:
            if control.uploads != self.taken:
                raise Moved
            return control._replace(uploads=after)

        self._store.control(change)
        self.taken = after

    def told(self, uploads: Mapping[str, Scenario], *, alone: bool) -> str:
        """What a control says where these are the next uploads; their texts are there then."""
        self._texts.put({scenario.version: _text(scenario) for scenario in uploads.values()})
        versions = sorted(scenario.version for scenario in uploads.values())
        return json.dumps({"number": _number(self.taken) + 1, "alone": alone, "versions": versions})

    def take(self, uploads: str, known: Mapping[str, Scenario]) -> tuple[dict[str, Scenario], bool]:
        """The uploads by name, and whether nothing else is in force. `known` are versions that need not be loaded."""
        listed = _versions(uploads)
        found = {version: known[version] for version in listed if version in known}
        found |= self.load([version for version in listed if version not in known])
        self.taken = uploads
        return {scenario.name: scenario for scenario in found.values()}, bool(uploads and json.loads(uploads)["alone"])

    def load(self, versions: Iterable[str]) -> dict[str, Scenario]:
        """These versions, those left out that nobody knows or that this server cannot load; the log says why."""
        wanted = list(versions)
        texts = self._texts.get(wanted) if wanted else {}
        found: dict[str, Scenario] = {}
        for version in wanted:
            try:
                found[version] = self._loaded(version, texts[version])
            except KeyError:
                log.error("the shared store has no text of %s, which a task or an upload plays", version)
            except InvalidInput as error:
                log.error("%s of the shared store cannot be loaded here: %s", version, error)
        return found

    def _loaded(self, version: str, text: bytes) -> Scenario:
        raw = json.loads(text)
        lists = {vendor: tuple(items) for vendor, items in raw["lists"].items()}
        return self._loader.load_text(raw["text"], raw["name"], f"{raw['name']}.yaml", lists).scenario


def _number(uploads: str) -> int:
    return int(json.loads(uploads)["number"]) if uploads else 0


def _versions(uploads: str) -> list[str]:
    return list(json.loads(uploads)["versions"]) if uploads else []


def _text(scenario: Scenario) -> bytes:
    lists = {vendor: [dict(item) for item in items] for vendor, items in scenario.lists.items()}
    return json.dumps({"name": scenario.name, "text": scenario.text, "lists": lists}).encode()
