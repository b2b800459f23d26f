"""What the page of a task shows of its past."""

from __future__ import annotations

import re

from mock_server.dashboard.look.task.shown import LIMIT
from mock_server.dashboard.look.task.table import ROWS
from tests.support.harness import asking
from tests.support.pages import visitor

PAGE = "/__admin/ui/task"


def test_of_many_polls_the_newest_are_shown_and_the_others_counted() -> None:
    found = visitor()
    for _ in range(150):
        found.world.server.emulator.answer(asking("wangsu", "never-ends.x"))
    page = found.text(f"{PAGE}?vendor=wangsu&id=never-ends.x")
    assert f"{150 - LIMIT} earlier polls are kept, but not shown here:" in page
    assert page.count("<tr data-row") == ROWS
    assert 'href="/__admin/ui/requests?vendor=wangsu&amp;id=never-ends.x"' in page
    chosen = found.text(f"{PAGE}?vendor=wangsu&id=never-ends.x&at={150 - LIMIT + 5}")
    assert re.search(r'<tr data-row id="x-\d+" aria-current="true">', chosen)


def test_the_history_begins_with_the_birth_of_the_task() -> None:
    someone = visitor()
    someone.world.ask("POST", "/clock", {"advance": "1h"})
    someone.world.now.ms += 1
    someone.world.poll("slow.a")
    someone.world.now.ms += 1
    someone.world.ask("POST", "/clock", {"advance": "2h"})
    page = someone.text(f"{PAGE}?vendor=qiniu&id=slow.a")
    assert "advance 2h" in page
    assert "advance 1h" not in page


def test_what_made_a_task_that_nobody_polled_stays_in_its_history() -> None:
    someone = visitor()
    someone.world.ask("POST", "/clock", {"advance": "1h"})
    someone.world.now.ms += 1
    someone.do("create", vendor="qiniu", scenario="realistic", id="realistic.a")
    someone.do("next", vendor="qiniu", id="realistic.a", to="processing")
    page = someone.text(f"{PAGE}?vendor=qiniu&id=realistic.a")
    assert "plays realistic" in page
    assert "moved on <span" in page
    assert "advance 1h" not in page
    someone.world.poll("realistic.a")
    someone.do("fail", vendor="qiniu", id="realistic.a")
    page = someone.text(f"{PAGE}?vendor=qiniu&id=realistic.a")
    assert "its client has not seen this yet" in page
    assert 'title="the code of the task, and those of its items"' in page
