"""What the renderer remembers of a body: its bytes with their verdict, while nothing they came from changed."""

from __future__ import annotations

import gc
import tracemalloc
from dataclasses import replace
from weakref import ref

import pytest

from mock_server.emulator.commit import new_run
from mock_server.engine.scenario import Adjust
from mock_server.engine.task import Key
from mock_server.paths import data
from mock_server.schema.validator import Validator
from mock_server.vendors import render
from mock_server.vendors.contracts import Contracts
from mock_server.vendors.fixtures import Fixtures
from mock_server.vendors.registry import Registry
from mock_server.vendors.render import Renderer
from tests.support.alone import alone
from tests.support.emulators import World, adjusted, body, scenario

HELD = "steps: [{state: processing, hold: true}]\n"


class Counting(Contracts):
    """Contracts that count how often a body is checked."""

    def __init__(self) -> None:
        super().__init__()
        self.checked = 0

    def status(self, vendor: str, profile: str) -> Validator:
        """The contract, asked for once a check."""
        self.checked += 1
        return super().status(vendor, profile)


@pytest.fixture
def contracts() -> Counting:
    return Counting()


@pytest.fixture
def renders(contracts: Counting) -> Renderer:
    return Renderer(Registry(), contracts, Fixtures([data("fixtures")]))


def test_a_body_is_checked_once_while_its_task_stands_still(contracts: Counting, renders: Renderer) -> None:
    world = World(scenario(HELD), renders=renders)
    assert len({world.poll().body for _ in range(5)}) == 1
    assert contracts.checked == 1


def test_a_request_id_is_never_remembered(renders: Renderer) -> None:
    world = World(scenario(HELD), renders=renders)
    assert len({world.poll().header("X-Reqid") for _ in range(5)}) == 5


def test_each_step_task_and_birth_has_a_body_of_its_own(contracts: Counting, renders: Renderer) -> None:
    world = World(scenario("steps: [{state: waiting, polls: 1}, {state: processing, hold: true}]\n"), renders=renders)
    first = [body(world.poll(id))["code"] for id in ("made-up.1", "made-up.1", "made-up.2")]
    other = World(scenario(HELD), renders=renders)
    other.now.ms += 1_000
    assert first == [1, 2, 1]
    assert body(other.poll())["code"] == 2
    assert contracts.checked == 4


def test_another_script_under_the_same_version_gets_a_body_of_its_own(renders: Renderer) -> None:
    plain = scenario(HELD)
    changed = adjusted(plain, Adjust(put={"qiniu": ((("desc",), "by hand"),)}))
    assert body(World(plain, renders=renders).poll())["desc"] != "by hand"
    assert body(World(changed, renders=renders).poll())["desc"] == "by hand"


def test_a_body_that_breaks_its_contract_is_refused_each_time(contracts: Counting, renders: Renderer) -> None:
    broken = adjusted(scenario(HELD), Adjust(put={"qiniu": ((("code",), "two"),)}))
    world = World(broken, renders=renders)
    assert world.statuses(3) == [500, 500, 500]
    assert contracts.checked == 1


ALLOWED = 4 << 20
WALKING = f"items: [{', '.join(['{steps: [{state: waiting, polls: 90}, {state: succeeded}]}'] * 300)}]\n"


def held_and_left(text: str, tasks: int) -> tuple[int, int]:
    """The memory that the bodies of so many tasks take, and what is left of it when they are forgotten."""
    render.BODY_SIZE = render.BODY_SIZE._replace(value=ALLOWED)
    renders = Renderer(Registry(), Contracts(), Fixtures([data("fixtures")]))
    world = World(scenario(text), renders=renders, kept=0)
    world.poll("made-up.0")
    tracemalloc.start()
    for k in range(1, tasks):
        renders.step(new_run(world.library.scenarios["made-up"], Key("qiniu", f"made-up.{k}"), 0, 1))
    held = tracemalloc.get_traced_memory()[0]
    renders.forget()
    return held, tracemalloc.get_traced_memory()[0]


@pytest.mark.parametrize(
    ("text", "tasks"),
    [(HELD, 4_000), ("items: 1000\n" + HELD, 120), (WALKING, 120)],
    ids=["one item", "many", "many that walk"],
)
def test_bodies_take_no_more_memory_than_is_allowed(text: str, tasks: int) -> None:
    held, left = alone(held_and_left, text, tasks)
    assert 1 << 20 < held - left < 1.1 * ALLOWED
    assert left < held / 10


def test_a_version_of_a_scenario_is_not_held_by_what_is_remembered(renders: Renderer) -> None:
    made = replace(scenario(HELD))
    renders.step(new_run(made, Key("qiniu", "made-up.1"), 0, 1))
    gone = ref(made)
    del made
    gc.collect()
    assert gone() is None


def test_a_reset_of_the_tasks_frees_what_is_remembered(renders: Renderer) -> None:
    world = World(scenario(HELD), renders=renders)
    world.poll()
    world.do.reset.reset(["coverage"])
    assert len(renders._kept) == 1
    world.do.reset.reset(["tasks"])
    assert len(renders._kept) == 0


def test_no_more_is_remembered_than_is_allowed(contracts: Counting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(render, "BODIES", render.BODIES._replace(value=10))
    renders = Renderer(Registry(), contracts, Fixtures([data("fixtures")]))
    world = World(scenario(HELD), renders=renders)
    first = [world.poll(f"made-up.{k}").body for k in range(35)]
    assert len(renders._kept) <= 10
    assert [world.poll(f"made-up.{k}").body for k in range(35)] == first
