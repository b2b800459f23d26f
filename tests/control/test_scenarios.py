"""Scenarios in a hand: uploads stand over files, are checked as files are, and go when they are taken back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mock_server.control import scenarios
from mock_server.control.refused import Kind, Refused
from mock_server.errors import InvalidInput
from tests.support.controls import bench

WAITS = "about: Waits.\nsteps: [{state: waiting, hold: true}]\n"
ENDS = "about: Ends.\nsteps: [{state: succeeded}]\n"
DONE = "about: Done.\nsteps: [{state: succeeded}]\n"


def test_an_upload_is_played_and_read_as_it_was_written() -> None:
    world = bench()
    world.do.scenarios.upload("mine", DONE)
    assert world.do.scenarios.read("mine").text == DONE
    assert world.poll("mine.1").status == 200


def test_a_file_is_read_as_it_was_written(root: Path) -> None:
    assert bench().do.scenarios.read("happy-path").text == (root / "scenarios/happy-path.yaml").read_text("utf-8")


def test_an_upload_stands_over_a_file_until_it_is_removed(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(WAITS)
    world = bench(scenarios=(tmp_path,))
    world.do.scenarios.upload("mine", DONE)
    (tmp_path / "mine.yaml").write_text(WAITS.replace("Waits", "Still waits"))
    world.server.catalogue.reload_if_changed()
    assert world.do.scenarios.read("mine").about == "Done."
    world.do.scenarios.remove("mine")
    assert world.do.scenarios.read("mine").about == "Still waits."


def test_a_running_task_keeps_the_version_that_was_uploaded_first() -> None:
    world = bench()
    world.do.scenarios.upload("mine", WAITS)
    world.poll("mine.1")
    world.do.scenarios.upload("mine", DONE)
    world.do.scenarios.remove("mine")
    assert json.loads(world.poll("mine.1").body)["code"] == 1
    assert world.poll("mine.2").status == 404


def test_every_problem_of_an_upload_is_told_with_its_place_and_nothing_changes() -> None:
    world = bench()
    with pytest.raises(InvalidInput) as caught:
        world.do.scenarios.upload("mine", "steps:\n  - {state: succeded}\n  - {stat: failed}\n")
    assert [problem.where.rpartition(":")[0] for problem in caught.value.problems[:2]] == ["mine.yaml:2", "mine.yaml:3"]
    assert "mine" not in world.do.scenarios.library().scenarios


def test_a_check_says_what_an_upload_would_and_changes_nothing() -> None:
    world = bench()
    world.do.scenarios.upload("mine", "ids: [job-1]\n" + DONE)
    before = world.do.scenarios.library()
    assert world.do.scenarios.check("other", WAITS).scenario.name == "other"
    assert world.do.scenarios.check("mine", "ids: [job-1]\n" + WAITS).scenario.name == "mine"
    with pytest.raises(InvalidInput, match="succeded"):
        world.do.scenarios.check("other", "steps: [{state: succeded}]")
    with pytest.raises(Refused, match='"job-1" is claimed by mine already'):
        world.do.scenarios.check("other", "ids: [job-1]\n" + WAITS)
    assert world.do.scenarios.library() is before


def test_an_upload_that_claims_what_another_has_is_a_conflict_and_changes_nothing() -> None:
    world = bench()
    world.do.scenarios.upload("mine", "ids: [job-1]\n" + DONE)
    before = world.do.scenarios.library()
    with pytest.raises(Refused) as caught:
        world.do.scenarios.upload("other", "ids: [job-1]\n" + WAITS)
    assert caught.value.kind is Kind.CONFLICT
    assert '"job-1" is claimed by mine already' in str(caught.value)
    assert world.do.scenarios.library() is before


def test_vendors_that_do_not_meet_may_claim_the_same() -> None:
    world = bench()
    world.do.scenarios.upload("mine", "ids: [job-1]\nvendors: [qiniu]\n" + DONE)
    world.do.scenarios.upload("other", "ids: [job-1]\nvendors: [wangsu]\n" + WAITS)
    assert world.poll("job-1", "wangsu").status == world.poll("job-1").status == 200


def test_uploads_are_bounded_in_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scenarios, "UPLOADS", scenarios.UPLOADS._replace(value=40_000))
    world = bench()
    large = DONE + "#" * 5_000
    world.do.scenarios.upload("mine", large)
    world.do.scenarios.upload("mine", large)  # in place of the first
    for ask in (world.do.scenarios.upload, world.do.scenarios.check):
        for text in (large, DONE.replace("steps", "items: 100\nsteps")):
            with pytest.raises(Refused, match="more than 40000 bytes of memory") as caught:
                ask("other", text)
            assert caught.value.kind is Kind.CONFLICT
    world.do.scenarios.remove("mine")
    world.do.scenarios.upload("other", large)


def test_a_later_file_that_claims_what_an_upload_has_stays_hidden(tmp_path: Path) -> None:
    (tmp_path / "filed.yaml").write_text(WAITS)
    world = bench(scenarios=(tmp_path,))
    world.do.scenarios.upload("mine", "ids: [job-1]\n" + DONE)
    (tmp_path / "filed.yaml").write_text("ids: [job-1]\n" + WAITS)
    world.server.catalogue.reload_if_changed()
    assert "filed" not in world.do.scenarios.library().scenarios
    world.do.scenarios.remove("mine")
    assert json.loads(world.poll("job-1").body)["code"] == 1


@pytest.mark.parametrize(("name", "said"), [("happy-path", "removed where it lies"), ("mien", 'did you mean "mine"')])
def test_only_uploads_can_be_removed(name: str, said: str) -> None:
    world = bench()
    world.do.scenarios.upload("mine", DONE)
    with pytest.raises(Refused, match=said) as caught:
        world.do.scenarios.remove(name)
    assert caught.value.kind is Kind.NOT_FOUND


def test_a_scenario_that_is_not_there_is_not_found() -> None:
    with pytest.raises(Refused, match='did you mean "happy-path"'):
        bench().do.scenarios.read("hapy-path")
