"""Scenario files that change under a running server: good ones are played, bad ones are reported and not played."""

from __future__ import annotations

import json
import logging
import os
import shutil
import threading
from pathlib import Path

import pytest

from mock_server.errors import InvalidInput
from mock_server.paths import data
from mock_server.scenarios import Loader
from mock_server.scenarios.catalogue.catalogue import Catalogue
from mock_server.vendors.contracts import Contracts
from mock_server.vendors.fixtures import Fixtures
from mock_server.vendors.registry import Registry

ONE = "about: One thing.\nsteps: [{state: succeeded}]\n"
TWO = "about: Two thing.\nsteps: [{state: succeeded}]\n"
BAD = "about: Bad.\nsteps:\n  - {state: succeded}\n"
OLD = 1_500_000_000
LISTED = "about: A list.\nvendors: [qiniu]\nitems: {fixture: mine}\nsteps: [{state: succeeded}]\n"


def catalogue_of(*places: Path, builtin: bool = False) -> Catalogue:
    """A catalogue that nobody watches."""
    fixtures = Fixtures([data("fixtures")])
    return Catalogue(Loader(Registry(), Contracts(), fixtures), places, data("scenarios") if builtin else None)


def abouts(catalogue: Catalogue) -> dict[str, str]:
    """What the scenarios in force are about, by name."""
    return {name: scenario.about for name, scenario in catalogue.library.scenarios.items()}


def problems_of(catalogue: Catalogue) -> list[str]:
    """What is wrong with files, as people read it."""
    return [str(problem) for problem in catalogue.library.problems]


def write(path: Path, text: str, at: int | None = None) -> None:
    """A file with this text, last changed at this second."""
    path.write_text(text)
    if at is not None:
        os.utime(path, (at, at))


def test_nothing_changed_means_nothing_loaded(tmp_path: Path) -> None:
    write(tmp_path / "one.yaml", ONE)
    catalogue = catalogue_of(tmp_path)
    library = catalogue.library
    assert [catalogue.reload_if_changed(), catalogue.reload_if_changed()] == [False, False]
    assert catalogue.library is library


def test_a_new_file_is_played(tmp_path: Path) -> None:
    catalogue = catalogue_of(tmp_path)
    assert abouts(catalogue) == {}
    write(tmp_path / "one.yaml", ONE)
    assert catalogue.reload_if_changed()
    assert abouts(catalogue) == {"one": "One thing."}


@pytest.mark.parametrize("at", [None, OLD])
@pytest.mark.parametrize("text", [TWO, "about: Two things, in other words.\nsteps: [{state: failed}]\n"])
def test_an_edited_file_is_played_as_it_is_now_even_with_its_old_size_and_time(
    tmp_path: Path, text: str, at: int | None
) -> None:
    write(tmp_path / "one.yaml", ONE, at)
    catalogue = catalogue_of(tmp_path)
    before = (tmp_path / "one.yaml").stat()
    write(tmp_path / "one.yaml", text)
    os.utime(tmp_path / "one.yaml", ns=(before.st_atime_ns, before.st_mtime_ns))
    assert catalogue.reload_if_changed()
    assert abouts(catalogue)["one"].startswith("Two thing")


def test_times_that_are_too_coarse_do_not_hide_an_edit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, real = tmp_path / "one.yaml", Path.stat
    write(path, ONE)
    catalogue, before = catalogue_of(tmp_path), path.stat()
    write(path, TWO)
    monkeypatch.setattr(Path, "stat", lambda self, **how: before if self == path else real(self, **how))
    assert catalogue.reload_if_changed()
    assert abouts(catalogue) == {"one": "Two thing."}


def test_a_file_swapped_for_another_is_played(tmp_path: Path) -> None:
    write(tmp_path / "one.yaml", ONE, OLD)
    catalogue = catalogue_of(tmp_path)
    write(tmp_path / "new", TWO, OLD)
    (tmp_path / "new").replace(tmp_path / "one.yaml")
    assert catalogue.reload_if_changed()
    assert abouts(catalogue) == {"one": "Two thing."}


def test_a_file_that_was_only_touched_is_not_loaded_again(tmp_path: Path) -> None:
    write(tmp_path / "one.yaml", ONE, OLD)
    catalogue = catalogue_of(tmp_path)
    os.utime(tmp_path / "one.yaml")
    assert not catalogue.reload_if_changed()


def test_a_file_that_grows_old_is_no_change(tmp_path: Path) -> None:
    write(tmp_path / "one.yaml", ONE)
    catalogue = catalogue_of(tmp_path)
    os.utime(tmp_path / "one.yaml", (OLD, OLD))
    assert [catalogue.reload_if_changed(), catalogue.reload_if_changed()] == [False, False]


def test_a_file_that_became_bad_is_reported_with_its_place_and_its_last_good_version_stays(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write(tmp_path / "one.yaml", ONE)
    write(tmp_path / "two.yaml", TWO)
    catalogue = catalogue_of(tmp_path)
    write(tmp_path / "one.yaml", BAD)
    write(tmp_path / "two.yaml", TWO.replace("Two", "Third"))
    with caplog.at_level(logging.ERROR, "mock_server"):
        looks = [catalogue.reload_if_changed() for _ in range(3)]
    assert looks == [True, False, False]
    assert abouts(catalogue) == {"one": "One thing.", "two": "Third thing."}
    (problem,) = problems_of(catalogue)
    assert problem.startswith(f"{tmp_path / 'one.yaml'}:3:")
    assert "succeeded" in problem
    assert problem.endswith("? one stays in force as it was)")
    assert [record.getMessage() for record in caplog.records] == [problem]


def test_a_bad_file_that_is_mended_is_played(tmp_path: Path) -> None:
    write(tmp_path / "one.yaml", ONE)
    catalogue = catalogue_of(tmp_path)
    for text in (BAD, TWO):
        write(tmp_path / "one.yaml", text)
        assert catalogue.reload_if_changed()
    assert (abouts(catalogue), problems_of(catalogue)) == ({"one": "Two thing."}, [])


def test_a_new_file_that_is_bad_is_reported_and_not_played(tmp_path: Path) -> None:
    write(tmp_path / "one.yaml", ONE)
    catalogue = catalogue_of(tmp_path)
    write(tmp_path / "two.yaml", BAD)
    assert catalogue.reload_if_changed()
    assert abouts(catalogue) == {"one": "One thing."}
    (problem,) = problems_of(catalogue)
    assert problem.endswith("? nothing of it is in force)")


def test_a_deleted_file_is_played_no_more(tmp_path: Path) -> None:
    write(tmp_path / "one.yaml", ONE)
    write(tmp_path / "two.yaml", TWO)
    catalogue = catalogue_of(tmp_path)
    (tmp_path / "one.yaml").unlink()
    assert catalogue.reload_if_changed()
    assert (abouts(catalogue), problems_of(catalogue)) == ({"two": "Two thing."}, [])


def test_a_deleted_bad_file_takes_its_last_good_version_along(tmp_path: Path) -> None:
    write(tmp_path / "one.yaml", ONE)
    catalogue = catalogue_of(tmp_path)
    write(tmp_path / "one.yaml", BAD)
    catalogue.reload_if_changed()
    (tmp_path / "one.yaml").unlink()
    assert catalogue.reload_if_changed()
    assert (abouts(catalogue), problems_of(catalogue)) == ({}, [])


def test_a_renamed_file_is_played_by_its_new_name(tmp_path: Path) -> None:
    write(tmp_path / "one.yaml", ONE, OLD)
    catalogue = catalogue_of(tmp_path)
    (tmp_path / "one.yaml").rename(tmp_path / "two.yaml")
    assert catalogue.reload_if_changed()
    assert abouts(catalogue) == {"two": "One thing."}


def test_a_folder_that_is_gone_keeps_what_it_held_and_is_reported(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    write(mine / "one.yaml", ONE)
    catalogue = catalogue_of(mine)
    shutil.rmtree(mine)
    assert catalogue.reload_if_changed()
    assert abouts(catalogue) == {"one": "One thing."}
    (problem,) = problems_of(catalogue)
    assert problem.startswith(f"{mine}: no such file or folder")
    assert "one stays in force as it was" in problem


def test_one_file_can_be_watched_alone(tmp_path: Path) -> None:
    write(tmp_path / "one.yaml", ONE)
    catalogue = catalogue_of(tmp_path / "one.yaml")
    write(tmp_path / "two.yaml", TWO)
    assert not catalogue.reload_if_changed()
    write(tmp_path / "one.yaml", TWO)
    assert catalogue.reload_if_changed()
    assert abouts(catalogue) == {"one": "Two thing."}


@pytest.mark.parametrize("place", ["", "listed.yaml"])
def test_a_list_of_items_beside_the_scenarios_is_watched_too(tmp_path: Path, place: str) -> None:
    items = tmp_path / "fixtures" / "qiniu" / "mine.json"
    items.parent.mkdir(parents=True)
    write(tmp_path / "listed.yaml", LISTED)
    write(items, json.dumps([{"cmd": "avthumb/mp4"}]))
    catalogue = catalogue_of(tmp_path / place)
    write(items, json.dumps([{"cmd": "avthumb/flv"}, {"cmd": "vframe/jpg"}]))
    assert catalogue.reload_if_changed()
    scenario = catalogue.library.scenarios["listed"]
    assert [item.fields["cmd"] for item in scenario.items_of("qiniu", ())] == ["avthumb/flv", "vframe/jpg"]


def test_a_list_that_became_bad_is_reported_and_the_scenario_stays(tmp_path: Path) -> None:
    items = tmp_path / "fixtures" / "qiniu" / "mine.json"
    items.parent.mkdir(parents=True)
    write(tmp_path / "listed.yaml", LISTED)
    write(items, json.dumps([{"cmd": "avthumb/mp4"}]))
    catalogue = catalogue_of(tmp_path)
    write(items, "[")
    assert catalogue.reload_if_changed()
    assert abouts(catalogue) == {"listed": "A list."}
    assert "mine.json" in problems_of(catalogue)[0]


def test_a_file_of_ones_own_takes_a_shipped_name_and_gives_it_back(tmp_path: Path) -> None:
    catalogue = catalogue_of(tmp_path, builtin=True)
    shipped = abouts(catalogue)
    write(tmp_path / "instant.yaml", ONE)
    catalogue.reload_if_changed()
    assert abouts(catalogue) == {**shipped, "instant": "One thing."}
    (tmp_path / "instant.yaml").unlink()
    catalogue.reload_if_changed()
    assert abouts(catalogue) == shipped


def test_a_bad_file_with_a_shipped_name_leaves_the_shipped_one_in_place(tmp_path: Path) -> None:
    catalogue = catalogue_of(tmp_path, builtin=True)
    shipped = abouts(catalogue)
    write(tmp_path / "instant.yaml", BAD)
    catalogue.reload_if_changed()
    assert abouts(catalogue) == shipped
    (problem,) = problems_of(catalogue)
    assert problem.endswith("? instant stays in force as it was)")


def test_a_claim_that_moves_to_another_file_leaves_nothing_behind(tmp_path: Path) -> None:
    claim = "ids: [job-1]\n"
    write(tmp_path / "one.yaml", claim + ONE)
    catalogue = catalogue_of(tmp_path)
    write(tmp_path / "one.yaml", BAD)
    write(tmp_path / "two.yaml", claim + TWO)
    assert catalogue.reload_if_changed()
    chosen = catalogue.library.choose("qiniu", "job-1")
    assert chosen is not None
    assert chosen.name == "two"
    assert abouts(catalogue) == {"two": "Two thing."}
    assert problems_of(catalogue)[0].endswith("? nothing of it is in force)")


@pytest.mark.parametrize("missing", ["nowhere", "nowhere.yaml"])
def test_a_start_without_the_folder_is_an_error(tmp_path: Path, missing: str) -> None:
    with pytest.raises(InvalidInput, match="no such file or folder"):
        catalogue_of(tmp_path / missing)


def test_a_start_with_bad_files_names_every_problem_of_every_file(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write(tmp_path / f"{name}.yaml", BAD)
    with pytest.raises(InvalidInput) as caught:
        catalogue_of(tmp_path)
    assert {problem.where.rpartition("/")[2].split(":")[0] for problem in caught.value.problems} == {
        "one.yaml",
        "two.yaml",
    }


def test_a_server_watches_its_files_until_it_stops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked, stopping = threading.Semaphore(0), threading.Event()
    catalogue = catalogue_of(tmp_path)

    def look() -> bool:
        looked.release()
        raise OSError("the folder is being written")

    monkeypatch.setattr("mock_server.scenarios.watch._EVERY", 0.001)
    monkeypatch.setattr(catalogue, "reload_if_changed", look)
    before = set(threading.enumerate())
    catalogue.watch(stopping)
    (watcher,) = set(threading.enumerate()) - before
    assert all(looked.acquire(timeout=20) for _ in range(3))  # one look that fails does not end the looking
    stopping.set()
    watcher.join(20)
    assert not watcher.is_alive()


def test_the_shipped_scenarios_alone_are_not_watched() -> None:
    before = set(threading.enumerate())
    catalogue_of(builtin=True).watch(threading.Event())
    assert set(threading.enumerate()) == before
