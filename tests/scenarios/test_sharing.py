"""Catalogues of several servers on one store: the same uploads for all, whoever changes them and when."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Set
from pathlib import Path

import pytest

from mock_server.engine.clock import Clock
from mock_server.journal.journal import Journal
from mock_server.scenarios.catalogue.catalogue import Catalogue
from mock_server.scenarios.catalogue.versions import Held
from mock_server.scenarios.sharing import TEXTS, Sharing
from mock_server.store.memory import MemoryStore
from mock_server.store.store import Control
from tests.support.loading import load, loader

TEXT = "about: {}.\nsteps: [{{state: {}}}]\n"


class Shelf:
    """The texts beside a store, in memory."""

    def __init__(self) -> None:
        self.texts: dict[str, bytes] = {}

    def versions(self) -> Set[str]:
        """See `Texts`."""
        return set(self.texts)

    def put(self, texts: Mapping[str, bytes]) -> None:
        """See `Texts`."""
        self.texts.update(texts)

    def get(self, versions: Collection[str]) -> Mapping[str, bytes]:
        """See `Texts`."""
        return {version: self.texts[version] for version in versions if version in self.texts}

    def remove(self, versions: Collection[str]) -> None:
        """See `Texts`."""
        for version in versions:
            del self.texts[version]


class Servers:
    """Catalogues on one store."""

    def __init__(self) -> None:
        self.store = MemoryStore(Control(Clock.starting(0)), Journal(100))
        self.shelf = Shelf()
        self.held: Set[str] = frozenset()

    def one(self, *folders: Path) -> Catalogue:
        """One more of them."""
        sharing = Sharing(self.store, self.shelf, loader())
        return Catalogue(loader(), folders, None, lambda: Held(self.held, len(self.held)), sharing=sharing)


def put(catalogue: Catalogue, name: str, about: str, state: str = "waiting") -> None:
    """Uploads a scenario, which must be accepted."""
    assert catalogue.put(load(TEXT.format(about, state), name).scenario) == ()


def abouts(catalogue: Catalogue) -> dict[str, str]:
    """What is in force, once the newest is known."""
    catalogue.synchronise()
    return {name: scenario.about for name, scenario in catalogue.library.scenarios.items()}


def test_uploads_of_two_servers_in_turn_are_all_kept() -> None:
    servers = Servers()
    a, b = servers.one(), servers.one()
    put(a, "one", "A")
    put(b, "two", "B")
    put(a, "one", "C")
    assert abouts(a) == abouts(b) == abouts(servers.one()) == {"one": "C.", "two": "B."}
    assert b.remove("one")
    assert not a.remove("one")
    assert abouts(a) == {"two": "B."}
    a.clear_uploads()
    assert abouts(b) == {}


def test_an_upload_that_claims_what_another_server_uploaded_is_refused() -> None:
    servers = Servers()
    a, b = servers.one(), servers.one()
    text = "about: A.\nids: [order-*]\nsteps: [{state: waiting}]\n"
    assert a.put(load(text, "one").scenario) == ()
    (problem,) = b.put(load(text, "two").scenario)
    assert "claimed by one already" in problem.what


def test_a_decision_on_an_older_control_does_not_bring_back_what_was_removed() -> None:
    servers = Servers()
    a = servers.one()
    put(a, "one", "A")
    older = servers.store.control().uploads
    assert a.remove("one")
    assert a.library_for(older).scenarios == {}
    assert a.library_for(servers.store.control().uploads).scenarios == {}


def test_a_version_of_another_servers_file_is_played_and_does_not_come_into_force(tmp_path: Path) -> None:
    servers = Servers()
    (tmp_path / "filed.yaml").write_text(TEXT.format("Filed", "waiting"), "utf-8")
    with_file, without = servers.one(tmp_path), servers.one()
    (version,) = with_file.library.versions
    library = without.library_for("", version)
    assert library.versions[version].about == "Filed."
    assert library.scenarios == {}


def test_a_version_that_nobody_has_is_reported_and_nothing_else_breaks(caplog: pytest.LogCaptureFixture) -> None:
    servers = Servers()
    a, b = servers.one(), servers.one()
    put(a, "one", "A")
    put(a, "two", "B")
    servers.shelf.remove([a.library.scenarios["one"].version])
    assert abouts(b) == {"two": "B."}
    assert "has no text of one@" in caplog.text


def test_a_loaded_run_stands_alone_at_all_servers_and_its_versions_are_known(tmp_path: Path) -> None:
    servers = Servers()
    (tmp_path / "filed.yaml").write_text(TEXT.format("Filed", "waiting"), "utf-8")
    a, b = servers.one(tmp_path), servers.one(tmp_path)
    new, old = (load(TEXT.format(about, "waiting"), "run").scenario for about in ("New", "Old"))

    def swap(uploads: str) -> None:
        servers.store.control(lambda control: control._replace(uploads=uploads))

    a.replace_all([new], [old, new], swap)
    assert abouts(a) == abouts(b) == {"run": "New."}
    assert b.library_for(servers.store.control().uploads, old.version).versions[old.version].about == "Old."
    b.clear_uploads()
    assert abouts(a) == abouts(b) == {"filed": "Filed."}


def test_texts_that_nobody_needs_make_room_for_new_ones(tmp_path: Path) -> None:
    servers = Servers()
    a = servers.one()
    put(a, "one", "A")
    servers.held = {"held@1"}
    servers.shelf.put({f"old@{k}": b"{}" for k in range(TEXTS.value)} | {"held@1": b"{}"})
    (tmp_path / "filed.yaml").write_text(TEXT.format("Filed", "waiting"), "utf-8")
    servers.one(tmp_path)
    assert {version.partition("@")[0] for version in servers.shelf.texts} == {"one", "held", "filed"}
