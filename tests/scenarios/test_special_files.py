"""A list of items that is a pipe or a device: told as any bad file, and nobody waits for it or reads it to its end."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mock_server.errors import Problem
from mock_server.paths import read_start
from mock_server.scenarios.catalogue.catalogue import Catalogue
from tests.support.loading import loader

USING = "vendors: [qiniu]\nitems: {fixture: mine}\nsteps: [{state: succeeded}]\n"
OTHER = "vendors: [qiniu]\nsteps: [{state: succeeded}]\n"
KINDS = {"pipe": "it is a pipe", "device": "it is a device", "folder": "it is a folder"}


def place(path: Path, kind: str) -> None:
    """Puts something that is no file at a path."""
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    else:
        path.mkdir()


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """Where the list `mine` of a folder's one scenario belongs."""
    (tmp_path / "fixtures" / "qiniu").mkdir(parents=True)
    (tmp_path / "using.yaml").write_text(USING)
    return tmp_path / "fixtures" / "qiniu" / "mine.json"


@pytest.mark.parametrize("kind", KINDS)
def test_a_list_that_is_no_file_is_a_problem(mine: Path, tmp_path: Path, kind: str) -> None:
    place(mine, kind)
    (problem,) = loader().load([tmp_path], None).problems
    assert KINDS[kind] in str(problem)


@pytest.mark.parametrize("kind", KINDS)
def test_a_list_that_becomes_no_file_is_told_and_other_files_are_still_loaded(
    mine: Path, tmp_path: Path, kind: str
) -> None:
    mine.write_text('[{"key": "film.mp4"}]')
    catalogue = Catalogue(loader(), [tmp_path], None)
    mine.unlink()
    place(mine, kind)
    (tmp_path / "other.yaml").write_text(OTHER)
    assert catalogue.reload_if_changed()
    assert set(catalogue.library.scenarios) == {"using", "other"}
    (problem,) = catalogue.library.problems
    assert KINDS[kind] in str(problem)


def test_no_more_of_a_file_is_read_than_was_asked_for(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abcdef")
    assert [read_start(tmp_path / "a", most) for most in (0, 3, 6, 9)] == [b"", b"abc", b"abcdef", b"abcdef"]


@pytest.mark.parametrize("size", [(1 << 16) - 1, 1 << 16, (1 << 16) + 1, 200_000])
def test_a_large_file_is_read_whole_or_as_far_as_was_asked_for(tmp_path: Path, size: int) -> None:
    content = bytes(k % 251 for k in range(size))
    (tmp_path / "a").write_bytes(content)
    for most in (1, (1 << 16) - 1, 1 << 16, (1 << 16) + 1, size - 1, size, size + 1):
        assert read_start(tmp_path / "a", most) == content[:most]


def test_a_problem_is_one_line_whatever_the_name_of_a_file() -> None:
    told = str(Problem("a\nb.yaml", "there is no /x\udcff\u2028任务\x1b[2J", "mend\tit"))
    assert told == "a\\nb.yaml: there is no /x\\xff\\u2028任务\\x1b[2J (mend\\tit)"
