"""What is remembered of items' objects changes no body: every body is as one that is made from nothing."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Mapping
from dataclasses import replace
from itertools import product
from weakref import ref

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server import paths
from mock_server.engine.cursor import Cursor, step_items
from mock_server.engine.run import Run, sample
from mock_server.engine.scenario import Profile, Shown, State
from mock_server.engine.task import Key
from mock_server.paths import data
from mock_server.settings import Settings
from mock_server.vendors import layouts
from mock_server.vendors.contracts import Contracts
from mock_server.vendors.fixtures import Fixtures
from mock_server.vendors.registry import PROFILES, SHIPPED, Registry
from mock_server.vendors.render import Renderer
from tests.support.emulators import scenario, shipped
from tests.support.harness import VENDORS

SCENARIOS = sorted(path.stem for path in paths.data("scenarios").glob("*.yaml"))
IDS = [f"task.{k}" for k in range(200)]
FIXTURES, CONTRACTS = Fixtures([data("fixtures")]), Contracts()


def rendering(profile: Profile = "sdk", *options: tuple[str, str, str]) -> Renderer:
    registry = Registry(SHIPPED, Settings(profile=profile, option=options).options())
    return Renderer(registry, CONTRACTS, FIXTURES)


def task(run: Run, id: str, seed: int = 0, born: int = 0) -> Run:
    """Another task in the same step."""
    other, cursor = run.task._replace(seed=seed), Cursor(born, born, run.cursor.step)
    return run._replace(key=Key(run.key.vendor, id), task=other, draws=other.draws(id), cursor=cursor)


def runs(name: str, vendor: str) -> list[Run]:
    """A run in each step of a shipped scenario that has a state."""
    made = shipped(name)
    if vendor not in made.vendors:
        return []
    found = [sample(made, vendor, k) for k, step in enumerate(made.steps) if step.error is None]
    return [run for run in found if not made.by_items]


@pytest.fixture(scope="module")
def pairs() -> Mapping[tuple[str, Profile], tuple[Renderer, Renderer]]:
    """For each vendor and profile one that remembers, and one that is told to forget."""
    return {each: (rendering(each[1]), rendering(each[1])) for each in product(VENDORS, PROFILES)}


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_body_of_what_is_remembered_is_that_of_what_is_not(
    name: str, pairs: Mapping[tuple[str, Profile], tuple[Renderer, Renderer]]
) -> None:
    for (vendor, _), (remembering, forgetful) in pairs.items():
        for run, id in product(runs(name, vendor), IDS[:50]):
            one = task(run, id)
            shown = step_items(run.step, len(run.items))
            forgetful.forget()
            assert remembering.body(one, shown) == forgetful.body(one, shown)
            assert remembering.body(one, shown, remembering.drawn(one)) == remembering.body(one, shown)


SHOWN = st.builds(Shown, st.sampled_from(list(State)), st.sampled_from([None, "disk", ""]))


@given(
    vendor=st.sampled_from(VENDORS),
    bodies=st.lists(
        st.tuples(
            st.text(max_size=8),
            st.integers(-(2**63), 2**63 - 1),
            st.integers(-(10**15), 10**15),
            st.lists(SHOWN, min_size=3, max_size=3),
        ),
        max_size=8,
    ),
)
def test_whatever_tasks_show_before_a_body_is_its_own(
    vendor: str, bodies: list[tuple[str, int, int, list[Shown]]]
) -> None:
    run = sample(scenario("items: 3\nsteps: [{state: succeeded}]\n"), vendor)
    remembering = rendering()
    for id, seed, born, shown in bodies:
        one = task(run, id, seed, born)
        assert remembering.body(one, tuple(shown)) == rendering().body(one, tuple(shown))


def test_a_version_of_a_scenario_is_not_held() -> None:
    renders, run = rendering(), sample(scenario("items: 3\nsteps: [{state: succeeded}]\n", "held-not"), "qiniu")
    run = run._replace(scenario=replace(run.scenario))
    renders.body(run, step_items(run.step, 3))
    gone = ref(run.scenario)
    del run
    gc.collect()
    assert gone() is None


def test_no_more_steps_are_remembered_than_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layouts, "STEPS", layouts.STEPS._replace(value=5))
    renders = rendering()
    steps = ", ".join(f"{{state: waiting, polls: 1, name: s{k}}}" for k in range(20))
    many = scenario(f"items: 2\nsteps: [{steps}, {{state: succeeded}}]\n")
    for k, step in enumerate(many.steps):
        renders.body(sample(many, "qiniu", k), step_items(step, 2))
    assert len(renders._layouts._steps) == 5


def test_objects_take_no_more_memory_than_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layouts, "SIZE", layouts.SIZE._replace(value=1 << 20))
    renders = rendering()
    reasons = ", ".join(f"{{state: failed, reason: r{k}}}" for k in range(10))
    steps = ", ".join(f"{{state: failed, items: [{reasons}], polls: 1, name: s{k}, next: s{k + 1}}}" for k in range(9))
    many = scenario(f"items: 10\nsteps: [{steps}, {{state: failed, name: s9}}]\n")
    asked = [task(sample(many, "wangsu", k), id) for k in range(10) for id in IDS]
    for one in asked[:2]:
        renders.body(one, step_items(one.step, 10))
    renders.forget()
    tracemalloc.start()
    try:
        for one in asked:
            renders.body(one, step_items(one.step, 10))
        held = tracemalloc.get_traced_memory()[0]
        renders.forget()
        left = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert 100_000 < held - left < 1 << 20
