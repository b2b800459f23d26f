"""What looking costs, counted and not timed: no page walks many tasks or the whole journal."""

from __future__ import annotations

import re

import pytest

from mock_server.dashboard.address import SCENARIO
from mock_server.dashboard.dashboard import FRAGMENTS
from mock_server.dashboard.pages import PAGES
from mock_server.http.message import Request, request_of
from mock_server.server.own_paths import OwnPaths
from tests.support.calls import calls_of
from tests.support.harness import Now, asking, started

MANY, FEW = 4_000, 400
QUERIES = ("", "?id=slow.7", "?state=failed", "?scenario=expires", "?only=off", "?vendor=qiniu&id=slow.1")
PARTS = tuple((path, part) for path, page in PAGES.items() for part in page.parts + page.light)


def asked(target: str) -> Request:
    """A browser's request for an address."""
    return request_of("GET", target, (("Host", "localhost"),), b"")


def polled(tasks: int) -> OwnPaths:
    """The pages of a server that has so many tasks."""
    server = started(Now(), journal_entries=20_000)
    for number in range(tasks):
        server.emulator.answer(asking("qiniu", f"slow.{number}"))
    return OwnPaths(server)


@pytest.fixture(scope="module")
def sizes() -> tuple[OwnPaths, OwnPaths]:
    """A server with few tasks and one with many: more than a page may look at."""
    return polled(FEW), polled(MANY)


@pytest.mark.parametrize("query", QUERIES)
def test_no_page_costs_more_for_what_lies_beyond_its_bounds(sizes: tuple[OwnPaths, OwnPaths], query: str) -> None:
    for path in PAGES:
        request = asked(path + query)
        few, many = [_calls(own, request) for own in sizes]
        assert many < few + 40 * (2_000 - FEW), path


def _calls(own: OwnPaths, request: Request) -> int:
    own.answer(request)  # what is made once is made
    return calls_of(lambda: own.answer(request))


def test_a_pulse_costs_the_same_whatever_is_stored(sizes: tuple[OwnPaths, OwnPaths]) -> None:
    few, many = (_calls(own, asked("/__admin/ui/pulse?mark=x")) for own in sizes)
    assert abs(many - few) < 20
    for own in sizes:
        mark = own.admin.controls.pulse().mark
        request = asked(f"/__admin/ui/pulse?mark={mark}")
        assert own.is_quick(request)
        assert _calls(own, request) < 250
        assert not own.is_quick(asked("/__admin/ui/pulse?mark=x"))


def test_equal_questions_are_answered_once_while_nothing_changes(sizes: tuple[OwnPaths, OwnPaths]) -> None:
    own, _ = sizes
    request = asked("/__admin/?part=tasks-list&rows=25")
    first = calls_of(lambda: own.answer(request))
    assert _calls(own, request) < first / 10
    before = own.answer(request).body
    own._server.emulator.answer(asking("qiniu", "happy-path.new"))
    assert own.answer(request).body != before


def test_only_so_many_fragments_are_remembered(sizes: tuple[OwnPaths, OwnPaths]) -> None:
    own, _ = sizes
    for number in range(FRAGMENTS.value + 10):
        own.answer(asked(f"/__admin/?part=tasks-title&id={number}"))
    assert len(own.dashboard._fragments) <= FRAGMENTS.value


@pytest.mark.parametrize(("path", "part"), PARTS)
def test_every_part_of_a_page_is_sent_alone(sizes: tuple[OwnPaths, OwnPaths], path: str, part: str) -> None:
    path = f"{path}/flaky" if path == SCENARIO else path
    found = sizes[0].answer(asked(f"{path}?part={part}&vendor=qiniu&id=slow.1"))
    assert found.status == 200
    assert re.search(rf'(?:id|data-part)="{part}"', found.body.decode())


def test_no_other_part_is_sent(sizes: tuple[OwnPaths, OwnPaths]) -> None:
    for part in ("nonsense", "../base", "frame", "requests-list"):
        assert sizes[0].answer(asked(f"/__admin/?part={part}")).status == 404
