"""Scenarios in a hand: uploads stand over files, are checked as files are, and go when they are taken back."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from mock_server.control import scenarios
from mock_server.control.refused import Kind, Refused
from mock_server.control.task_view import Wanted
from mock_server.errors import InvalidInput
from mock_server.scenarios.catalogue import Catalogue, Held
from tests.support.admin_kit import admin_world
from tests.support.controls import Bench, bench

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


def versions(world: Bench, name: str = "mine") -> list[str]:
    """What the known versions of one scenario are about."""
    return [each.about for each in world.server.catalogue.library.versions.values() if each.name == name]


def about(number: int) -> str:
    return WAITS.replace("Waits.", f"Number {number}.")


def test_of_many_uploads_only_those_in_force_and_those_that_a_task_holds_are_known() -> None:
    world = bench()
    for number in range(300):
        world.do.scenarios.upload("mine", about(number))
        if number % 100 == 7:
            world.poll(f"mine.{number}")
    assert versions(world) == [f"Number {number}." for number in (7, 107, 207, 299)]
    assert [world.poll(f"mine.{number}").status for number in (7, 107, 207)] == [200] * 3


def test_of_a_file_that_is_edited_often_only_the_last_version_is_known(tmp_path: Path) -> None:
    world = bench(scenarios=(tmp_path,))
    for number in range(20):
        (tmp_path / "mine.yaml").write_text(about(number))
        world.server.catalogue.reload_if_changed()
    assert versions(world) == ["Number 19."]


def test_a_version_goes_with_its_last_task() -> None:
    world = bench()
    for number in range(2):
        world.do.scenarios.upload("mine", about(number))
        world.poll(f"mine.{number}")
    world.do.tasks.drop(Wanted(id="mine.0"))
    world.do.scenarios.upload("other", DONE)
    assert versions(world) == ["Number 1."]
    world.do.scenarios.remove("mine")
    assert versions(world) == ["Number 1."]
    world.do.reset.reset(["tasks"])
    assert versions(world) == []


def test_tasks_are_asked_rarely_where_there_are_many() -> None:
    asked: list[int] = []

    def held() -> Held:
        asked.append(1)
        return Held(frozenset(), 1_000_000)

    server = bench().server
    catalogue = Catalogue(server.loader, (), None, held)
    for number in range(1_000):
        catalogue.put(server.loader.load_text(about(number), "mine", "mine.yaml").scenario)
    assert len(asked) <= 11
    assert len(catalogue.library.versions) <= 102


def test_a_version_that_is_gone_can_still_be_asked_for_in_the_journal() -> None:
    world = admin_world()
    assert world.ask("PUT", "/scenarios/mine", DONE.encode(), Content_Type="application/yaml").status in (200, 201)
    world.poll("mine.1")
    version = world.ask("GET", "/scenarios/mine").body["version"]
    world.ask("DELETE", "/scenarios/mine")
    world.ask("POST", "/reset", {"only": ["tasks"]})
    for name in ("mine", version):
        assert world.ask("GET", f"/requests?scenario={name}&total=true").body["total"] == 1
    assert world.ask("GET", "/requests?scenario=mien").status == 422


def test_no_version_goes_while_tasks_are_born_to_it() -> None:
    world = bench("[{state: succeeded}]", max_tasks=50)
    failures: list[BaseException] = []
    done = threading.Event()

    def work(act: Callable[[int], object]) -> None:
        number = 0
        try:
            while not done.is_set():
                act(number := number + 1)
        except BaseException as error:
            failures.append(error)

    def create(number: int) -> None:
        with suppress(Refused):
            world.do.tasks.create("qiniu", "mine", f"mine.created.{number}")

    def bundles(_: int) -> None:
        world.dump()

    acts = (lambda number: world.poll(f"mine.{number % 500}"), create, bundles, lambda _: world.do.tasks.list())
    world.do.scenarios.upload("mine", about(0))
    threads = [threading.Thread(target=work, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for number in range(150):
        world.do.scenarios.upload("mine", ENDS.replace("Ends.", f"Number {number}."))
    done.set()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(versions(world)) <= 51
