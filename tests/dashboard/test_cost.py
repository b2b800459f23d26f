"""What looking costs, counted and not timed: no page walks many tasks or the whole journal."""

from __future__ import annotations

import re
from functools import partial

import pytest

from mock_server.dashboard.address import SCENARIO, SERVER, TASK
from mock_server.dashboard.fragments import FRAGMENTS, Pace
from mock_server.dashboard.pages import PAGES
from mock_server.http.message import Request, request_of
from mock_server.server.own_paths import OwnPaths
from tests.support.calls import calls_of
from tests.support.harness import Now, asking, started
from tests.support.pages import visitor

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


TASK_PARTS = ("task-now", "task-past", "task-exchange")
MOVES: tuple[tuple[str, str, str, dict[str, object]], ...] = (
    ("a poll of another task", "", "qiniu", {"id": "happy-path.other"}),
    ("a poll", "", "qiniu", {"id": "realistic.a"}),
    ("time, for all", "POST", "/clock", {"advance": "90s"}),
    ("an action", "POST", "/tasks/goto", {"vendor": "qiniu", "id": "realistic.a", "step": "waiting"}),
    ("time, for it alone", "POST", "/tasks/shift", {"vendor": "qiniu", "id": "realistic.a", "by": "10m"}),
    ("a fault", "POST", "/faults", {"error": 599, "times": 2}),
    ("a poll that the fault struck", "", "qiniu", {"id": "happy-path.third"}),
    ("a file", "PUT", "/scenarios/realistic", {"about": "Another one.", "steps": [{"state": "failed"}]}),
    ("exchanges that are forgotten", "DELETE", "/requests", {}),
    ("a clock set back", "POST", "/reset", {"only": ["clock"]}),
    ("a new life", "DELETE", "/tasks", {}),
    ("its first poll", "", "qiniu", {"id": "realistic.a"}),
)  # fmt: skip


def test_what_did_not_change_is_not_made_again_and_what_did_is() -> None:
    someone = visitor()
    for _ in range(3):
        someone.world.poll("realistic.a")
    own = OwnPaths(someone.world.server)
    targets = [f"{TASK}?vendor=qiniu&id=realistic.a&part={part}" for part in TASK_PARTS]
    for target in targets:
        own.answer(asked(target))
    for name, method, path, body in MOVES:
        if method:
            assert someone.world.ask(method, path, body or None).status < 300, name
        else:
            someone.world.poll(str(body["id"]), path)
        for target in targets:
            found, fresh = (_plain(each.answer(asked(target)).body) for each in (own, OwnPaths(someone.world.server)))
            assert found == fresh, (name, target)


def _plain(body: bytes) -> str:
    """A fragment without what belongs to one process, and without what the script keeps ticking."""
    return re.sub(r'name="form" value="[0-9a-f]+"|<time [^>]*data-as.*?</time>', "", body.decode())


def test_who_has_a_fragment_as_it_is_gets_no_other() -> None:
    someone = visitor(journal_entries=40)
    someone.world.poll("slow.a")
    own, emulator = OwnPaths(someone.world.server), someone.world.server.emulator
    for part in TASK_PARTS:
        target = f"{TASK}?vendor=qiniu&id=slow.a&part={part}"
        found = own.answer(asked(target))
        known = asked(target)._replace(headers=(("Host", "localhost"), ("If-None-Match", found.header("ETag") or "")))
        emulator.answer(asking("qiniu", "happy-path.other"))
        assert (own.answer(known).status, own.answer(known).body) == (304, b"")
        assert calls_of(partial(own.answer, known)) < 700
        emulator.answer(asking("qiniu", "slow.a"))
        assert own.answer(known).status == 200
        for _ in range(50):  # evicts all that is known of the task
            emulator.answer(asking("qiniu", "happy-path.other"))
        last = own.answer(known)
        assert (last.status, last.header("ETag") == found.header("ETag")) == (200, False)
        emulator.answer(asking("qiniu", "slow.a"))


def test_a_fragment_is_made_again_when_time_alone_changes_it() -> None:
    someone = visitor()
    someone.world.poll("realistic.a")
    own, target = OwnPaths(someone.world.server), f"{TASK}?vendor=qiniu&id=realistic.a&part=task-now"
    before = own.answer(asked(target)).body
    someone.world.now.ms += 2_000
    assert own.answer(asked(target)).body == before
    someone.world.now.ms += 60_000
    assert own.answer(asked(target)).body != before


def test_the_past_of_a_task_is_drawn_in_a_bounded_number_of_calls() -> None:
    server = started(now := Now())
    own = OwnPaths(server)
    request = asked(f"{TASK}?vendor=wangsu&id=never-ends.x&part=task-past")
    for number in range(150):
        server.emulator.answer(asking("wangsu", "never-ends.x"))
        now.ms += 1_000
        if not number:
            own.answer(request)  # what is made once is made
    assert calls_of(lambda: own.answer(request)) < 26_500


def test_parts_of_a_page_are_sent_together(sizes: tuple[OwnPaths, OwnPaths]) -> None:
    own, _ = sizes
    together = own.answer(asked(f"{SERVER}?part=server-figures,server-answers")).body
    apart = [own.answer(asked(f"{SERVER}?part={part}")).body for part in ("server-figures", "server-answers")]
    assert together == b"".join(apart)
    for wrong in ("server-figures,tasks-list", "server-figures,server-figures", "server-figures,"):
        assert own.answer(asked(f"{SERVER}?part={wrong}")).status == 404


def test_a_page_looks_as_seldom_as_all_that_it_asks_for_costs() -> None:
    pace = Pace()
    assert pace.every("task.html") == 1_000
    for seconds in (0.5, 0.008, 0.008):  # the first one also compiles templates
        pace.note("task.html", "task-now", seconds)
        pace.note("task.html", "task-past", seconds / 2)
        pace.note("tasks.html", "tasks-list", seconds)
    assert pace.every("task.html") == 250 * (8 + 4)
    assert pace.every("tasks.html") == 250 * 8
    for _ in range(3):
        pace.note("task.html", "task-past", 10.0)
    assert pace.every("task.html") == 30_000


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
