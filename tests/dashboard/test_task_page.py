"""The page of a task as it is sent, without a browser: its parts, its report and its hints."""

from __future__ import annotations

import html
import re

from tests.support.harness import asking
from tests.support.pages import visitor

PAGE = "/__admin/ui/task"


def test_a_part_of_the_page_reads_no_more_than_it_shows() -> None:
    found = visitor()
    found.world.server.emulator.answer(asking("qiniu", "slow.1"))
    now = found.text(f"{PAGE}?vendor=qiniu&id=slow.1&part=task-now")
    past = found.text(f"{PAGE}?vendor=qiniu&id=slow.1&part=task-past")
    assert re.findall(r'id="(task-\w+)"', now) == ["task-head", "task-where", "task-ahead"]
    assert re.findall(r'id="(task-\w+)"', past) == ["task-what"]
    exchange = found.text(f"{PAGE}?vendor=qiniu&id=slow.1&part=task-exchange")
    assert re.findall(r'id="(task-\w+)"', exchange) == ["task-exchange"]


def test_the_bug_report_of_a_task_says_what_it_is_what_was_seen_and_what_was_done() -> None:
    found = visitor()
    found.world.poll("flaky.a")
    found.world.poll("flaky.a")
    found.world.ask("POST", "/clock", {"advance": "7m"})
    found.world.ask("POST", "/faults", {"fault": "malformed", "id": "flaky.a", "times": 1})
    found.world.server.emulator.answer(asking("qiniu", "flaky.a"))
    page = found.text(f"{PAGE}?vendor=qiniu&id=flaky.a")
    label = re.search(r'data-copy="([^"]*)"[^>]*><svg[^>]*>\s*<use[^>]*/></svg><span>Copy a bug report', page)
    assert label is not None
    report = html.unescape(label[1])
    version = found.world.server.catalogue.library.scenarios["flaky"].version
    for line in (
        f"qiniu task flaky.a, scenario {version}, seed 0",
        "its client saw: waiting ×2, spoiled",
        "clock advance 7m; ",
        "used-up #1",
        "/__admin/ui/task?vendor=qiniu&id=flaky.a",
        "poll it: curl 'http://",
        "The newest poll:\nGET /status/get/prefop?id=flaky.a",
        "fault: malformed, armed #1, over by now",
    ):
        assert line in report


def test_a_fault_that_only_fast_polls_meet_says_so_where_one_polls_by_hand() -> None:
    found = visitor()
    found.world.poll("throttled.a")
    for page in (f"{PAGE}?vendor=qiniu&id=throttled.a", "/__admin/ui/scenario/throttled"):
        assert "Polls by hand do not come that fast" in found.text(page)
    assert "Polls by hand do not come that fast" not in found.text("/__admin/ui/scenario/flaky")
