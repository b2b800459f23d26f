"""Near misses: what an unmatched request came closest to, told in a header and in the log."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

import pytest

from mock_server.emulator import near_miss
from mock_server.errors import nearest
from mock_server.scenarios import spellings
from mock_server.scenarios.library import Library, library_of
from tests.scenarios.test_library import named
from tests.support.emulators import VENDORS, World, body, scenario, shipped

SHIPPED = ("happy-path", "partial-failure", "notified")
HELD = "steps: [{state: processing, hold: true}]\n"


@pytest.fixture
def world() -> World:
    return World(*map(shipped, SHIPPED))


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize(
    ("id", "hint"),
    [
        ("hapy-path", 'unmatched; did you mean "happy-path"'),
        ("happypath.7f3a", 'unmatched; did you mean "happy-path"'),
        ("HAPPY-PATH.1", 'unmatched; did you mean "happy-path"'),
        ("partial_failure.x.y", 'unmatched; did you mean "partial-failure"'),
        ("0123456789abcdef", "unmatched"),
        (".", "unmatched"),
        ("é" * 500, "unmatched"),
    ],
)
def test_an_unknown_id_is_the_vendors_404_and_names_the_nearest_scenario(
    world: World, vendor: str, id: str, hint: str
) -> None:
    response = world.poll(id, vendor)
    assert (response.status, response.header("X-Mock-Server"), world.last().note) == (404, hint, hint)


@pytest.mark.parametrize("vendor", ["qiniu", "huawei"])
def test_a_scenario_that_does_not_serve_the_vendor_says_which_it_serves(world: World, vendor: str) -> None:
    hint = f'unmatched; "notified" does not serve {vendor}, only wangsu'
    assert world.poll("notified.1", vendor).header("X-Mock-Server") == hint


def test_only_scenarios_that_serve_the_vendor_are_offered(world: World) -> None:
    assert world.poll("notifyed", "qiniu").header("X-Mock-Server") == "unmatched"
    assert world.poll("notifyed", "wangsu").header("X-Mock-Server") == 'unmatched; did you mean "notified"'


@pytest.mark.parametrize(
    ("id", "close"),
    [("日本语文章", "%E6%97%A5%E6%9C%AC%E8%AF%AD%E6%96%87%E5%AD%97"), ("naive", "na%C3%AFve"), ("50%-of", "50%-off")],
)
def test_a_claim_that_a_header_cannot_carry_is_shown_as_a_query_writes_it(id: str, close: str) -> None:
    library = library_of([named("made-up", "日本语文字*", "naïve", "50%-off")])
    assert near_miss.of_id(library, "acme", id) == f'unmatched; did you mean "{close}"'


def test_half_a_character_in_a_claim_is_no_error() -> None:
    assert near_miss.of_id(library_of([named("made-up", "abcdef\ud800")]), "acme", "abcdef").isascii()


@pytest.mark.parametrize("id", ["made-up\r\nX-Evil: 1", "日本", "made_up\x00", "☃.1"])
def test_what_was_asked_for_never_gets_into_a_header(id: str) -> None:
    response = World(scenario(HELD)).poll(id)
    texts = [text for pair in response.headers for text in pair]
    assert all(text.isascii() and text.isprintable() for text in texts)


def test_a_scripted_404_has_no_hint() -> None:
    world = World(shipped("not-found"))
    response = world.poll("not-found.1")
    assert (response.status, response.header("X-Mock-Server"), world.last().note) == (404, None, "")


def test_an_unmatched_request_is_logged_as_a_warning(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.poll("hapy-path")
    (record,) = caplog.records
    assert (record.levelname, "did you mean" in record.getMessage()) == ("WARNING", True)


def test_a_peek_at_an_unknown_id_gets_the_hint_too(world: World) -> None:
    assert world.poll("hapy-path", method="HEAD").header("X-Mock-Server") == 'unmatched; did you mean "happy-path"'


@pytest.mark.parametrize(
    ("path", "vendor", "hint"),
    [
        ("/status/get/prefopp", "qiniu", 'unmatched; did you mean "/status/get/prefop"'),
        ("/fmgr/stats", "wangsu", 'unmatched; did you mean "/fmgr/status"'),
        ("/fmgr/zzzzzzzzzzzzzzzzzzzzzzzzzzzz", "wangsu", "unmatched"),
        ("/get/prefop", None, 'unmatched; did you mean "/status/get/prefop"'),
        ("/favicon.ico", None, "unmatched"),
        ("/" + "a" * 5_000, None, "unmatched"),
    ],
)
def test_an_unknown_path_is_told_in_the_envelope_its_first_segment_picks(
    world: World, path: str, vendor: str | None, hint: str
) -> None:
    response = world.ask(path)
    entry = world.last()
    assert (response.status, response.header("X-Mock-Server"), entry.vendor) == (404, hint, vendor)
    assert (response.header("X-Mock-Server-Error") == "path", entry.verdict == "ours") == (vendor is None,) * 2


def test_a_path_of_nobody_lists_the_paths_there_are(world: World) -> None:
    told = body(world.ask("/nothing"))
    paths = list(dict.fromkeys(route.path for _, route in world.emulator.routes))
    assert (told["error"], told["paths"]) == ("path", paths)


def test_nothing_is_near_in_an_empty_library() -> None:
    assert near_miss.of_id(Library(), "acme", "happy-path") == "unmatched"


def test_a_name_is_taken_from_before_the_first_dot_only() -> None:
    twin = dataclasses.replace(named("slow"), vendors=("lamp",))
    assert near_miss.of_id(library_of([twin]), "acme", "slow.1.2") == 'unmatched; "slow" does not serve acme, only lamp'


def test_the_nearest_name_is_looked_for_outside_the_transaction_and_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = []

    def search(word: str, words: Iterable[str]) -> str | None:
        held.append(world.store._lock.locked())  # type: ignore[attr-defined]  # what this is about
        return nearest(word, words)

    monkeypatch.setattr(spellings, "nearest", search)
    notes = [world.poll(f"hapy-path.{k}").header("X-Mock-Server") for k in range(3)]
    assert notes == ['unmatched; did you mean "happy-path"'] * 3
    assert held == [False]


def test_all_vendors_that_a_scenario_serves_are_named() -> None:
    twin = dataclasses.replace(named("slow"), vendors=("lamp", "shop"))
    hint = 'unmatched; "slow" does not serve acme, only lamp, shop'
    assert near_miss.of_id(library_of([twin]), "acme", "slow.1") == hint


def test_what_is_behind_the_dot_does_not_make_an_id_less_near() -> None:
    library = library_of([named("made-up")])
    assert near_miss.nearest_claim(library, "acme", "made_up.0123456789abcdef0123456789abcdef") == "made-up"
