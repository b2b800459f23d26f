"""Which versions of scenarios stay known: those in force, and those that a task still plays."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from mock_server.assembly import Server
from mock_server.control.refused import Refused
from mock_server.control.task_view import Wanted
from mock_server.scenarios.catalogue.catalogue import Catalogue
from mock_server.scenarios.catalogue.versions import Held
from mock_server.server.app import create_app
from mock_server.settings import Settings
from tests.support.admin_kit import admin_world
from tests.support.controls import Bench, bench
from tests.support.poller import Now, Poller

WAITS = "about: Waits.\nsteps: [{state: waiting, hold: true}]\n"
ENDS = "about: Ends.\nsteps: [{state: succeeded}]\n"
DONE = "about: Done.\nsteps: [{state: succeeded}]\n"


def test_a_running_task_keeps_the_version_it_was_born_with(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("about: Fails.\nsteps: [{state: waiting, polls: 2}, {state: failed}]\n")
    app = create_app(Settings(scenarios=(tmp_path,), no_reload=True), real_clock=Now())
    server: Server = app.extensions["mock_server"]
    old = Poller("qiniu", "", app=app, id="mine.old")
    assert old.poll().body["code"] == 1
    file.write_text("about: Goes well.\nsteps: [{state: processing, polls: 1}, {state: succeeded}]\n")
    assert server.catalogue.reload_if_changed()
    new = Poller("qiniu", "", app=app, id="mine.new")
    assert [new.poll().body["code"] for _ in range(2)] == [2, 0]
    file.unlink()
    assert server.catalogue.reload_if_changed()
    assert [old.poll().body["code"] for _ in range(2)] == [1, 3]
    assert Poller("qiniu", "", app=app, id="mine.newer").poll().status == 404


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
        except BaseException as error:  # of a thread: the test raises or counts it
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
