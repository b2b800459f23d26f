"""Request ids: every response has one of its own, and a run that is repeated repeats them."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.http.message import Response
from tests.support.emulators import World, shipped

MISSES = (
    ("GET", "/status/get/prefop?id=nobody"),
    ("GET", "/status/get/prefop"),
    ("GET", "/status/get/prefop?id=a&id=b"),
    ("PUT", "/status/get/prefop?id=nobody"),
    ("GET", "/status/get/nothing"),
    ("GET", "/v1.0/p1/asset/preheating?task_id=nobody"),
    ("GET", "/v1.0/%7Bproject_id%7D/asset/preheating?task_id=nobody"),
    ("DELETE", "/v1.0/p1/asset/preheating?task_id=nobody"),
    ("GET", "/v1.0/p1/asset"),
    ("GET", "/fmgr/status?persistentId=nobody"),
    ("GET", "/fmgr/status?persistentId="),
    ("POST", "/fmgr/status"),
    ("POST", "/fmgr/fetch"),
)
"""Requests that meet no task: an unknown id, an illegal parameter, a refused method, an unknown path."""
POLLS = (
    ("GET", "/status/get/prefop?id=happy-path.1"),
    ("GET", "/v1.0/p1/asset/preheating?task_id=happy-path.1"),
    ("GET", "/status/get/prefop?id=expires.1"),
)


def world_of(seed: int = 0) -> World:
    scenarios = [shipped(name) for name in ("happy-path", "expires")]
    return World(*[dataclasses.replace(each, text=each.version) for each in scenarios], seed=seed)


def request_id(response: Response) -> str:
    """The id that the vendor's header carries."""
    found = response.header("X-Reqid") or response.header("X-Request-Id")
    assert found, response.headers
    return found


def ids(world: World, asked: list[tuple[str, str]]) -> list[str]:
    return [request_id(world.ask(target, method)) for method, target in asked]


@pytest.mark.parametrize(("method", "target"), MISSES)
def test_the_same_miss_has_another_request_id_each_time(method: str, target: str) -> None:
    assert len(set(ids(world_of(), [(method, target)] * 5))) == 5


@given(st.lists(st.sampled_from((*MISSES, *POLLS)), max_size=30))
def test_no_two_responses_of_a_run_share_a_request_id_and_a_repeated_run_repeats_them(
    asked: list[tuple[str, str]],
) -> None:
    found = ids(world_of(), asked)
    assert len(set(found)) == len(found)
    assert ids(world_of(), asked) == found


@given(st.lists(st.sampled_from(MISSES), min_size=1, max_size=10), st.data())
def test_request_ids_go_on_after_a_bundle_and_begin_anew_with_the_tasks(
    asked: list[tuple[str, str]], data: st.DataObject
) -> None:
    whole, cut, at = world_of(), world_of(), data.draw(st.integers(0, len(asked)))
    expected = ids(whole, asked)
    before = ids(cut, asked[:at])
    cut.restart()
    assert before + ids(cut, asked[at:]) == expected
    cut.do.reset.reset(("tasks",))
    assert ids(cut, asked) == expected


def test_a_task_that_is_born_later_shares_no_request_id_with_the_misses_before() -> None:
    late = World()
    misses = ids(late, [POLLS[0]] * 5)
    late.library = world_of().library
    polls = ids(late, [POLLS[0]] * 5)
    assert len({*misses, *polls}) == 10


def test_resetting_the_journal_alone_repeats_no_request_id() -> None:
    world = world_of()
    before = ids(world, list(MISSES))
    world.do.reset.reset(("journal",))
    assert not {*before} & {*ids(world, list(MISSES))}


@pytest.mark.parametrize(("method", "target"), [miss for miss in MISSES if miss[0] == "GET"])
def test_a_peek_shows_the_request_id_of_the_next_request_and_counts_for_nothing(method: str, target: str) -> None:
    peek, world = ("HEAD", target), world_of()
    first, second, third, fourth = ids(world, [peek, peek, (method, target), peek])
    assert first == second == third != fourth


def test_another_seed_has_other_request_ids() -> None:
    assert not {*ids(world_of(1), list(MISSES))} & {*ids(world_of(2), list(MISSES))}


def test_a_poll_does_not_change_the_request_ids_of_misses() -> None:
    alone, mixed = world_of(), world_of()
    expected = ids(alone, list(MISSES))
    found = []
    for miss in MISSES:
        ids(mixed, [POLLS[0]])
        found += ids(mixed, [miss])
    assert found == expected


def test_no_two_misses_share_a_request_id_however_many_ask_at_once() -> None:
    world = world_of()
    method, target = MISSES[0]
    with ThreadPoolExecutor(8) as threads:
        found = [*threads.map(lambda _: request_id(world.ask(target, method)), range(400))]
    assert sorted(found) == sorted(ids(world_of(), [(method, target)] * 400))
    assert len(set(found)) == 400
