"""Folders and files that may not be read: told in our words at a start and while running, and nothing is lost."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from mock_server.cli.check import command
from mock_server.emulator import near_miss
from mock_server.errors import InvalidInput
from mock_server.scenarios.catalogue.catalogue import Catalogue
from mock_server.scenarios.watch import WatchedFiles
from tests.support.loading import loader

FINE = "vendors: [qiniu]\nitems: {fixture: mine}\nsteps: [{state: succeeded}]\n"
NOBODY = 65534


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a scenario and its list, within the reach of every user."""
    top = Path(tempfile.mkdtemp())
    top.chmod(0o755)
    (top / "own" / "fixtures" / "qiniu").mkdir(parents=True)
    (top / "own" / "a.yaml").write_text(FINE)
    (top / "own" / "fixtures" / "qiniu" / "mine.json").write_text('[{"key": "film.mp4"}]')
    yield top / "own"
    for path in (top, *top.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755)
    shutil.rmtree(top)


@contextmanager
def as_nobody() -> Iterator[None]:
    """As a user to whom the modes of files apply."""
    if os.geteuid():
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def owned(path: Path) -> None:
    """Gives a path to the user that reads, whom mode 0 keeps out whether that is root or not."""
    if not os.geteuid():
        os.chown(path, NOBODY, -1)


UNREADABLE = [
    ("", 0o000, "own: the folder cannot be read: Permission denied (the server runs as user "),
    ("", 0o400, "own: the folder cannot be read: Permission denied"),
    ("", 0o100, "own: the folder cannot be read: Permission denied"),
    ("..", 0o000, "own: cannot be looked at: Permission denied"),
    ("a.yaml", 0o000, "own/a.yaml: cannot be read: Permission denied"),
    ("fixtures", 0o000, "the fixture cannot be used: "),
    ("fixtures/qiniu", 0o000, "the fixture cannot be used: "),
    ("fixtures/qiniu/mine.json", 0o000, "mine.json: cannot be read: Permission denied"),
]


@pytest.mark.parametrize(("what", "mode", "told"), UNREADABLE)
def test_what_may_not_be_read_is_a_problem_at_a_start(folder: Path, what: str, mode: int, told: str) -> None:
    owned(folder / what)
    (folder / what).chmod(mode)
    with as_nobody():
        with pytest.raises(InvalidInput) as caught:
            Catalogue(loader(), [folder], None)
        checked = CliRunner().invoke(command, [str(folder), "--no-builtin"])
    assert [told in str(problem) for problem in caught.value.problems] == [True], str(caught.value)
    assert (checked.exit_code, told in checked.output) == (1, True), checked.output


@pytest.mark.parametrize(("what", "mode", "told"), UNREADABLE)
def test_what_can_be_read_no_more_is_told_and_its_last_good_version_stays(
    folder: Path, what: str, mode: int, told: str
) -> None:
    owned(folder / what)
    with as_nobody():
        catalogue = Catalogue(loader(), [folder], None)
    before = catalogue.library.scenarios["a"]
    (folder / what).chmod(mode)
    with as_nobody():
        assert catalogue.reload_if_changed()
        assert not catalogue.reload_if_changed()
    assert [told in str(problem) for problem in catalogue.library.problems] == [True]
    assert catalogue.library.scenarios["a"].version == before.version
    (folder / what).chmod(0o755)
    with as_nobody():
        assert catalogue.reload_if_changed()
    assert (catalogue.library.problems, set(catalogue.library.scenarios)) == ((), {"a"})


def test_a_link_that_breaks_while_running_is_told(folder: Path) -> None:
    catalogue = Catalogue(loader(), [folder], None)
    (folder / "b.yaml").symlink_to("gone")
    (folder / "c.YAML").write_text("")
    assert catalogue.reload_if_changed()
    assert ["the link leads nowhere" in str(problem) for problem in catalogue.library.problems] == [True]
    assert ["c.YAML is not read" in note for note in catalogue.notes] == [True]
    assert not WatchedFiles([folder]).changed()


def test_a_scenario_whose_file_is_broken_says_so_where_it_is_missed(folder: Path) -> None:
    catalogue = Catalogue(loader(), [folder], None)
    (folder / "b.yaml").write_text("steps: 3")
    assert catalogue.reload_if_changed()
    note = near_miss.of_id(catalogue.library, "qiniu", "b.1")
    assert note == 'unmatched; "b" is not in force: its file has problems, see /__admin/health or mock-server check'
    assert near_miss.known_of_id(catalogue.library, "qiniu", "b.1") == note
    (folder / "b.yaml").write_text("steps: [{state: failed}]")
    assert catalogue.reload_if_changed()
    assert near_miss.of_id(catalogue.library, "qiniu", "zzz") == "unmatched"


def test_a_defect_in_loading_is_told_and_the_next_change_is_loaded(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = loader()
    catalogue = Catalogue(made, [folder], None)
    before = dict(catalogue.library.scenarios)

    def fail(*_: object) -> None:
        raise MemoryError("no more")

    (folder / "b.yaml").write_text("steps: [{state: failed}]")
    with monkeypatch.context() as patched:
        patched.setattr(type(made), "load", fail)
        assert catalogue.reload_if_changed()
    (problem,) = catalogue.library.problems
    assert problem.what == "the scenario files cannot be loaded: MemoryError: no more"
    assert catalogue.library.scenarios == before
    (folder / "b.yaml").write_text("steps: [{state: succeeded}]")
    assert catalogue.reload_if_changed()
    assert (catalogue.library.problems, set(catalogue.library.scenarios)) == ((), {"a", "b"})
